"""Logs as JSON lines, one a request, with the keys that Powertools users query. No payloads."""

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fraud_api_lambda.problems import INTERNAL, respond

SERVICE: Final = "fraud-api"
PACKAGE: Final = __name__.partition(".")[0]

log = logging.getLogger(__name__)

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a record: level, message, timestamp, service, and what `extra` brought."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; never an exception's text, which may hold a payload."""
        when = datetime.fromtimestamp(record.created, UTC)
        line = {
            "level": record.levelname,
            "message": record.getMessage(),
            "timestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": SERVICE,
        }
        extra = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        return json.dumps(line | extra, default=str)


def configure(level: str) -> None:
    """Send our package's records to stdout as JSON lines, and to no other handler."""
    logger = logging.getLogger(PACKAGE)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False


class RequestLog:
    """ASGI middleware: a request id on every response, a line for every request, no way to crash.

    An exception that no route expected becomes a problem here, before the framework would answer in
    plain text.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._is_cold = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id, function_request_id = _ids(scope)
        state = scope.setdefault("state", {})
        state["request_id"], state["log"] = request_id, {}
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as error:  # noqa: BLE001  # the last one who could answer
            state["log"] |= _where(error)
            if not status:
                await respond(INTERNAL, request_id)(scope, receive, send_with_id)
        route = getattr(scope.get("route"), "path", None)
        log.log(
            logging.ERROR if status >= 500 else logging.INFO,
            "%s %s %d",
            scope["method"],
            route or "unknown route",
            status,
            extra={
                "cold_start": self._is_cold,
                "function_request_id": function_request_id,
                "correlation_id": request_id,
                "route": route,
                "method": scope["method"],
                "status": status,
                "latency_ms": round(1000 * (time.perf_counter() - began), 3),
                **state["log"],
            },
        )
        self._is_cold = False


def _ids(scope: Scope) -> tuple[str, str | None]:
    """The request's id, the gateway's where there is one, and Lambda's own."""
    function_request_id = getattr(scope.get("aws.context"), "aws_request_id", None)
    gateway = scope.get("aws.event", {}).get("requestContext", {}).get("requestId")
    return str(gateway or function_request_id or uuid4()), function_request_id


def _where(error: Exception) -> dict[str, Any]:
    """The kind of an exception and the last line of ours that it passed."""
    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__) if PACKAGE in frame.filename
    ]
    place = f"{ours[-1].filename.rpartition('/')[2]}:{ours[-1].lineno}" if ours else None
    return {"exception_name": type(error).__name__, "location": place}
