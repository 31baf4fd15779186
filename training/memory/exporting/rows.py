"""Records as the rows of an export, in the columns of a schema. Pure."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from math import ceil
from typing import Final

import pyarrow as pa

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.fields import Field, Form, fields_of
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.moment import UNIT_S
from fraud_api_lambda.domain.reading import flag_text, text_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.records.asked import Clock
from fraud_api_lambda.records.facts import RecordedFacts
from training.histories.stored import ARRIVED, LABEL_DELAY, PREDICTION, view_types
from training.memory.exporting.judged import Known
from training.memory.exporting.tokens import Tokens
from training.memory.logged import Logged

type Cell = str | bytes | int | float | bool | None

UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Exceptions of reading a record that does not fit its schema."""

_DROPPED: Final = frozenset({Form.ANY, Form.MOMENT})
_NUMBERS: Final = frozenset({Form.MONEY, Form.NUMBER, Form.LATITUDE, Form.LONGITUDE})


class RowMaker:
    """Makes the rows of a schema.

    Parameters
    ----------
    schema : Schema
    learned : Learned
        Of the served model.
    """

    def __init__(self, schema: Schema, learned: Learned) -> None:
        self._schema, self._names = schema, tuple(accounts_of(schema))
        self._facts, self._clock = RecordedFacts(schema), Clock(schema)
        self._tokens = Tokens(schema, learned.digits)
        known = schema.columns()
        fields = (each for each in fields_of(schema, learned) if each.name in known)
        self._fields = tuple(each for each in fields if each.form not in _DROPPED)

    @property
    def columns(self) -> pa.Schema:
        """The columns of a row."""
        roles = self._schema.roles
        columns = {each.name: _type(each) for each in self._fields}
        columns[roles.label] = pa.int8()
        if roles.label_time is not None:
            columns[roles.label_time] = pa.string() if roles.time.unit is None else pa.int64()
        return pa.schema(columns | {PREDICTION: pa.string(), ARRIVED: pa.int64()} | self._views)

    @property
    def _views(self) -> dict[str, pa.DataType]:
        return {LABEL_DELAY: pa.int32()} | view_types(self._names)

    def row(self, logged: Logged, known: Known) -> list[Cell]:
        """The cells of a record that has histories; raises one of `UNREADABLE`."""
        record, roles = logged.record, self._schema.roles
        values = self._facts.values(json.loads(record.facts))
        texts = self._tokens.of(record.accounts, values)
        if roles.id is not None:
            texts[roles.id] = self._tokens.of_prediction(roles.id, record.prediction_id)
        cells: list[Cell] = [
            texts[each.name] if each.name in texts else self._cell(each, values)
            for each in self._fields
        ]
        cells.append(int(known.is_fraud))
        if roles.label_time is not None:
            cells.append(self._label_time(logged, known))
        cells += [record.prediction_id, record.arrived, self._schema.label_delay_s]
        return [*cells, *self._seen(logged)]

    def _seen(self, logged: Logged) -> Iterator[Cell]:
        """Yield the numbers of the histories that the payment saw."""
        for _, history in zip(self._names, logged.record.histories or (), strict=True):
            yield from history

    def _cell(self, field: Field, values: dict[str, object]) -> Cell:
        if field.role == "time":
            return self._time(values)
        value = values.get(field.name)
        if value is None:
            if field.required and field.role:
                raise ValueError("a fact is missing")
            return None
        if field.form is Form.FLAG and not field.digits:
            return _WORDS.get(flag_text(value), flag_text(value))
        return _READ[_kind(field)](value)

    def _time(self, values: dict[str, object]) -> Cell:
        """The time as text, or as a count; a date has no count but that since 1970."""
        unit = self._schema.roles.time.unit
        if unit is None:
            return str(values[self._schema.roles.time.column])
        return self._clock.seconds(values) // UNIT_S[unit]

    def _label_time(self, logged: Logged, known: Known) -> Cell:
        """When the label became known, rounded up; None without an outcome.

        A count has no date: it is as long after the payment as the outcome is after the arrival.
        """
        if known.at is None:
            return None
        unit, record = self._schema.roles.time.unit, logged.record
        if unit is None:
            return f"{datetime.fromtimestamp(ceil(known.at / 1_000_000), UTC):%Y-%m-%dT%H:%M:%SZ}"
        waited_s = max(ceil(known.at / 1_000_000 - record.arrived / 1_000), 0)
        return -(-(record.time + waited_s) // UNIT_S[unit])


def _kind(field: Field) -> Form:
    return Form.NUMBER if field.form in _NUMBERS else field.form


_WORDS: Final = {"1": "true", "0": "false"}

_READ: Final[dict[Form, Callable[[object], Cell]]] = {
    Form.NUMBER: lambda value: float(str(value)),
    Form.FLAG: flag_text,
    **dict.fromkeys((Form.CATEGORY, Form.ID, Form.TEXT, Form.TIME), text_of),
}


def _type(field: Field) -> pa.DataType:
    if field.form in _NUMBERS:
        return pa.float64()
    return pa.int64() if field.form is Form.COUNT else pa.string()


def as_table(columns: pa.Schema, rows: Sequence[Sequence[Cell]]) -> pa.Table:
    """Rows as a table of these columns."""
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [pa.array(cell, each.type) for cell, each in zip(cells, columns, strict=True)]
    return pa.Table.from_arrays(arrays, schema=columns)
