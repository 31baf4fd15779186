"""AWS fails at cold start in every way that a network can; the handler says so and recovers.

Real sockets, and a fifth of the time that a caller in production would wait.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from fraud_api_lambda.aws import connections, transport
from fraud_api_lambda.deployment.provider import ModelProvider
from tests.api.support import check_problem
from tests.function.in_process import CONTEXT, imported, response
from tests.function.network import (
    SERVICES,
    TRICKLE_S,
    Fault,
    Line,
    Network,
    black_hole,
    reset,
    saying,
    trickle,
)
from tests.function.runtime import event
from training.local.aws import LocalAws

DEADLINE_S = 1.0
FAR_OFF_S = 20
"""Beyond what a busy machine adds to the deadline; byte by byte, an answer takes minutes."""

FAULTS = {
    "black-holed": black_hole,
    "reset mid-body": reset,
    "byte by byte": trickle,
    "403": saying("403 Forbidden", "AccessDenied"),
    "404": saying("404 Not Found", "NoSuchKey"),
    "503": saying("503 Slow Down", "SlowDown"),
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits of production, made short; all else is as it ships."""
    monkeypatch.setattr(connections, "CONNECT_TIMEOUT_S", 0.3)
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 2 * TRICKLE_S)
    defaults = ModelProvider.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "deadline_s", DEADLINE_S)


@contextmanager
def refused(line: Line) -> Iterator[None]:
    line.close()
    yield
    line.reopen()


@contextmanager
def swallowed(line: Line) -> Iterator[None]:
    """The very connection is black-holed, as by a firewall."""
    with ExitStack() as stack:
        for each in line.swallow():
            stack.enter_context(each)
        yield
    line.close()
    line.reopen()


@contextmanager
def faulty(line: Line, fault: Fault) -> Iterator[None]:
    line.fault = fault
    yield
    line.fault = None


def check_outlived(
    served: LocalAws,
    lines: Network,
    broken: AbstractContextManager[None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A 503 within the deadline while it is broken, and an answer once it is not."""
    with ExitStack() as stack:
        with broken:
            handler = stack.enter_context(imported({**served.environment, **lines.environment}))
            began = time.monotonic()
            failed = handler(event("rest_v1_fraud"), CONTEXT)
            took = time.monotonic() - began
        answered = handler(event("rest_v1_fraud"), CONTEXT)

    problem = check_problem(response(failed), 503)
    assert problem["type"].endswith(":model-unavailable")
    assert int(failed["headers"]["retry-after"]) >= 1
    assert took < FAR_OFF_S
    assert answered["statusCode"] == 200, answered["body"]
    log = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "model load failed" in [line["message"] for line in log]
    assert [line["cold_start"] for line in log if "cold_start" in line] == [True, False]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_faulty_answer_at_cold_start_is_a_503_until_it_is_over(
    served: LocalAws, lines: Network, fault: Fault, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_outlived(served, lines, faulty(lines.lines[service], fault), capsys)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("broken", [refused, swallowed])
def test_no_connection_at_cold_start_is_a_503_until_there_is_one(
    served: LocalAws,
    lines: Network,
    broken: Callable[[Line], AbstractContextManager[None]],
    service: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    check_outlived(served, lines, broken(lines.lines[service]), capsys)
