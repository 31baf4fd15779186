"""Numbers and names of the API in words."""

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
"""A feature that is missing here goes by its own name."""

BEYOND_BALANCE: Final = (
    "Models learn from frauds that take what is there and no more, so beyond the balance the "
    "probability may fall. Whether such a payment can be made at all is for your ledger to say."
)

NBSP: Final = "\N{NO-BREAK SPACE}"

TYPE: Final = "Type of payment"


def feature(name: str) -> str:
    """A feature in a few words; the five columns of the type are one."""
    return TYPE if name.startswith("type_") else FEATURES.get(name, name)


def percent(share: float) -> str:
    """A share with three digits that count: 24.2 %, 0.0312 %; never 0 % or 100 % of neither."""
    value = 100 * share
    if 99.95 <= value < 100:
        return f"over 99.9{NBSP}%"
    if 0 < value < 0.0001:
        return f"under 0.0001{NBSP}%"
    return f"{_plain(value)}{NBSP}%"


def _plain(value: float) -> str:
    text = f"{value:.3g}"
    return f"{value:.6f}".rstrip("0").rstrip(".") if "e" in text else text
