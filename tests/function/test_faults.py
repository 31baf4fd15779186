"""AWS fails at cold start in every way a network knows; the handler says so in time, and recovers.

Real sockets and real waiting: each case takes as long as a caller would wait.
"""

import json
import time
from contextlib import ExitStack, contextmanager

import pytest

from fraud_api_lambda.model_provider import DEADLINE_S
from tests.api.support import check_problem
from tests.function.in_process import CONTEXT, imported, response
from tests.function.network import SERVICES, black_hole, network, reset, saying, trickle
from tests.function.runtime import event

SLACK_S = 0.75

FAULTS = {
    "black-holed": black_hole,
    "reset mid-body": reset,
    "one byte a second": trickle,
    "403": saying("403 Forbidden", "AccessDenied"),
    "404": saying("404 Not Found", "NoSuchKey"),
    "503": saying("503 Slow Down", "SlowDown"),
}


@pytest.fixture
def lines(served):
    with network(served.port) as lines:
        yield lines


@contextmanager
def refused(line):
    line.close()
    yield
    line.reopen()


@contextmanager
def swallowed(line):
    """The very connection is black-holed, as by a firewall."""
    with ExitStack() as stack:
        for each in line.swallow():
            stack.enter_context(each)
        yield
    line.close()
    line.reopen()


@contextmanager
def faulty(line, fault):
    line.fault = fault
    yield
    line.fault = None


def check_outlived(served, lines, broken, capsys):
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
    assert took < DEADLINE_S + SLACK_S
    assert answered["statusCode"] == 200, answered["body"]
    log = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "model load failed" in [line["message"] for line in log]
    assert [line["cold_start"] for line in log if "cold_start" in line] == [True, False]


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_faulty_answer_at_cold_start_is_a_503_until_it_is_over(
    served, lines, fault, service, capsys
):
    check_outlived(served, lines, faulty(lines.lines[service], fault), capsys)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("broken", [refused, swallowed])
def test_no_connection_at_cold_start_is_a_503_until_there_is_one(
    served, lines, broken, service, capsys
):
    check_outlived(served, lines, broken(lines.lines[service]), capsys)
