"""Models of outcomes and reviews: bodies and responses. Imported at their first request only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails

from fraud_api_lambda.domain import time_text
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.labelling import Outcome
from fraud_api_lambda.records.outcomes import SOURCES, Word
from fraud_api_lambda.wire import strict_json
from fraud_api_lambda.wire.body_faults import NOT_ALLOWED
from fraud_api_lambda.wire.faults import Fault, fault, limited, normalised, unknown_name
from fraud_api_lambda.wire.wire import InvalidBodyError

MOST_OUTCOMES: Final = 100
OUTCOMES: Final = "outcomes"

# Control characters, and invisible ones, with which one name could look like another.
_HIDDEN: Final = r"\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
NAME: Final = rf"^[^\s{_HIDDEN}]([^{_HIDDEN}]{{0,62}}[^\s{_HIDDEN}])?$"
NOTE: Final = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]*$"

SENTENCES: Final = {
    "missing": "this field is required",
    "string_type": "write a text, in quotes",
    "string_too_short": "write at least {min_length} character",
    "string_too_long": "write at most {max_length} characters",
    "string_pattern_mismatch": "write 1 to 64 printable characters, with spaces only inside",
    "literal_error": "write one of {expected}",
    "list_type": "send a list of outcomes",
    "too_short": "send at least one outcome",
    "too_long": f"send at most {MOST_OUTCOMES} outcomes",
    "model_type": "send a JSON object",
    "value_error": "{error}",
}
"""The text of a fault, by Pydantic's type of error."""

_NOTE_FAULT: Final = "write printable characters"

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _only(given: str, other: str) -> JsonObject:
    """The JSON schema of a body with one of two ids; null is as good as no field."""
    properties = {given: {"type": "string"}, other: {"type": "null"}}
    return {"required": [given], "properties": properties}


class Strict(BaseModel):
    """A body: its own fields, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


Id = Annotated[str, Field(min_length=1, max_length=128)]
LabelName = Literal["fraud", "genuine"]


class OutcomeIn(Strict):
    """What a payment turned out to be, according to a source."""

    model_config = ConfigDict(
        title="Outcome",
        json_schema_extra={
            "oneOf": [
                _only("prediction_id", "transaction_id"),
                _only("transaction_id", "prediction_id"),
            ]
        },
    )

    prediction_id: Id | None = None
    transaction_id: Id | None = None
    label: LabelName
    source: Literal["chargeback", "customer", "analyst"] = Field(
        description="The label that counts is that of the first of these that said something."
    )
    at: str = Field(
        pattern=time_text.WITH_OFFSET,
        description="Since when the source says so: ISO 8601 with an offset, not in the future. "
        "Of a source, the latest word counts, whatever the order of arrival.",
    )

    @model_validator(mode="after")
    def _one_id(self) -> "OutcomeIn":
        if bool(self.prediction_id) is bool(self.transaction_id):
            both = "give prediction_id or transaction_id, not both"
            raise ValueError(both if self.prediction_id else "give prediction_id or transaction_id")
        return self

    def outcome(self) -> Outcome:
        """The outcome of a valid body."""
        word = Word(micros_of(self.at), self.label == "fraud")
        return Outcome(self.prediction_id, self.transaction_id, self.source, word)


class OutcomesIn(Strict):
    """Outcomes of payments."""

    model_config = ConfigDict(title="Outcomes")

    outcomes: list[OutcomeIn] = Field(min_length=1, max_length=MOST_OUTCOMES)


class _AnyOutcomes(Strict):
    outcomes: list[object] = Field(min_length=1, max_length=MOST_OUTCOMES)


class ReviewIn(Strict):
    """An analyst's decision on a payment for review."""

    model_config = ConfigDict(title="ReviewDecision")

    label: LabelName
    by: str = Field(pattern=NAME, description="The analyst; not the name of a source.")
    note: Annotated[str, Field(max_length=500, pattern=NOTE)] | None = None

    @field_validator("by")
    @classmethod
    def _no_source(cls, by: str) -> str:
        """Refuse names of sources: a second analyst would take such a closing for an outcome."""
        if by in SOURCES:
            raise ValueError("write a name, not a source of outcomes")
        return by


def outcomes_of(body: bytes) -> list[Outcome | list[Fault]]:
    """The outcomes of a body, in order, with the faults of each that is refused.

    Raises
    ------
    MalformedJsonError
        If it is not JSON.
    InvalidBodyError
        If it is not a list of outcomes.
    """
    sent = _valid(_AnyOutcomes, strict_json.loads(body))
    return [_outcome(each, index) for index, each in enumerate(sent.outcomes)]


def review_of(body: bytes) -> ReviewIn:
    """The review of a body; raises as `outcomes_of` does."""
    return _valid(ReviewIn, strict_json.loads(body))


def micros_of(text: str) -> int:
    """Microseconds since the epoch of a date and time with an offset."""
    return (datetime.fromisoformat(text.upper()) - EPOCH) // timedelta(microseconds=1)


def text_of_micros(micros: int) -> str:
    """A time as ISO 8601 in UTC."""
    return (EPOCH + timedelta(microseconds=micros)).isoformat().replace("+00:00", "Z")


def _outcome(sent: object, index: int) -> Outcome | list[Fault]:
    try:
        return OutcomeIn.model_validate(sent).outcome()
    except ValidationError as error:
        return _faults(error.errors(), OutcomeIn, OUTCOMES, index)


def _valid[T: BaseModel](model: type[T], sent: object) -> T:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        raise InvalidBodyError(_faults(error.errors(), model)) from error


def _faults(
    errors: Sequence[ErrorDetails], model: type[BaseModel], *within: str | int
) -> list[Fault]:
    known = {normalised(name): name for name in model.model_fields}
    return limited(_fault(error, known, within) for error in errors)


def _fault(error: ErrorDetails, known: dict[str, str], within: tuple[str | int, ...]) -> Fault:
    location = (*within, *error["loc"])
    if error["type"] == "extra_forbidden":
        return fault(unknown_name("field", str(error["loc"][-1]), known), *location)
    if error["type"] == "string_pattern_mismatch" and error["loc"][-1] == "at":
        return fault(time_text.fault(error["input"], time_text.WITH_OFFSET_FAULTS), *location)
    if error["type"] == "string_pattern_mismatch" and error["loc"][-1] == "note":
        return fault(_NOTE_FAULT, *location)
    return fault(
        SENTENCES.get(error["type"], NOT_ALLOWED).format_map(error.get("ctx", {})), *location
    )
