"""Logs as JSON lines, one a request, with the keys that Powertools users query. No payloads."""

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
"""An id that may stand in a header; who invokes the function directly can send anything."""

log = logging.getLogger(__name__)

_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


class JsonFormatter(logging.Formatter):
    """One JSON object a record: level, message, timestamp, service, and what `extra` brought."""

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
        except Exception:  # noqa: BLE001  # the line is worth more than the value that spoils it
            return _json({_text(key): _writable(value) for key, value in (line | extra).items()})


def _message(record: logging.LogRecord) -> object:
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # the arguments do not fit
        return record.msg


def _json(value: object) -> str:
    """JSON in ASCII, which any console can print; NaN as a text, for it is not JSON."""
    return to_json(value, ensure_ascii=True, inf_nan_mode="strings", fallback=str).decode()


def _writable(value: object) -> object:
    """The value if JSON can hold it, else its text."""
    try:
        _json(value)
    except Exception:  # noqa: BLE001  # a lone surrogate, a cycle, a text that cannot be had
        return _text(value)
    return value


def _text(value: object) -> str:
    try:
        return str(value).encode("utf-8", "backslashreplace").decode()
    except Exception:  # noqa: BLE001  # an object of anybody's
        return f"<{type(value).__name__}>"


def configure(level: str) -> None:
    """Send our package's records to stdout as JSON lines, and to no other handler."""
    logger = logging.getLogger(PACKAGE)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
    # What no line says need not be found out for each; see "Optimization" in the library's manual.
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]
    logging._srcfile = None  # noqa: SLF001
    # The server's own line for each request would repeat ours.
    logging.getLogger("uvicorn.access").disabled = True


class RequestLog:
    """ASGI middleware: a request id on every response, a line for every request, no way to crash.

    An exception that no route expected becomes a problem here, before the framework would answer in
    plain text.

    Parameters
    ----------
    app : ASGI application
    crashed : callable
        Makes the response to that exception of a request's id.
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
        except Exception as error:  # noqa: BLE001  # the last one who could answer
            state["log"] |= _where(error)
            if not status:
                await self._crashed(request_id)(scope, receive, send_with_id)
        latency_ms = round(1000 * (time.perf_counter() - began), 3)
        ids = {"function_request_id": function_request_id, "correlation_id": request_id}
        self._write(scope, status, {**ids, "latency_ms": latency_ms, **state["log"]})

    def _write(self, scope: Scope, status: int, facts: dict[str, object]) -> None:
        """The request's line; a path that is no route of ours may hold anything and stays out."""
        route = getattr(scope.get("route"), "path", None)
        about = {"cold_start": self._is_cold, "method": scope["method"], "route": route}
        log.log(
            logging.ERROR if status >= 500 else logging.INFO,
            "%s %s %d",
            scope["method"],
            route or "elsewhere",
            status,
            extra={**about, "status": status, **facts},
        )
        self._is_cold = False


def _ids(scope: Scope) -> tuple[str, str | None]:
    """The request's id, the gateway's where there is one, and Lambda's own."""
    function_request_id = getattr(scope.get("aws.context"), "aws_request_id", None)
    gateway = scope.get("aws.event", {}).get("requestContext", {}).get("requestId")
    candidates = (str(each) for each in (gateway, function_request_id) if each)
    fit = (each for each in candidates if REQUEST_ID.fullmatch(each))
    return next(fit, None) or str(uuid4()), function_request_id


def _where(error: Exception) -> dict[str, str | None]:
    """The kind of an exception and the last line of ours that it passed."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [
        f"{path.name}:{frame.lineno}"
        for frame in frames
        if (path := Path(frame.filename)).parent == FOLDER
    ]
    return {"exception_name": type(error).__name__, "location": ours[-1] if ours else None}
