"""In Lambda's own runtime: a killed process, a timeout, and ten thousand predictions."""

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.function.network import Network, black_hole
from tests.function.runtime import Runtime, event, running
from tests.waiting import wait_for
from training.local.aws import LocalAws

type Start = Callable[..., AbstractContextManager[Runtime]]

FRAUD = event("rest_v1_fraud")


@pytest.fixture
def started(served: LocalAws, lines: Network, tmp_path: Path) -> Start:
    """Run the function with these variables more, over lines that can be made faulty."""

    def start(**variables: str) -> AbstractContextManager[Runtime]:
        return running({**served.environment, **lines.environment, **variables}, tmp_path)

    return start


def test_after_a_process_was_killed_in_a_request_the_next_is_answered(
    started: Start, lines: Network
) -> None:
    with started() as function, ThreadPoolExecutor(1) as threads:
        lines.lines["s3"].fault = black_hole
        lost = threads.submit(function.invoke_raw, FRAUD)
        wait_for(lambda: lines.lines["s3"].requests)

        killed = function.function
        os.kill(killed, signal.SIGKILL)
        lines.lines["s3"].fault = None
        told = lost.result(20)
        answer = function.invoke(FRAUD)

        assert function.function != killed
    assert "statusCode" not in told, told
    assert answer["statusCode"] == 200


def test_after_a_timeout_the_next_request_is_answered(started: Start, lines: Network) -> None:
    with started(AWS_LAMBDA_FUNCTION_TIMEOUT="2") as function:
        lines.lines["s3"].fault = black_hole
        told = function.invoke_raw(FRAUD)
        lines.lines["s3"].fault = None
        answer = function.invoke(FRAUD)

    assert "timed out after 2" in told
    assert answer["statusCode"] == 200


def check_memory(function: Runtime, warm: int, count: int) -> None:
    """After the first so many predictions the process grows by less than 2 MiB."""
    for number in range(count):
        if number == warm:
            before = function.resident_kib()
        assert json.loads(function.invoke_raw(FRAUD))["statusCode"] == 200

    assert function.resident_kib() - before < 2_048


def test_memory_is_flat_over_two_thousand_predictions(started: Start) -> None:
    with started() as function:
        check_memory(function, 1_000, 2_000)


@pytest.mark.soak
def test_memory_is_flat_over_ten_thousand_predictions(started: Start) -> None:
    with started() as function:
        check_memory(function, 1_000, 10_000)
