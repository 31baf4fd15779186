"""Problems as in RFC 9457; the only place that maps exceptions to HTTP statuses.

A problem never repeats parts of the request or the text of an exception.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NotRequired, TypedDict

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from fraud_api_lambda.deployment.provider import ModelUnavailableError
from fraud_api_lambda.web.problem_kinds import (
    INTERNAL,
    INVALID_VALUE,
    MALFORMED_JSON,
    METHOD_NOT_ALLOWED,
    MODEL_UNAVAILABLE,
    NOT_FOUND,
    Kind,
)
from fraud_api_lambda.wire import faults
from fraud_api_lambda.wire.strict_json import MalformedJsonError
from fraud_api_lambda.wire.wire import InvalidBodyError

MEDIA_TYPE: Final = "application/problem+json"


class Problem(TypedDict):
    """The body of an error."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    errors: NotRequired[list[faults.Fault]]


CLIENT_CLOSED_REQUEST: Final = 499
"""The status that is logged if the caller disconnects, as in nginx."""


class ProblemError(HTTPException):
    """Raise to answer with a problem."""

    def __init__(
        self,
        kind: Kind,
        detail: str | None = None,
        *,
        errors: Sequence[faults.Fault] | None = None,
        headers: dict[str, str] | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind.status, detail or kind.detail, headers)
        self.kind = kind
        self.errors = errors
        self.members = members or {}


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
        body = problem(error.kind, request_id, detail=error.detail, errors=error.errors)
        content = {**body, **error.members}
        return JSONResponse(content, error.kind.status, headers, media_type=MEDIA_TYPE)
    kind = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}.get(error.status_code, INTERNAL)
    return respond(kind, request_id, headers=headers)
