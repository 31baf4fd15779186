"""What a record says of the histories of its accounts, read with the plan of its model. Pure."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from fraud_api_lambda.domain.accounts import AccountColumns, accounts_of
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.state import Payment as Event
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.answering import HISTORY_BEHIND
from fraud_api_lambda.records.asked import PARTNER_BYTES, Clock, kinds_of, minor_units
from fraud_api_lambda.records.facts import RecordedFacts
from fraud_api_lambda.records.items import ERASED, Record, Version

UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What reading a record raises that does not fit its model."""


MOST: Final = 2**48
"""Above the numbers of a version, as `Account` packs them."""


class Counting(NamedTuple):
    """A payment as an account counts it.

    Attributes
    ----------
    event : Event
    label_delay_s : int
        Of the model that answered.
    name : str
        Of the history, by `accounts_of`.
    is_due : bool
        Whether the payment has to be counted: in this account, and not given up.
    """

    event: Event
    label_delay_s: int
    name: str
    is_due: bool


class Sight(NamedTuple):
    """The version of an account's history that a payment saw.

    Attributes
    ----------
    key : str
        The account's keyed id.
    since, seq : int
        As of `Version`.
    moved : bool
    prediction_id : str
    history : History
    counting : Counting or None
        None if the model is not known.
    """

    key: str
    since: int
    seq: int
    moved: bool
    prediction_id: str
    history: History
    counting: Counting | None


class RecordReader:
    """Reads the records of a model.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        schema = plan.schema
        self._plan, self._schema = plan, schema
        self._facts, self._clock = RecordedFacts(schema), Clock(schema)
        self._accounts = accounts_of(schema)
        names = tuple(self._accounts)
        kinds = kinds_of(schema)
        self._shown = tuple(names.index(name) for name in plan.learned.histories)
        self._partners = tuple(
            None if each.partner is None else names.index(kinds[each.partner])
            for each in self._accounts.values()
        )

    def payment(self, record: Record) -> Payment:
        """The payment that was asked about, without its id; raises one of `UNREADABLE`."""
        payment = self._plan.reader.payment(self._values(record))
        if record.histories is None:
            return payment
        if len(record.histories) != len(self._accounts):
            raise ValueError("the histories are not those of the schema")
        shown = tuple(record.histories[index] for index in self._shown)
        return payment._replace(facts=payment.facts._replace(histories=shown))

    def countings(self, record: Record) -> list[Counting]:
        """How each account counts the payment; raises one of `UNREADABLE`."""
        time, amount = self.time_and_amount(record)
        money = minor_units(amount, 10.0**self._schema.decimals)
        is_behind = HISTORY_BEHIND in answer_fields(record).get("degraded", ())
        return [
            Counting(Event(time, money, partner), self._schema.label_delay_s, name, is_due)
            for (name, account), partner in zip(
                self._accounts.items(), self._numbers(record), strict=True
            )
            for is_due in (_is_counted(account) and not is_behind,)
        ]

    def time_and_amount(self, record: Record) -> tuple[int, float]:
        """When and how much a payment was by its facts; raises one of `UNREADABLE`."""
        values = self._values(record)
        amount = values[self._schema.roles.amount]
        if not isinstance(amount, int | float):
            raise TypeError("the amount is not a number")
        return self._clock.seconds(values), amount

    def _numbers(self, record: Record) -> Iterator[int | None]:
        """The number of each account's partner."""
        for index in self._partners:
            key = None if index is None else record.accounts[index]
            yield None if key is None else number_of(key)

    def _values(self, record: Record) -> dict[str, object]:
        return self._facts.values(json.loads(record.facts))


def sights(record: Record, countings: list[Counting] | None) -> Iterator[Sight]:
    """Yield what a record saw of each account that was not erased.

    Raises
    ------
    ValueError
        If it does not say that of each of its accounts, or its id is none.
    """
    UUID(record.prediction_id)
    if record.histories is None:
        return
    found = zip(record.accounts, record.histories, record.versions, strict=True)
    for index, (key, history, version) in enumerate(found):
        if (key is None) != (version is None):
            raise ValueError("an account without a version")
        if key is not None and version is not None and not key.startswith(ERASED):
            require_numbers(version)
            counting = None if countings is None else countings[index]
            yield Sight(key, *version, record.prediction_id, history, counting)


def answer_fields(record: Record) -> Mapping[str, Any]:
    """The fields of a recorded answer; empty if it is no JSON object."""
    try:
        read = json.loads(record.answer)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def has_erased_fact(record: Record) -> bool:
    """Whether erasing an account took a fact."""
    try:
        return ERASED in json.loads(record.facts).values()
    except UNREADABLE:
        return False


def number_of(key: str) -> int:
    """The number of an account as a partner of others, from its keyed id or what replaced it."""
    return int.from_bytes(urlsafe_b64decode(f"{key.removeprefix(ERASED)}==")[:PARTNER_BYTES])


def require_numbers(version: Version) -> None:
    """Raise `ValueError` unless the members of a version are numbers."""
    since, seq, _ = version
    for number in (since, seq):
        if not isinstance(number, int) or not 0 <= number < MOST:
            raise ValueError("a version that is not one")


def _is_counted(account: AccountColumns) -> bool:
    return account.column == account.counted
