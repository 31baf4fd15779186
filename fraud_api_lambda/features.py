"""The features, each defined once: the same expression serves one payment and a column of millions.

A definition sees only facts known before the money moves, uses ``+ - * /`` and comparisons in
binary64, and chooses with the `where` it is given (`numpy.where` for columns), so both ways give
the same bits. Reads no files and knows no model.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fraud_api_lambda.transaction import MERCHANT_PREFIX, Transaction, TransactionType

type Value = Any
"""A float, int or bool, or a NumPy column of them."""

type Where = Callable[[Value, Value, Value], Value]

HALF_A_CENT: Final = 0.005
MAX_SHARE: Final = 10.0


class Facts(NamedTuple):
    """What the features are made of: of one transaction, or of many as columns of equal length.

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
            type=transaction.type,
            amount=transaction.amount,
            balance=transaction.origin_balance,
            payee_is_merchant=transaction.destination.startswith(MERCHANT_PREFIX),
            hour=transaction.hour,
        )


def _outgoing(facts: Facts) -> Value:
    return facts.type != TransactionType.CASH_IN


def _share_leaving(facts: Facts, where: Where) -> Value:
    has_balance = facts.balance > 0
    share = facts.amount / where(has_balance, facts.balance, 1.0)
    capped = where(share < MAX_SHARE, share, MAX_SHARE)
    of_nothing = where(facts.amount > 0, 1.0, 0.0)
    return where(_outgoing(facts), where(has_balance, capped, of_nothing), 0.0)


def _emptied(facts: Facts, _: Where) -> Value:
    at_least = facts.amount >= facts.balance - HALF_A_CENT
    at_most = facts.amount <= facts.balance + HALF_A_CENT
    return _outgoing(facts) & (facts.balance > 0) & at_least & at_most


def _nearly_emptied(facts: Facts, where: Where) -> Value:
    share = _share_leaving(facts, where)
    something_stays = facts.amount < facts.balance - HALF_A_CENT
    return _outgoing(facts) & (facts.balance > 0) & (share >= 0.95) & something_stays


def _exceeds_balance(facts: Facts, _: Where) -> Value:
    return _outgoing(facts) & (facts.amount > facts.balance + HALF_A_CENT)


def _is_type(kind: TransactionType) -> Callable[[Facts, Where], Value]:
    return lambda facts, _: facts.type == kind


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its definition, and how resampling has to treat it.

    Attributes
    ----------
    define : callable
        ``define(facts, where)`` gives the value or the column of values.
    discrete : bool
        Only the values seen make sense: nothing between two of them.
    derived : bool
        Follows from the other features' facts, so it is recomputed after resampling.
    """

    define: Callable[[Facts, Where], Value]
    discrete: bool = True
    derived: bool = False


FEATURES: Final[dict[str, Feature]] = {
    **{f"type_{kind}": Feature(_is_type(kind)) for kind in TransactionType},
    "amount": Feature(lambda facts, _: facts.amount, discrete=False),
    "payee_is_merchant": Feature(lambda facts, _: facts.payee_is_merchant),
    "hour": Feature(lambda facts, _: facts.hour),
    "balance": Feature(lambda facts, _: facts.balance, discrete=False),
    "share_leaving": Feature(_share_leaving, discrete=False, derived=True),
    "emptied": Feature(_emptied, derived=True),
    "nearly_emptied": Feature(_nearly_emptied, derived=True),
    "exceeds_balance": Feature(_exceeds_balance, derived=True),
    "balance_zero": Feature(lambda facts, _: facts.balance == 0, derived=True),
}

_STRICT = (*(f"type_{kind}" for kind in TransactionType), "amount", "payee_is_merchant")

FEATURE_SETS: Final[dict[str, tuple[str, ...]]] = {
    "decision-time": tuple(FEATURES),
    "strict+hour": (*_STRICT, "hour"),
    "strict": _STRICT,
}
"""The sets that can be served, by name. `decision-time` is the default."""


def feature_values(facts: Facts, names: Iterable[str], where: Where) -> list[Value]:
    """The named features of `facts`, in order, still in binary64."""
    return [FEATURES[name].define(facts, where) for name in names]


def _choose(condition: Value, yes: Value, no: Value) -> Value:
    return yes if condition else no


def feature_row(transaction: Transaction, names: Iterable[str]) -> list[float]:
    """The named features of one transaction, in order, each finite."""
    return [float(value) for value in feature_values(Facts.of(transaction), names, _choose)]
