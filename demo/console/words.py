"""The API's numbers and names, as shown to people."""

from typing import Final

FEATURES: Final = {
    "amount": "Amount",
    "payee_is_merchant": "Kind of payee",
    "hour": "Hour of day",
    "balance": "Balance before",
    "share_leaving": "Share sent",
    "emptied": "Empties account",
    "nearly_emptied": "Nearly empties",
    "exceeds_balance": "Exceeds balance",
    "balance_zero": "Balance is 0",
}
"""Labels of features; other features are shown by their names."""

BEYOND_BALANCE: Final = (
    "Frauds in the training data never exceed the balance, so above it the probability may fall. "
    "Your ledger decides whether such a payment is possible."
)

NBSP: Final = "\N{NO-BREAK SPACE}"

TYPE: Final = "Type of payment"


def feature(name: str) -> str:
    """The label of a feature; the five columns of the type share one."""
    return TYPE if name.startswith("type_") else FEATURES.get(name, name)


def percent(share: float) -> str:
    """A share in percent with three significant digits; rounding never gives 0 % or 100 %."""
    value = 100 * share
    if 99.95 <= value < 100:
        return f"over 99.9{NBSP}%"
    if 0 < value < 0.0001:
        return f"under 0.0001{NBSP}%"
    return f"{_plain(value)}{NBSP}%"


def _plain(value: float) -> str:
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if "e" in text else text
