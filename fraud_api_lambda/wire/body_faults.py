"""The faults of request bodies, in our words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic_core import ErrorDetails

from fraud_api_lambda.domain import time_text
from fraud_api_lambda.domain.fields import CODE, Field, Form
from fraud_api_lambda.wire.faults import MAX_ERRORS, Fault, fault, limited, normalised, unknown_name
from fraud_api_lambda.wire.field_schemas import NOT_A_SCALAR

MAX_BATCH: Final = 100

BATCH: Final = "transactions"
"""The only field of a batch."""

SENTENCES: Final = {
    "missing": "this field is required",
    "int_type": "write a whole number, without quotes",
    "float_type": "write a number, without quotes",
    "finite_number": "write a finite number",
    "greater_than_equal": "write {ge:,.0f} or more",
    "less_than_equal": "write {le:,.0f} or less",
    "string_type": "write a text, in quotes",
    "list_type": "send a list of transactions",
    "too_short": "send at least one transaction",
    "too_long": f"send at most {MAX_BATCH} transactions",
    NOT_A_SCALAR: "write a text, a number, true, false or null",
}
"""The text of a fault, by Pydantic's type of error; our schemas set the limits in its context."""

NOT_ALLOWED: Final = "this value is not allowed"
LABEL: Final = "the label does not exist yet when a payment is scored: leave it out"
NOT_A_TRANSACTION: Final = "a transaction is a JSON object"
NOT_A_BATCH: Final = 'a batch is a JSON object: {"transactions": [...]}'
LIST_TO_BATCH: Final = 'wrap the list: {"transactions": [...]}'
LIST_TO_PREDICT: Final = (
    'this route takes one transaction: send a list to /predict/batch, as {"transactions": [...]}'
)
BATCH_TO_PREDICT: Final = "this route takes one transaction: send a batch to /predict/batch"
TRANSACTION_TO_BATCH: Final = (
    'send one transaction to /predict, or wrap it: {"transactions": [...]}'
)

_PATTERNS: Final = {CODE: "write 1 to 64 printable ASCII characters without spaces"}
_ANY_TEXT: Final = "write 1 to 128 printable characters, with spaces only inside"
_TEXT_OR_DIGITS: Final = "write a text, in quotes, or a whole number"

_TIMES: Final = {
    Form.TIME: time_text.LOCAL_FAULTS,
    Form.MOMENT: time_text.WITH_OFFSET_FAULTS,
}

_LONGEST_LIST: Final = 300
"""Characters of a list of values in a sentence."""

_ANSWERS_LABEL: Final = "is_fraud"
"""The answer's own name of the label, which callers send by mistake."""


@dataclass(frozen=True, slots=True)
class TwoTimes:
    """The two fields of the time, exactly one of which is given: a count, and a moment."""

    count: str
    moment: str

    def fault(self, values: Mapping[str, object]) -> str | None:
        """What is wrong if neither or both are given."""
        has_count = values.get(self.count) is not None
        if has_count is not (values.get(self.moment) is not None):
            return None
        if has_count:
            return f"give {self.count} or {self.moment}, not both"
        return f"{self.count} or {self.moment} is required"


def times_of(fields: Iterable[Field]) -> TwoTimes | None:
    """The two fields of the time; None if there is only one."""
    by_form = {field.form: field.name for field in fields if field.role == "time"}
    if Form.MOMENT not in by_form:
        return None
    return TwoTimes(by_form[Form.COUNT], by_form[Form.MOMENT])


class BodyFaults:
    """Describes the faults of bodies with payments.

    Parameters
    ----------
    fields : dict of Field
        Of a payment, by name.
    labels : iterable of str
        Columns that do not exist yet when a payment is scored.
    """

    def __init__(self, fields: Mapping[str, Field], labels: Iterable[str]) -> None:
        self._fields = fields
        self._labels = {normalised(name) for name in (*labels, _ANSWERS_LABEL)}
        self._times = times_of(fields.values())

    def of_one(self, errors: Sequence[ErrorDetails], sent: object) -> list[Fault]:
        """The faults of a body of `POST /predict`.

        Parameters
        ----------
        errors : sequence of dict
            Pydantic's, located in the body.
        sent : object
            The body's value.
        """
        if isinstance(sent, list):
            return [fault(LIST_TO_PREDICT)]
        if isinstance(sent, dict) and BATCH in sent and BATCH not in self._fields:
            return [fault(BATCH_TO_PREDICT)]
        return self.of_payment(errors, sent)

    def of_batch(self, errors: Sequence[ErrorDetails], sent: object) -> list[Fault]:
        """The faults of a body of `POST /predict/batch`, but for those of its payments."""
        if not isinstance(sent, dict):
            return [fault(LIST_TO_BATCH if isinstance(sent, list) else NOT_A_BATCH)]
        if BATCH not in sent and not sent.keys().isdisjoint(self._fields):
            return [fault(TRANSACTION_TO_BATCH)]
        return limited(self._of(error, {BATCH: BATCH}) for error in errors)

    def of_payment(
        self, errors: Sequence[ErrorDetails], sent: object, *, within: tuple[str | int, ...] = ()
    ) -> list[Fault]:
        """The faults of a payment at `within` in a body."""
        if not isinstance(sent, dict):
            return [fault(NOT_A_TRANSACTION, *within)]
        # Pydantic compares the times only if no field has a fault.
        why = self._times and self._times.fault(sent)
        of_times = [fault(why, *within)] if why else []
        known = {normalised(name): name for name in self._fields}
        located = [error for error in errors if error["loc"]]
        of_fields = [self._of(error, known, within) for error in located[:MAX_ERRORS]]
        return limited([*of_times, *of_fields])

    def _of(
        self, error: ErrorDetails, known: dict[str, str], within: tuple[str | int, ...] = ()
    ) -> Fault:
        name = str(error["loc"][0])
        location = (*within, *error["loc"][:1])
        if error["type"] == "extra_forbidden":
            is_label = normalised(name) in self._labels
            detail = LABEL if is_label else unknown_name("field", name, known)
            return fault(detail, *location)
        return fault(_sentence(error, self._fields.get(name)), *location, known=self._fields)


def _sentence(error: ErrorDetails, field: Field | None) -> str:
    if field is not None and field.form in _TIMES and error["type"] != "missing":
        return time_text.fault(error["input"], _TIMES[field.form])
    match error["type"]:
        case "value_error":  # ours
            return str(error["ctx"]["error"])
        case "literal_error" if field is not None:
            return _one_of(field.values)
        case "string_pattern_mismatch" if field is not None:
            return _PATTERNS.get(field.pattern, _ANY_TEXT)
        case "string_type" if field is not None and field.digits:
            return _TEXT_OR_DIGITS
        case kind:
            return SENTENCES.get(kind, NOT_ALLOWED).format_map(error.get("ctx", {}))


def _one_of(values: Sequence[str]) -> str:
    listed = f"write one of {', '.join(values)}"
    if len(listed) > _LONGEST_LIST:
        return f"write one of the {len(values)} values that GET /model lists"
    return listed
