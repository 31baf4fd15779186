"""Numbers, amounts and periods in texts neither claim more than is known nor hide a sign."""

import pytest

from training.reporting.formats import amount, duration, in_currency, listed, of_100


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0"),
        (0.001, "under 1"),
        (0.006, "1"),
        (0.77, "77"),
        (0.994, "99"),
        (0.996, "over 99"),
        (1.0, "100"),
    ],
)
def test_a_share_of_100_is_rounded_neither_to_none_nor_to_all(share: float, shown: str) -> None:
    assert of_100(share) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (7.25, "7.25"),
        (-3_424.0, "-3,420"),
        (999_600.0, "1 million"),
        (17_889_989.0, "17.9 million"),
        (-12_800_000_000.0, "-12.8 billion"),
    ],
)
def test_an_amount_has_three_digits(value: float, shown: str) -> None:
    assert amount(value) == shown


@pytest.mark.parametrize(
    ("hours", "shown"), [(1, "1 hour"), (71, "71 hours"), (72, "3 days"), (743, "31 days")]
)
def test_a_period_is_in_days_from_three_on(hours: int, shown: str) -> None:
    assert duration(hours) == shown


def test_a_currency_follows_its_amount() -> None:
    assert in_currency("EUR") == " EUR"
    assert in_currency("the data's currency") == " in the data's currency"


def test_clauses_are_listed_with_and() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in (1, 2, 3)] == ["a", "a and b", "a, b and c"]
