"""A payment: the facts that are known before the money moves. Independent of files and models."""

from typing import Final, NamedTuple

from fraud_api_lambda.domain.elementwise import Value

MAX_AMOUNT: Final = 1e12
"""Largest amount or balance. Its float32 neighbours are 65,536 apart; no currency needs more."""

MAX_NUMBER: Final = 1e15
"""Largest number of another attribute, with either sign."""

MAX_HOURS: Final = 1_000_000
"""Largest time in hours since the data began: 114 years."""


class Facts(NamedTuple):
    """The inputs of the features: of one payment, or of many as columns of equal length.

    A missing number is NaN and a missing text is None. A text need only compare with another, so a
    column may be a pandas `Categorical`.

    Attributes
    ----------
    amount : float
        0 to 1e12, in the model's currency.
    hour : int
        Hour of the day on the payer's clock, 0 to 23.
    balance : float
        The payer's balance before the payment; 0 if the schema has none.
    attributes : tuple
        The attributes in the schema's order; a place is a pair of latitude and longitude.
    histories : tuple
        A `History` for each name of `Learned.histories`; empty if none is known.
    """

    amount: Value
    hour: Value
    balance: Value
    attributes: tuple[Value, ...]
    histories: tuple[tuple[Value, ...], ...] = ()


class Payment(NamedTuple):
    """A payment to be assessed. A tuple: a frozen dataclass takes twice the time to create.

    Attributes
    ----------
    facts : Facts
    transaction_id : str or None
        The caller's own id.
    degraded : tuple of str
        Limitations of an assessment of this payment, such as ``unseen:category``.
    """

    facts: Facts
    transaction_id: str | None = None
    degraded: tuple[str, ...] = ()
