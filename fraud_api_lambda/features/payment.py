"""The features, each defined once: one expression serves a payment and a column of them.

The definitions use only facts known before the money moves, ``+ - * /`` and comparisons in
binary64, and the given `where` (`numpy.where` for columns), so both uses give the same bits.
Reads no files and knows no model.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from fraud_api_lambda.domain.elementwise import Value, Where, choose
from fraud_api_lambda.domain.transaction import MERCHANT_PREFIX, Transaction, TransactionType

HALF_A_CENT: Final = 0.005
MAX_SHARE: Final = 10.0


class Facts(NamedTuple):
    """The inputs of the features: of one transaction, or of many as columns of equal length.

    `type` need only compare with a name, so a column may be a pandas `Categorical`.
    """

    type: Value
    amount: Value
    balance: Value
    payee_is_merchant: Value
    hour: Value

    @classmethod
    def of(cls, transaction: Transaction) -> "Facts":
        """The facts of one transaction."""
        return cls(
            transaction.type,
            transaction.amount,
            transaction.origin_balance,
            transaction.destination.startswith(MERCHANT_PREFIX),
            transaction.hour,
        )


@dataclass(frozen=True, slots=True)
class Feature:
    """The properties of a feature.

    Attributes
    ----------
    derived : bool
        Follows from the facts of the other features, so it is computed again after resampling.
    """

    derived: bool = False


_TYPES: Final = {f"type_{kind}": kind for kind in TransactionType}

FEATURES: Final[dict[str, Feature]] = {
    **dict.fromkeys(_TYPES, Feature()),
    "amount": Feature(),
    "payee_is_merchant": Feature(),
    "hour": Feature(),
    "balance": Feature(),
    "share_leaving": Feature(derived=True),
    "emptied": Feature(derived=True),
    "nearly_emptied": Feature(derived=True),
    "exceeds_balance": Feature(derived=True),
    "balance_zero": Feature(derived=True),
}


def _all(facts: Facts, where: Where) -> dict[str, Value]:
    """Compute every feature at once: they share steps, and a call costs more than a comparison."""
    kind, amount, balance, payee_is_merchant, hour = facts
    outgoing = kind != TransactionType.CASH_IN
    has_balance = balance > 0
    from_balance = outgoing & has_balance
    ratio = amount / where(has_balance, balance, 1.0)
    capped = where(ratio < MAX_SHARE, ratio, MAX_SHARE)
    of_nothing = where(amount > 0, 1.0, 0.0)
    share = where(outgoing, where(has_balance, capped, of_nothing), 0.0)
    nearly, slightly_more = balance - HALF_A_CENT, balance + HALF_A_CENT
    values = {name: kind == of_name for name, of_name in _TYPES.items()}
    values["amount"] = amount
    values["payee_is_merchant"] = payee_is_merchant
    values["hour"] = hour
    values["balance"] = balance
    values["share_leaving"] = share
    values["emptied"] = from_balance & (amount >= nearly) & (amount <= slightly_more)
    values["nearly_emptied"] = from_balance & (share >= 0.95) & (amount < nearly)
    values["exceeds_balance"] = outgoing & (amount > slightly_more)
    values["balance_zero"] = balance == 0
    return values


_STRICT = (*(f"type_{kind}" for kind in TransactionType), "amount", "payee_is_merchant")

FEATURE_SETS: Final[dict[str, tuple[str, ...]]] = {
    "decision-time": tuple(FEATURES),
    "strict+hour": (*_STRICT, "hour"),
    "strict": _STRICT,
}
"""The feature sets that can be served, by name; the default is `decision-time`."""


def feature_values(facts: Facts, names: Iterable[str], where: Where) -> list[Value]:
    """The named features of `facts`, in order, still in binary64."""
    values = _all(facts, where)
    return [values[name] for name in names]


def feature_row(transaction: Transaction, names: Iterable[str]) -> list[float]:
    """The named features of one transaction, in order; all are finite, flags are bool."""
    return feature_values(Facts.of(transaction), names, choose)
