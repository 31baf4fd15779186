"""A bundle is plain data, the same bytes for the same content, and nothing else is ever read."""

import io
import math
import pickle
import random
from pathlib import Path
from typing import Any

import joblib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.decisions.bundle import FORMAT, pack, read, version_of
from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.checks import MAX_INTEGER
from fraud_api_lambda.domain.plain_schema import learned_as_dict, schema_as_dict
from tests.bundles import (
    POLICY,
    make_content,
    make_history_bundle,
    make_history_content,
    pickled,
    typical_of,
)
from tests.transactions import LEARNED, PAYSIM, PLANS, body, transaction

STRICT = PLANS["strict"]

CONTENT: dict[str, Any] = {
    "booster": b"{L",
    "schema": schema_as_dict(PAYSIM),
    "learned": learned_as_dict(LEARNED),
    "feature_set": "strict",
    "features": list(STRICT.names),
    "calibration": {"method": "none"},
    "threshold": 0.5,
    "policy": POLICY.as_dict(),
    "typical": typical_of(STRICT).as_dict(),
    "examples": Examples(None, Example(body(), transaction(), 0.5, Decision.APPROVE)).as_dict(),
    "trained_on": {"rows": 3},
    "metrics": {},
}

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def nested(depth: int) -> list[Any]:
    """A list in a list, so deep."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


def shared(depth: int) -> list[Any]:
    """A few lists that would be a billion, were each written where it stands."""
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner, inner]
    return inner


@given(metrics=st.dictionaries(st.text(max_size=3), plain, max_size=3))
def test_what_is_packed_is_read_back(metrics: dict[str, Any]) -> None:
    bundle = read(pack({**CONTENT, "metrics": metrics}))

    assert bundle.metrics == metrics
    assert bundle.plan == STRICT
    assert bundle.features == STRICT.names
    assert bundle.booster == CONTENT["booster"]


def test_equal_content_gives_equal_bytes_whichever_strings_are_shared() -> None:
    shared = "a name".upper()
    other = "".join(["A", " NAME"])

    first = pack({**CONTENT, "metrics": {"x": shared, "y": shared}})
    second = pack({**CONTENT, "metrics": {"x": shared, "y": other}})

    assert first == second


def test_joblib_opens_it() -> None:
    content = joblib.load(io.BytesIO(pack(CONTENT)))

    assert content["features"] == CONTENT["features"]


def test_the_version_is_the_start_of_the_digest() -> None:
    data = pack(CONTENT)

    assert read(data).version == version_of(data)
    assert len(version_of(data)) == 16


def test_only_plain_data_is_packed() -> None:
    with pytest.raises(BundleError, match="plain data only, not PosixPath"):
        pack({**CONTENT, "metrics": {"where": Path("x")}})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(
    tmp_path: Path, protocol: int
) -> None:
    target = tmp_path / "written"
    attack = _attack(f"open({str(target)!r}, 'w').close()", protocol)

    with pytest.raises(BundleError, match="plain data only"):
        read(attack)

    assert not target.exists()


def test_the_attack_of_these_tests_works_where_classes_are_resolved(tmp_path: Path) -> None:
    target = tmp_path / "written"

    pickle.loads(_attack(f"open({str(target)!r}, 'w').close()", pickle.DEFAULT_PROTOCOL))

    assert target.exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"threshold": "0.5"}, "threshold is not of type float"),
        ({"features": ["amount"]}, "features are not this program's"),
        ({"feature_set": "leaky-baseline"}, "feature_set is not this program's"),
        ({"extra": 1}, "fields differ"),
        ({"format": FORMAT + 1}, f"format {FORMAT}"),
        ({"booster": b""}, "not UBJSON"),
        ({"typical": {"amount": {}}}, "typical: it is not a dict of its fields"),
        ({1: 1, None: 2}, "fields differ: 1, None"),
        ({"threshold": math.nan}, "threshold: it is not a number from 0 to 1"),
        ({"threshold": 1.5}, "threshold: it is not a number from 0 to 1"),
        ({"metrics": {"x": math.inf}}, "metrics: it holds a value that JSON cannot represent"),
        ({"metrics": {"x": b"x"}}, "metrics: it holds a value that JSON cannot represent"),
        ({"metrics": {"x": 10**400}}, "metrics: it holds a value that JSON cannot represent"),
        ({"metrics": {"x": "\ud800"}}, "metrics: it holds a value that JSON cannot represent"),
        ({"trained_on": {1: 2}}, "trained_on: it has a key that is not a string"),
        ({"trained_on": {"x": nested(40)}}, "trained_on: it is deeper than 32"),
        ({"trained_on": {"x": shared(30)}}, "trained_on: it is deeper than 32 or over 100000"),
    ],
)
def test_a_bundle_that_is_not_ours_is_refused_with_its_fault(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BundleError, match=message):
        read(pickled({**CONTENT, **changes}))


def test_bytes_after_the_end_are_refused() -> None:
    with pytest.raises(BundleError, match="follow the end"):
        read(pack(CONTENT) + b"x")


def test_truncated_bundles_are_refused() -> None:
    data = pack(CONTENT)

    for length in range(len(data)):
        with pytest.raises(BundleError):
            read(data[:length])


def test_random_bytes_never_raise_anything_else() -> None:
    chance = random.Random(1)
    for _ in range(300):
        with pytest.raises(BundleError):
            read(chance.randbytes(chance.randrange(200)))


def test_what_refers_to_itself_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(BundleError, match="metrics: it is deeper than 32"):
        read(pickled({**CONTENT, "metrics": {"x": endless}}))


def _attack(code: str, protocol: int) -> bytes:
    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return (exec, (code,))

    return pickle.dumps({"format": FORMAT, **CONTENT, "metrics": Attack()}, protocol)


def test_a_bundle_with_histories_holds_a_second_model_of_the_same_version() -> None:
    bundle = read(make_history_bundle())

    assert bundle.without_history is not None
    assert bundle.without_history.version == bundle.version
    assert not bundle.without_history.plan.needs_histories


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (None, "has no without_history, which a model with histories needs"),
        ([], "without_history is not of type dict"),
        ({}, "without_history: the bundle's fields differ"),
        (make_history_content(), "without_history: the bundle has no without_history"),
        (
            make_content() | {"without_history": make_content()},
            "without_history: not a single model without histories, of the same schema",
        ),
        (make_content() | {"threshold": 2.0}, "without_history: the bundle's threshold"),
    ],
)
def test_a_wrong_second_model_is_refused(second: Any, fault: str) -> None:
    with pytest.raises(BundleError, match=fault):
        read(pickled(make_history_content() | {"without_history": second}))


def test_a_second_model_of_one_that_needs_no_histories_is_refused() -> None:
    with pytest.raises(BundleError, match="its model needs no histories"):
        read(pickled(make_content() | {"without_history": make_content()}))


@pytest.mark.parametrize("names", [["device"], ["payer", "payer"], [1], "payer"])
def test_histories_that_the_schema_does_not_have_are_refused(names: Any) -> None:
    content = make_history_content()
    learned = content["learned"] | {"histories": names}

    with pytest.raises(BundleError, match="the bundle's learned: histories"):
        read(pickled(content | {"learned": learned, "without_history": make_content()}))
