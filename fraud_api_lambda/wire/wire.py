"""Requests: the validation of payments of a bundle's schema, and their conversion to the domain."""

from typing import Final

from pydantic import ValidationError
from pydantic_core import CoreSchema, SchemaValidator, core_schema

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.domain.fields import Field, Form, labels_of
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.wire import plain_json, strict_json
from fraud_api_lambda.wire.body_faults import BATCH, MAX_BATCH, BodyFaults, TwoTimes, times_of
from fraud_api_lambda.wire.faults import Fault
from fraud_api_lambda.wire.field_schemas import schema_of

type Values = dict[str, object]
"""The values of a payment by field, validated."""

KEPT: Final = 2
"""Wires that are kept: that of the current model, and that of a newer one."""


def batch_schema(item: CoreSchema) -> CoreSchema:
    """The core schema of a batch of such items."""
    items = core_schema.list_schema(item, min_length=1, max_length=MAX_BATCH, strict=True)
    return core_schema.typed_dict_schema(
        {BATCH: core_schema.typed_dict_field(items)}, extra_behavior="forbid", strict=True
    )


_ANY_BATCH: Final = SchemaValidator(batch_schema(core_schema.any_schema()))
"""A batch of anything: its payments are validated one by one."""


class InvalidBodyError(Exception):
    """Raise when a body is JSON, but not what its route takes.

    Parameters
    ----------
    errors : list of dict
        Its faults.
    """

    def __init__(self, errors: list[Fault]) -> None:
        super().__init__("the body is not valid")
        self.errors = errors


class Wire:
    """Reads the request bodies of one bundle.

    Parameters
    ----------
    bundle : Bundle

    Attributes
    ----------
    bundle : Bundle
    fields : dict of Field
        By name.
    schema : CoreSchema
        Of one payment, as Pydantic's core takes it.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.fields = bundle.plan.fields
        self.schema = payment_schema(list(self.fields.values()))
        self._reader = bundle.plan.reader
        self._faults = BodyFaults(self.fields, labels_of(bundle.plan.schema))
        self._one = SchemaValidator(self.schema)
        self._valid_batch: SchemaValidator | None = None

    def payment(self, body: bytes) -> Payment:
        """The payment of a body.

        Raises
        ------
        MalformedJsonError
            If it is not JSON.
        InvalidBodyError
            If it is not a valid payment.
        """
        return self._reader.payment(self.values(body))

    def values(self, body: bytes) -> Values:
        """The values of a body with one payment; raises as `payment` does."""
        values = self.plain_values(body)
        if values is not None:
            return values
        sent = strict_json.loads(body)
        try:
            return self.validated(sent)
        except ValidationError as error:
            raise InvalidBodyError(self._faults.of_one(error.errors(), sent)) from error

    def batch(self, body: bytes) -> list[Payment | list[Fault]]:
        """The payments of a body, in order, with the faults of each that is refused.

        Raises
        ------
        MalformedJsonError
            If it is not JSON.
        InvalidBodyError
            If it is not a list of payments.
        """
        return [
            each if isinstance(each, list) else self._reader.payment(each)
            for each in self.batch_values(body)
        ]

    def batch_values(self, body: bytes) -> list[Values | list[Fault]]:
        """The values of each payment of a body; see `batch`."""
        valid = self.plain_batch(body)
        if valid is not None:
            return list(valid)
        sent = strict_json.loads(body)
        try:
            items = _ANY_BATCH.validate_python(sent)[BATCH]
        except ValidationError as error:
            raise InvalidBodyError(self._faults.of_batch(error.errors(), sent)) from error
        return [self._values_of(item, index) for index, item in enumerate(items)]

    def plain_values(self, body: bytes) -> Values | None:
        """The values of a body with one payment, if `plain_json` can read it."""
        return plain_json.read(body, self._one.validate_json, len)

    def plain_batch(self, body: bytes) -> list[Values] | None:
        """The values of each payment of a batch, if `plain_json` can read it."""
        if self._valid_batch is None:  # a cold start does without
            self._valid_batch = SchemaValidator(batch_schema(self.schema))
        batch = plain_json.read(body, self._valid_batch.validate_json, _count_keys)
        return None if batch is None else batch[BATCH]

    def validated(self, sent: object) -> Values:
        """The values of a payment as plain data.

        Raises
        ------
        ValidationError
            If it is not valid.
        """
        values: Values = self._one.validate_python(sent)
        return values

    def _values_of(self, sent: object, index: int) -> Values | list[Fault]:
        try:
            return self.validated(sent)
        except ValidationError as error:
            return self._faults.of_payment(error.errors(), sent, within=(BATCH, index))


class Wires:
    """The wire of each model in service, made once."""

    def __init__(self) -> None:
        self._kept: tuple[Wire, ...] = ()

    def of(self, bundle: Bundle) -> Wire:
        """The wire of a bundle."""
        for wire in self._kept:
            if wire.bundle.version == bundle.version:
                return wire
        wire = Wire(bundle)
        # One assignment of a whole tuple: another thread sees the old one or the new one.
        self._kept = (wire, *self._kept)[:KEPT]
        return wire


def payment_schema(fields: list[Field]) -> CoreSchema:
    """The core schema of a payment with these fields, and with no others."""
    times = times_of(fields)
    ordered = sorted(fields, key=_position)
    schema = core_schema.typed_dict_schema(
        {
            field.name: core_schema.typed_dict_field(schema_of(field), required=field.required)
            for field in ordered
        },
        extra_behavior="forbid",
        strict=True,
    )
    return schema if times is None else _with_one_time(schema, times)


def _position(field: Field) -> tuple[bool, bool]:
    """Faults are told of the time first, then of categories, as the features are ordered."""
    return field.role != "time", field.form is not Form.CATEGORY


def _with_one_time(schema: CoreSchema, times: TwoTimes) -> CoreSchema:
    def check(values: Values) -> Values:
        fault = times.fault(values)
        if fault is not None:
            raise ValueError(fault)
        return values

    return core_schema.no_info_after_validator_function(check, schema)


def _count_keys(batch: dict[str, list[Values]]) -> int:
    """The number of keys of a batch, including those of its payments."""
    return 1 + sum(map(len, batch[BATCH]))
