"""The forms of numbers, amounts and periods in texts. Pure."""

from typing import Final

from training.policy.defaults import NO_CURRENCY

LARGE: Final = ((1e9, " billion"), (1e6, " million"))


def share(value: float | None) -> str:
    """A share as a percentage, with three decimals below 1 %."""
    if value is None:
        return "-"
    return f"{value:.1%}" if value == 0 or value >= 0.01 else f"{value:.3%}"


def count(value: float) -> str:
    """A whole number."""
    return f"{value:,.0f}"


def figure(value: float | None) -> str:
    """A number with three significant digits."""
    return "-" if value is None else f"{value:.3g}"


def of_100(value: float) -> str:
    """A share as a number of 100; rounding never gives none or all."""
    nearest = round(100 * value)
    if nearest == 0 < value:
        return "under 1"
    return "over 99" if nearest == 100 and value < 1 else str(nearest)


def amount(value: float) -> str:
    """An amount with three significant digits, such as "17.9 million" or "-3,420"."""
    rounded = float(f"{value:.3g}")
    for unit, word in LARGE:
        if abs(rounded) >= unit:
            return f"{rounded / unit:.3g}{word}"
    return f"{rounded:,.0f}" if abs(rounded) >= 100 or rounded == 0 else f"{rounded:.3g}"


def in_currency(currency: str) -> str:
    """What follows an amount, such as " EUR" or " in the data's currency"."""
    return f" in {currency}" if currency == NO_CURRENCY else f" {currency}"


def duration(hours: int) -> str:
    """A period of hours, in days from three days on."""
    if hours >= 3 * 24:
        return f"{round(hours / 24):,} days"
    return f"{hours} hour{'' if hours == 1 else 's'}"


def listed(clauses: list[str]) -> str:
    """Clauses as one: "a", "a and b", or "a, b and c"."""
    *first, last = clauses
    return f"{', '.join(first)} and {last}" if first else last
