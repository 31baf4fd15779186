"""A payment as the memory takes it: its time, its accounts, and what is recorded of it. Pure."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.domain.accounts import PAYEE, PAYER, AccountColumns, accounts_of
from fraud_api_lambda.domain.fields import TIMESTAMP, has_timestamp
from fraud_api_lambda.domain.moment import UNIT_S, moment_of_text, zone_of
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.domain.reading import Values, text_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.state import MOST_MINOR_UNITS
from fraud_api_lambda.history.state import Payment as Event
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.facts import RecordedFacts
from fraud_api_lambda.records.keys import Keys

PARTNER_BYTES: Final = 8
"""Of a keyed id, for the number of a partner."""

LONGEST_AHEAD_S: Final = 3_600
"""A later date is refused: it would let all earlier payments fall out of the histories.

A count from the start of the data has no date.
"""


class FutureTimeError(ValueError):
    """Raise when the time of a payment is too far ahead.

    Attributes
    ----------
    field : str
    """

    def __init__(self, field: str) -> None:
        super().__init__("this time is more than an hour ahead")
        self.field = field


class Seen(NamedTuple):
    """An account whose history a payment sees.

    Attributes
    ----------
    key : str
        Its keyed id.
    event : Event
        The payment as the account sees it.
    is_counted : bool
        Whether the payment is counted in this history.
    """

    key: str
    event: Event
    is_counted: bool


class Asked(NamedTuple):
    """A payment that somebody asks about.

    Attributes
    ----------
    payment : Payment
        Without histories.
    prediction_id : str
    arrived : int
        Milliseconds since the epoch.
    accounts : tuple of Seen or None
        By the names of `accounts_of`; None if the payment has no such account.
    facts : str
        JSON, without ids.
    digest : bytes
        Keyed; equal for equal bodies, in which null is as good as no field.
    label_delay_s : int
        Of the schema.
    time : int
        Of the payment, in whole seconds as the histories count it.
    amount : float
        As it was sent.
    is_keyed : bool
        Whether its ids are those of the secret, so that it can be recorded.
    """

    payment: Payment
    prediction_id: str
    arrived: int
    accounts: tuple[Seen | None, ...]
    facts: str
    digest: bytes
    label_delay_s: int
    time: int
    amount: float
    is_keyed: bool = True

    @property
    def keys(self) -> list[str]:
        """The keyed ids of its accounts, each once."""
        return list(dict.fromkeys(each.key for each in self.accounts if each is not None))


class AskedReader:
    """Reads payments of a plan.

    Parameters
    ----------
    plan : Plan
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._reader = plan.reader
        self._facts = RecordedFacts(plan.schema)
        self.clock = Clock(plan.schema)
        self._accounts = tuple(accounts_of(plan.schema).values())
        self._kinds = kinds_of(plan.schema)
        names = tuple(accounts_of(plan.schema))
        self._shown = tuple(names.index(name) for name in plan.learned.histories)
        self._amount = plan.schema.roles.amount
        self._unit = 10.0**plan.schema.decimals

    def asked(self, values: Values, keys: Keys, arrived: int) -> Asked:
        """The payment with these values, `arrived` in milliseconds since the epoch.

        Raises
        ------
        FutureTimeError
            If it has a time that is more than `LONGEST_AHEAD_S` after its arrival.
        """
        payment = self._reader.payment(values)
        time, amount = self.clock.seconds(values), minor_units(values[self._amount], self._unit)
        if time > arrived // 1_000 + LONGEST_AHEAD_S and self.clock.is_text(values):
            raise FutureTimeError(self.clock.field(values))
        return Asked(
            payment,
            keys.prediction(payment.transaction_id),
            arrived,
            tuple([self._seen(each, values, keys, time, amount) for each in self._accounts]),
            _json(self._facts.of(values)),
            keys.keyed("body", _json(_given(values))),
            self.plan.schema.label_delay_s,
            time,
            values[self._amount],
        )

    def with_histories(self, asked: Asked, histories: Sequence[History] | None) -> Payment:
        """The payment with those of the histories that the model knows."""
        if histories is None:
            return asked.payment
        shown = tuple([histories[index] for index in self._shown])
        return asked.payment._replace(facts=asked.payment.facts._replace(histories=shown))

    def _seen(
        self, account: AccountColumns, values: Values, keys: Keys, time: int, amount: int
    ) -> Seen | None:
        value = values.get(account.column)
        if value is None:
            return None
        partner = None
        if account.partner is not None and (other := values.get(account.partner)) is not None:
            partner = partner_number(keys, self._kinds[account.partner], text_of(other))
        key = keys.account(account.kind, text_of(value))
        return Seen(key, Event(time, amount, partner), account.column == account.counted)


class Clock:
    """Reads the time of a payment.

    Parameters
    ----------
    schema : Schema
    """

    def __init__(self, schema: Schema) -> None:
        self._column, self._unit = schema.roles.time.column, schema.roles.time.unit
        self._zone = zone_of(schema.timezone)
        self._has_timestamp = has_timestamp(schema)

    def seconds(self, values: Values) -> int:
        """Whole seconds since the epoch, or since the start of the data if it is counted."""
        value = values[self.field(values)]
        if self._unit is None or self.is_text(values):
            return moment_of_text(value, self._zone).seconds
        count: int = value
        return count * UNIT_S[self._unit]

    def is_text(self, values: Values) -> bool:
        """Whether the time is written as a date, not counted."""
        return self._unit is None or self.field(values) != self._column

    def field(self, values: Values) -> str:
        """The field that has the time."""
        is_counted = not self._has_timestamp or values.get(self._column) is not None
        return self._column if is_counted else TIMESTAMP


def kinds_of(schema: Schema) -> dict[str, str]:
    """The kind of account of the columns that may be partners."""
    roles = schema.roles
    return {column: kind for column, kind in ((roles.payer, PAYER), (roles.payee, PAYEE)) if column}


def partner_number(keys: Keys, kind: str, account_id: str) -> int:
    """The number of an account as a partner of others."""
    return int.from_bytes(keys.keyed(kind, account_id)[:PARTNER_BYTES])


def minor_units(amount: float, unit: float) -> int:
    """An amount in whole minor units, of which one unit of the currency has `unit`."""
    return min(round(amount * unit), MOST_MINOR_UNITS)


def _given(values: Values) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


_json: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
