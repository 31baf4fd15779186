"""The kinds of problems that the API and its gateway answer."""

from dataclasses import dataclass
from typing import Final

TYPE_PREFIX: Final = "urn:problem-type:fraud-api:"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its type's last part, status, title and usual detail."""

    name: str
    status: int
    title: str
    detail: str

    @property
    def type(self) -> str:
        """The problem type's URI."""
        return TYPE_PREFIX + self.name


MALFORMED_JSON: Final = Kind(
    "malformed-json", 400, "The body is not JSON", "Send one JSON object in UTF-8."
)
UNKNOWN_EVENT: Final = Kind(
    "unknown-event",
    400,
    "The event is not from an API",
    "Invoke the function with an API Gateway event (REST or HTTP API); see tests/events.",
)
NO_KEY: Final = Kind(
    "no-key", 403, "The key is missing or wrong", "Send your API key as the header x-api-key."
)
NOT_ALLOWED: Final = Kind(
    "not-allowed",
    403,
    "The caller may not do this",
    "Sign the request with credentials that may call this API.",
)
BAD_REQUEST: Final = Kind(
    "bad-request", 400, "The gateway refused the request", "Check its address and its headers."
)
NOT_FOUND: Final = Kind("not-found", 404, "There is no such route", "See the API's routes.")
METHOD_NOT_ALLOWED: Final = Kind(
    "method-not-allowed", 405, "The route has another method", "See the Allow header."
)
TOO_LARGE: Final = Kind(
    "too-large", 413, "The body is too large", "Send at most 8 KiB, or 256 KiB as a batch."
)
UNSUPPORTED_MEDIA_TYPE: Final = Kind(
    "unsupported-media-type",
    415,
    "The body is not declared as JSON",
    "Send Content-Type: application/json.",
)
UNSUPPORTED_ENCODING: Final = Kind(
    "unsupported-encoding",
    415,
    "The body is compressed",
    "Send the body as it is, without the header Content-Encoding.",
)
INVALID_VALUE: Final = Kind(
    "invalid-value", 422, "A value is not allowed", "See errors for what is wrong where."
)
TRANSACTION_ID_REUSED: Final = Kind(
    "transaction-id-reused",
    422,
    "The transaction id belongs to another payment",
    "A payment with this transaction id and another body was scored before; send a new id.",
)
NO_PREDICTION: Final = Kind(
    "no-prediction",
    404,
    "There is no such prediction",
    "It was never recorded, or more than 400 days ago.",
)
NO_REVIEW: Final = Kind(
    "no-review", 404, "There is no such review", "This payment was decided without a review."
)
REVIEW_CLOSED: Final = Kind(
    "review-closed",
    409,
    "The review is closed",
    "It was closed, or an outcome came, first: see by, at and label.",
)
UNREADABLE: Final = Kind(
    "record-unreadable",
    500,
    "The record cannot be read",
    "A newer version wrote it, or it was changed; `fraud replay` says which records are.",
)
CHANGED_TOO_OFTEN: Final = Kind(
    "changed-too-often",
    409,
    "The label has changed too often",
    "It has changed 100 times; it stays as it is.",
)
OTHER_KEY: Final = Kind(
    "other-key",
    403,
    "This route has a key of its own",
    "Send the review key as x-api-key: see the stack's output ReviewKeyId.",
)
MEMORY_UNAVAILABLE: Final = Kind(
    "memory-unavailable",
    503,
    "The table does not answer",
    "The memory could not be read or written; try again after the seconds in Retry-After.",
)
TOO_MANY_REQUESTS: Final = Kind(
    "too-many-requests", 429, "Too many requests", "Wait a moment, then try again."
)
INTERNAL: Final = Kind(
    "internal", 500, "The request failed", "It is logged under its request id; try again."
)
MODEL_UNAVAILABLE: Final = Kind(
    "model-unavailable",
    503,
    "No model is loaded",
    "The model could not be loaded; try again after the seconds in Retry-After.",
)

KINDS: Final = (
    MALFORMED_JSON,
    UNKNOWN_EVENT,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    UNSUPPORTED_ENCODING,
    INVALID_VALUE,
    TRANSACTION_ID_REUSED,
    NO_PREDICTION,
    NO_REVIEW,
    REVIEW_CLOSED,
    CHANGED_TOO_OFTEN,
    UNREADABLE,
    OTHER_KEY,
    INTERNAL,
    MODEL_UNAVAILABLE,
    MEMORY_UNAVAILABLE,
)

GATEWAY_KINDS: Final = (BAD_REQUEST, NO_KEY, NOT_ALLOWED, TOO_MANY_REQUESTS)
"""Problems that API Gateway answers (see template.yaml); the app never does."""
