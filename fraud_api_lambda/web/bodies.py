"""Request bodies: their size and their declared type."""

from collections.abc import Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from fraud_api_lambda.web import queries
from fraud_api_lambda.web.problem_kinds import (
    MALFORMED_JSON,
    TOO_LARGE,
    UNSUPPORTED_ENCODING,
    UNSUPPORTED_MEDIA_TYPE,
)
from fraud_api_lambda.web.problems import ProblemError

MAX_BYTES: Final = {
    "/predict": 8 * 1024,
    "/predict/batch": 256 * 1024,
    "/outcomes": 256 * 1024,
    "/reviews/{prediction_id}": 8 * 1024,
}


class StrictRequest(Request):
    """A request whose body is within the size limit and is declared as JSON."""

    max_bytes: int

    async def body(self) -> bytes:
        """The body; reading stops at the size limit."""
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async with aclosing(
                self.stream()
            ) as stream:  # else it is closed late, on a closed loop
                async for chunk in stream:
                    size += len(chunk)
                    if size > self.max_bytes:
                        raise ProblemError(TOO_LARGE)
                    chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body


class StrictRoute(APIRoute):
    """A route that refuses unknown query parameters and reads its body as a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[None, None, Response]]:
        """The handler, after checks of query and body."""
        handler, path = super().get_route_handler(), self.path
        takes_body = path in MAX_BYTES

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                queries.check(request, path)
            has_body = takes_body and request.method == "POST"
            return await handler(await _checked(request, path) if has_body else request)

        return strict


async def _checked(request: Request, path: str) -> StrictRequest:
    checked = StrictRequest(request.scope, request.receive)
    checked.max_bytes = MAX_BYTES[path]
    _check_headers(request.scope["headers"])
    if not await checked.body():
        raise ProblemError(MALFORMED_JSON, "The body is empty.")
    return checked


def _check_headers(headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a body that is compressed or not declared as JSON; header names are lower case."""
    media_type = b""
    for name, value in headers:
        if name == b"content-type":
            media_type = value
        elif name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise ProblemError(UNSUPPORTED_ENCODING, headers={"Accept-Encoding": "identity"})
    if media_type.partition(b";")[0].strip().lower() != b"application/json":
        raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
