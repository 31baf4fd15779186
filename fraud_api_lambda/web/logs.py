"""Logs: one JSON line for each request, with the keys of Lambda Powertools. No payloads."""

import logging
import re
import sys
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SERVICE: Final = "fraud-api"
PACKAGE: Final = __name__.partition(".")[0]
FOLDER: Final = Path(__file__).parent

REQUEST_ID: Final = re.compile(r"[!-~]{1,64}")
"""An id that is safe in a header; a direct invocation can send anything."""

log = logging.getLogger(__name__)

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


class JsonFormatter(logging.Formatter):
    """A JSON object for each record: level, message, timestamp, service, and the `extra` fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line; never an exception's text, which may hold a payload."""
        when = datetime.fromtimestamp(record.created, UTC)
        line = {
            "level": record.levelname,
            "message": _message(record),
            "timestamp": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "service": SERVICE,
        }
        extra = {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        try:
            return _json(line | extra)
        except Exception:  # noqa: BLE001  # one bad value must not lose the line
            return _json({_text(key): _writable(value) for key, value in (line | extra).items()})


def _message(record: logging.LogRecord) -> object:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # the arguments do not fit
        return record.msg


def _json(value: object) -> str:
    """JSON in ASCII, which any console can print; NaN becomes a text."""
    return to_json(value, ensure_ascii=True, inf_nan_mode="strings", fallback=str).decode()


def _writable(value: object) -> object:
    """The value if JSON can represent it, else its text."""
    try:
        _json(value)
    except Exception:  # noqa: BLE001  # a lone surrogate, a cycle, a failing __str__
        return _text(value)
    return value


def _text(value: object) -> str:
    try:
        return str(value).encode("utf-8", "backslashreplace").decode()
    except Exception:  # noqa: BLE001  # its __str__ may raise anything
        return f"<{type(value).__name__}>"


def configure(level: str) -> None:
    """Send our package's records to stdout as JSON lines, and to no other handler."""
    logger = logging.getLogger(PACKAGE)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    # No line has these fields; see "Optimization" in the library's manual.
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]
    logging._srcfile = None  # noqa: SLF001
    # Uvicorn would log each request a second time.
    logging.getLogger("uvicorn.access").disabled = True


class RequestLog:
    """ASGI middleware: an id on every response, a log line for every request, and no crash.

    An unexpected exception becomes a problem here; the framework would answer in plain text.

    Parameters
    ----------
    app : ASGI application
    crashed : callable
        Makes the response to such an exception from the request's id.
    """

    def __init__(self, app: ASGIApp, *, crashed: Callable[[str], ASGIApp]) -> None:
        self.app = app
        self._crashed = crashed
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
        except Exception as error:  # noqa: BLE001  # no other code could answer
            state["log"] |= _where(error)
            if not status:
                await self._crashed(request_id)(scope, receive, send_with_id)
        latency_ms = round(1000 * (time.perf_counter() - began), 3)
        ids = {"function_request_id": function_request_id, "correlation_id": request_id}
        self._write(scope, status, {**ids, "latency_ms": latency_ms, **state["log"]})

    def _write(self, scope: Scope, status: int, facts: dict[str, object]) -> None:
        """Write the request's line, without the path of an unknown route: it may hold anything."""
        route = getattr(scope.get("route"), "path", None)
        about = {"cold_start": self._is_cold, "method": scope["method"], "route": route}
        log.log(
            logging.ERROR if status >= 500 else logging.INFO,
            "%s %s %d",
            scope["method"],
            route or "(no route)",
            status,
            extra={**about, "status": status, **facts},
        )
        self._is_cold = False


def _ids(scope: Scope) -> tuple[str, str | None]:
    """The request's id (the gateway's, if any) and that of Lambda."""
    function_request_id = getattr(scope.get("aws.context"), "aws_request_id", None)
    gateway = scope.get("aws.event", {}).get("requestContext", {}).get("requestId")
    candidates = (str(value) for value in (gateway, function_request_id) if value)
    fit = (text for text in candidates if REQUEST_ID.fullmatch(text))
    return next(fit, None) or str(uuid4()), function_request_id


def _where(error: Exception) -> dict[str, str | None]:
    """The class of an exception, and the last line of this package in its traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        f"{path.name}:{frame.lineno}"
        for frame in frames
        if (path := Path(frame.filename)).parent == FOLDER
    ]
    return {"exception_name": type(error).__name__, "location": ours[-1] if ours else None}
