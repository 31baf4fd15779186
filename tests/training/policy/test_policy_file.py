"""A policy file is read completely or refused in one line with a remedy."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.transactions import PAYSIM
from training.errors import InputError
from training.policy.file import read_policy, require_currency


def written(directory: Path, text: str) -> Path:
    path = directory / "policy.toml"
    path.write_text(text)
    return path


def test_a_policy_file_sets_the_given_numbers_and_no_others(tmp_path: Path) -> None:
    path = written(tmp_path, 'currency = "EUR"\nreview_cost = 3\nreview_catches = 0.9\n')

    assert read_policy(path) == {"currency": "EUR", "review_cost": 3.0, "review_catches": 0.9}


def test_the_currency_may_be_left_to_the_schema(tmp_path: Path) -> None:
    path = written(tmp_path, "review_cost = 3\n")

    policy = read_policy(path)

    require_currency(path, policy, replace(PAYSIM, currency="USD"))
    with pytest.raises(InputError, match="no currency; write currency = 'EUR'"):
        require_currency(path, policy, PAYSIM)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("currency = ", "not TOML"),
        ('currency = ""', "currency: '' is not a name"),
        ('currency = "EUR"\nreview_cots = 1', "unknown key review_cots; did you mean review_cost"),
        ('currency = "EUR"\nzzz = 1', "unknown key zzz; the keys are currency"),
        (
            'currency = "EUR"\nreview_cost = -1',
            "-1 is not allowed; write a number from 0 to 1e+100",
        ),
        ('currency = "EUR"\nreview_cost = inf', "inf is not allowed"),
        ('currency = "EUR"\nreview_cost = true', "True is not allowed"),
        ('currency = "EUR"\nreview_cost = "1"', "'1' is not allowed"),
        (
            'currency = "EUR"\nreview_catches = 1.5',
            "1.5 is not allowed; write a number from 0 to 1",
        ),
    ],
)
def test_an_unusable_policy_file_is_refused_in_one_line(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(InputError) as caught:
        read_policy(written(tmp_path, text))

    assert says in str(caught.value)
    assert str(tmp_path / "policy.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_policy_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_policy(tmp_path / "none.toml")
