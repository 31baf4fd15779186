"""The C API gives what `xgboost.Booster` gives, to the last bit, and only where that was tested."""

from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.model import booster
from fraud_api_lambda.model.booster import Booster, BoosterError, rows_of

N_FEATURES = 6
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.lists(FLOATS, min_size=N_FEATURES, max_size=N_FEATURES), min_size=1, max_size=9)


@pytest.fixture(scope="module")
def theirs() -> xgb.Booster:
    """A booster deep and long enough to round."""
    chance = np.random.default_rng(0)
    rows = chance.lognormal(3, 3, (4_000, N_FEATURES)).astype(np.float32)
    labels = rows[:, 0] > rows[:, 1] + chance.normal(0, 5, len(rows))
    parameters = {"objective": "binary:logistic", "max_depth": 6, "nthread": 1}
    return xgb.train(parameters, xgb.DMatrix(rows, labels, nthread=1), num_boost_round=100)


@pytest.fixture(scope="module")
def ours(theirs: xgb.Booster) -> Booster:
    return Booster(bytes(theirs.save_raw("ubj")))


def packed(rows: np.ndarray) -> "array[float]":
    return array("f", rows.tobytes())


def bits(values: object) -> list[int]:
    """Floats as integers: 0.0 and -0.0 differ, and so does the last bit."""
    return np.asarray(values, dtype=np.float32).view(np.uint32).ravel().tolist()


@given(values=ROWS)
def test_margins_are_xgboosts_own(
    theirs: xgb.Booster, ours: Booster, values: list[list[float]]
) -> None:
    matrix = np.array(values, dtype=np.float32)

    margins = ours.margins(rows_of(values))

    assert bits(margins) == bits(theirs.inplace_predict(matrix, predict_type="margin"))
    assert bits(margins) == bits(theirs.predict(xgb.DMatrix(matrix), output_margin=True))


@given(values=ROWS)
def test_contributions_are_xgboosts_own_and_add_up_to_the_margin(
    theirs: xgb.Booster, ours: Booster, values: list[list[float]]
) -> None:
    matrix = np.array(values, dtype=np.float32)
    rows = rows_of(values)

    contributions = ours.contributions(rows)

    assert bits(contributions) == bits(theirs.predict(xgb.DMatrix(matrix), pred_contribs=True))
    totals = [sum(row) for row in contributions]
    assert totals == pytest.approx(ours.margins(rows), abs=1e-5)


@given(values=ROWS)
def test_rows_are_rounded_to_float32_as_numpy_does(values: list[list[float]]) -> None:
    odd = [[value * 1.1 for value in row] for row in values if max(map(abs, row)) < 1e37]

    assert bits(rows_of(odd)) == bits(np.array(odd, dtype=np.float64).astype(np.float32))


def test_many_rows_at_once_and_one_by_one_are_the_same(ours: Booster) -> None:
    rows = np.random.default_rng(1).lognormal(3, 3, (500, N_FEATURES)).astype(np.float32)

    one_by_one = [ours.margins(packed(row))[0] for row in rows]

    assert bits(ours.margins(packed(rows))) == bits(one_by_one)


def test_threads_do_not_disturb_each_other(ours: Booster) -> None:
    rows = np.random.default_rng(2).lognormal(3, 3, (200, N_FEATURES)).astype(np.float32)
    expected = [(ours.margins(packed(row)), ours.contributions(packed(row))) for row in rows]

    with ThreadPoolExecutor(4) as pool:
        found = pool.map(
            lambda row: (ours.margins(row), ours.contributions(row)), map(packed, rows)
        )

        assert list(found) == expected


def test_no_rows_have_no_margins(ours: Booster) -> None:
    assert ours.margins(rows_of([])) == []
    assert ours.contributions(rows_of([])) == []


def test_values_that_are_no_whole_rows_are_refused(ours: Booster) -> None:
    with pytest.raises(BoosterError, match="7 values are not rows of 6 features"):
        ours.margins(array("f", range(7)))


@pytest.mark.parametrize("model", [b"{}", b"{not a model"])
def test_a_model_that_the_library_cannot_read_is_our_error(model: bytes) -> None:
    with pytest.raises(BoosterError):
        Booster(model)


@pytest.fixture
def anew() -> Iterator[None]:
    """Load the library again in this test, and after it."""
    booster.library.cache_clear()
    yield
    booster.library.cache_clear()


@pytest.mark.usefixtures("anew")
def test_a_release_that_was_not_tested_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booster, "TESTED", (3, 4, 0))

    with pytest.raises(BoosterError, match=r"^xgboost 3\.4\.1 was not tested .* 3\.4\.0 was: inst"):
        booster.library()


@pytest.mark.usefixtures("anew")
def test_without_xgboost_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booster, "find_spec", lambda _: None)

    with pytest.raises(BoosterError, match=r"not installed; see requirements\.txt"):
        booster.library()


@pytest.mark.usefixtures("anew")
def test_a_library_that_cannot_be_loaded_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Package:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(booster, "find_spec", lambda _: Package)

    with pytest.raises(BoosterError, match=r"libxgboost\.\w+ cannot be loaded"):
        booster.library()


def test_the_tested_release_is_the_pinned_one() -> None:
    pinned = Path(__file__).parents[3].joinpath("requirements.txt").read_text()

    release = ".".join(map(str, booster.TESTED))
    assert f"xgboost-cpu=={release} " in pinned
    assert f"xgboost=={release} " in pinned
