"""Lambda freezes the process after each answer: a promotion arrives all the same.

The real handler in Lambda's own runtime, stopped between the calls. S3 and SSM are slow, and while
the process is stopped nothing arrives from them either.
"""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.provider import DEADLINE_S
from tests.aws import Aws
from tests.bundles import make_bundle
from tests.function.network import Fault, Network, network
from tests.function.runtime import Runtime, event, running
from training.local.aws import LocalAws

pytestmark = pytest.mark.slow

OLD, NEW = make_bundle(0), make_bundle(1)
REFRESH_S = 2
LATENCY_S = {"ssm": 0.05, "s3": 1}
TICK_S = 0.01


class Sandbox:
    """A function that runs only while it is called, and a network that waits with it."""

    def __init__(self, function: Runtime, lines: Network) -> None:
        self.function = function
        self._lines = lines.lines
        self._is_awake = Event()
        self._is_awake.set()

    def slow_down(self) -> None:
        for service, latency_s in LATENCY_S.items():
            self._lines[service].fault = self._slow(latency_s)

    def _slow(self, latency_s: float) -> Fault:
        def answer_late(connection: socket.socket, answer: bytes) -> None:
            for _ in range(round(latency_s / TICK_S)):
                self._is_awake.wait(60)
                time.sleep(TICK_S)
            self._is_awake.wait(60)
            connection.sendall(answer)

        return answer_late

    def predict(self) -> tuple[str, list[str]]:
        """Model version and `degraded` of an answer."""
        answer = self.function.invoke(event("rest_v1_fraud"))
        assert answer["statusCode"] == 200, answer["body"]
        body = json.loads(answer["body"])
        return body["model_version"], body["degraded"]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        function = self.function.function
        self._is_awake.clear()
        os.kill(function, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(function, signal.SIGCONT)
            self._is_awake.set()

    def predict_after(self, seconds: float) -> tuple[str, list[str]]:
        """An answer after the process was frozen for so long."""
        with self.frozen():
            time.sleep(seconds)
        return self.predict()


@pytest.fixture
def sandbox(aws: Aws, moto: LocalAws, tmp_path: Path) -> Iterator[Sandbox]:
    """A function that serves the old model, and was told of the new one."""
    aws.serve(version_of(OLD), OLD)
    settings = {"FRAUD_MODEL_REFRESH_S": str(REFRESH_S)}
    with (
        network(moto.port) as lines,
        running({**aws.environment, **lines.environment, **settings}, tmp_path) as function,
    ):
        sandbox = Sandbox(function, lines)
        assert sandbox.predict()[0] == version_of(OLD)
        aws.serve(version_of(NEW), NEW)
        sandbox.slow_down()
        with sandbox.frozen():
            time.sleep(REFRESH_S)
        yield sandbox


def test_a_load_that_was_frozen_for_longer_than_its_deadline_is_finished_by_the_next_call(
    sandbox: Sandbox,
) -> None:
    assert sandbox.predict() == (version_of(OLD), ["stale_model"])

    assert sandbox.predict_after(DEADLINE_S) == (version_of(NEW), [])


@pytest.mark.soak
def test_seven_calls_half_a_minute_long_the_new_model_answers_from_the_second_on(
    sandbox: Sandbox,
) -> None:
    sandbox.predict()

    answers = [sandbox.predict_after(5) for _ in range(7)]

    assert answers == [(version_of(NEW), [])] * 7
