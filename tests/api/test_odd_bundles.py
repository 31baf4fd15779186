"""A bundle with an odd value is refused when it is read, or answers as any other."""

import json
import math
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.web.app import create_app
from tests.bundles import make_content, pickled
from tests.fakes import ReadyProvider

PROVIDER = ReadyProvider(Scorer.from_bundle(read(pickled(make_content()))))
CLIENT = TestClient(create_app(PROVIDER))
"""One for all bundles: what takes time is to make an app, not to ask it."""

type Path = tuple[str | int, ...]

ISOTONIC = {"method": "isotonic", "margins": [-2.0, 0.0, 2.0], "log_odds": [-4.0, -1.0, 3.0]}
METHODS = [
    {"method": "none"},
    {"method": "beta", "a": 1.0, "b": 1.5, "c": -0.5},
    ISOTONIC,
]

ODD: tuple[Any, ...] = (
    *(None, True, "", "\ud800", b"x", [], {}, ["x"], {"x": "y"}, {1: 2}, [[1.0]]),
    *(math.nan, math.inf, -math.inf, -1.0, 0.0, 1.0, 1e12, 1e99, -1e99, 1e300),
    *(0, -1, 10**400),
)


def content(**changes: Any) -> dict[str, Any]:
    """A bundle with all kinds of values in what it tells of itself."""
    told = {"average_precision": 0.5, "curve": [{"recall": 0.5}], "warnings": ["none"]}
    return make_content() | {"metrics": told} | changes


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where every value stands, the inner ones of dicts and lists too: of a list, the first two."""
    inner = value.items() if isinstance(value, dict) else ()
    for key, each in enumerate(value[:2]) if isinstance(value, list) else inner:
        yield (*path, key)
        yield from paths(each, (*path, key))


def changed(value: Any, path: Path, new: Any) -> Any:
    """A copy with another value at a path."""
    if not path:
        return new
    key, *rest = path
    copy = value.copy()
    copy[key] = changed(value[key], tuple(rest), new)
    return copy


def refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def check_answers(client: TestClient) -> None:
    """Every route that the model has a part in answers with valid JSON."""
    examples = [example.transaction for example in PROVIDER.model.scorer.bundle.examples]
    batch = {"transactions": examples}
    answers = [
        client.get("/model"),
        *(client.post("/predict", json=each) for each in examples),
        client.post("/predict", json=examples[-1], params={"explain": "true"}),
        client.post("/predict/batch", json=batch, params={"explain": "true"}),
    ]
    assert [each.status_code for each in answers] == [200] * len(answers)
    for each in answers:
        body = json.loads(each.content, parse_constant=refuse)
        for result in body.get("results", [body] if "decision" in body else []):
            assert 0 < result["fraud_probability"] < 1


def check_odd(odd: dict[str, Any]) -> bool:
    """Whether a bundle is read; then it answers."""
    try:
        bundle = read(pickled(odd))
        scorer = Scorer.from_bundle(bundle)
    except BundleError as error:
        if "other answers than in training" not in str(error):
            return False
        scorer = Scorer(bundle)  # as if the examples had been made anew
    PROVIDER.model = LoadedModel(scorer, PROVIDER.model.pinned)
    check_answers(CLIENT)
    return True


@pytest.mark.parametrize("field", content())
def test_an_odd_value_anywhere_is_refused_or_answers(field: str) -> None:
    whole = content()
    found = {
        check_odd(changed(whole, (field, *path), odd))
        for path in ((), *paths(whole[field]))
        for odd in ODD
    }

    assert False in found


@pytest.mark.parametrize("calibration", METHODS, ids=lambda each: str(each["method"]))
def test_an_odd_value_in_any_calibration_is_refused_or_answers(calibration: dict[str, Any]) -> None:
    for path in paths(calibration):
        for odd in ODD:
            check_odd(content(calibration=changed(calibration, path, odd)))


PARTS: tuple[tuple[str, ...], ...] = (
    *(("policy",), ("typical",), ("typical", "values")),
    *(("typical", "hours"), ("examples",), ("examples", "stopped")),
    *(("examples", "stopped", "transaction"), ("examples", "approved", "answer")),
)


@pytest.mark.parametrize("field", PARTS, ids=".".join)
def test_a_missing_or_a_further_value_is_refused(field: tuple[str, ...]) -> None:
    whole = content()
    part = whole
    for key in field:
        part = part[key]
    lacking = [{name: part[name] for name in part if name != each} for each in part]
    for odd in ({**part, "more": 1.0}, *lacking):
        with pytest.raises(BundleError, match=field[0]):
            read(pickled(changed(whole, field, odd)))


def test_the_untouched_bundle_answers() -> None:
    assert check_odd(content())


def test_a_booster_of_another_number_of_features_is_refused() -> None:
    strict = make_content(feature_set="strict")["booster"]

    with pytest.raises(BundleError, match="booster has 7 features, not the 14"):
        Scorer.from_bundle(read(pickled(content(booster=strict))))
