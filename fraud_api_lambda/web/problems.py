"""Problems as in RFC 9457; the only place that maps exceptions to HTTP statuses.

A problem never repeats parts of the request or the text of an exception.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired, TypedDict

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from fraud_api_lambda.deployment.provider import ModelUnavailableError
from fraud_api_lambda.wire import faults
from fraud_api_lambda.wire.strict_json import MalformedJsonError
from fraud_api_lambda.wire.wire import InvalidBodyError

MEDIA_TYPE: Final = "application/problem+json"
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
MEMORY_UNAVAILABLE: Final = Kind(
    "memory-unavailable",
    503,
    "The table does not answer",
    "The prediction could not be read; try again after the seconds in Retry-After.",
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


class Problem(TypedDict):
    """The body of an error."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: NotRequired[list[faults.Fault]]


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
    INTERNAL,
    MODEL_UNAVAILABLE,
    MEMORY_UNAVAILABLE,
)

CLIENT_CLOSED_REQUEST: Final = 499
"""The status that is logged if the caller disconnects, as in nginx."""

GATEWAY_KINDS: Final = (BAD_REQUEST, NO_KEY, NOT_ALLOWED, TOO_MANY_REQUESTS)
"""Problems that API Gateway answers (see template.yaml); the app never does."""


class ProblemError(HTTPException):
    """Raise to answer with a problem."""

    def __init__(
        self,
        kind: Kind,
        detail: str | None = None,
        *,
        errors: Sequence[faults.Fault] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(kind.status, detail or kind.detail, headers)
        self.kind = kind
        self.errors = errors


def problem(
    kind: Kind,
    request_id: str,
    *,
    detail: str | None = None,
    errors: Sequence[faults.Fault] | None = None,
) -> Problem:
    """The body of a problem."""
    body: Problem = {
        "type": kind.type,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.detail,
        "request_id": request_id,
    }
    if errors is not None:
        body["errors"] = list(errors)
    return body


def respond(
    kind: Kind,
    request_id: str,
    *,
    detail: str | None = None,
    errors: Sequence[faults.Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem as a response."""
    body = problem(kind, request_id, detail=detail, errors=errors)
    return JSONResponse(body, kind.status, headers, media_type=MEDIA_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Register a handler for every exception that a route can raise."""
    app.add_exception_handler(ModelUnavailableError, _model_unavailable)
    app.add_exception_handler(MalformedJsonError, _malformed_json)
    app.add_exception_handler(InvalidBodyError, _invalid_body)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientDisconnect, _client_closed_request)


async def _model_unavailable(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ModelUnavailableError)  # noqa: S101  # for the type checker
    headers = {"Retry-After": str(error.retry_after_s)}
    return respond(MODEL_UNAVAILABLE, request.state.request_id, headers=headers)


async def _client_closed_request(_: Request, __: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)  # not delivered


async def _malformed_json(request: Request, error: Exception) -> JSONResponse:
    detail = f"Not JSON: {error}."  # the error's text is ours, and repeats no bytes
    return respond(MALFORMED_JSON, request.state.request_id, detail=detail)


async def _invalid_body(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, InvalidBodyError)  # noqa: S101  # for the type checker
    return respond(INVALID_VALUE, request.state.request_id, errors=error.errors)


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # for the type checker
    request_id, headers = request.state.request_id, dict(error.headers or {})
    if isinstance(error, ProblemError):
        return respond(
            error.kind, request_id, detail=error.detail, errors=error.errors, headers=headers
        )
    kind = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}.get(error.status_code, INTERNAL)
    return respond(kind, request_id, headers=headers)
