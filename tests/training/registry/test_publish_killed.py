"""A publish killed at any moment leaves the old pointer or the new one, and both answer."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from fraud_api_lambda.bundle import read
from fraud_api_lambda.examples import FRAUD
from fraud_api_lambda.schemas import TransactionIn
from fraud_api_lambda.scoring import Scorer
from tests.aws import Aws
from tests.bundles import make_bundle, write_model
from training.local.processes import ROOT
from training.registry.publishing import publish

FORK_A_PUBLISH_FOR_EACH_LINE = """
import os, sys
import boto3, training.registry.publishing
from training.__main__ import app
for line in sys.stdin:
    child = os.fork()
    if not child:
        os.dup2(2, 1)
        app(["publish", line.strip(), "--promote"], standalone_mode=False)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Publisher:
    """Runs ``publish DIRECTORY --promote``, each in a process of its own that need not import."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def begin(self, directory: Path) -> int:
        """The id of a new process that publishes."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{directory}\n")
        self.process.stdin.flush()
        return self._number()

    def exit_code(self) -> int:
        """How it ended, below 0 if by a signal."""
        return self._number()

    def duration(self, directory: Path) -> float:
        """Seconds that one takes if left alone."""
        began = time.monotonic()
        self.begin(directory)
        assert self.exit_code() == 0
        return time.monotonic() - began

    def kill_after(self, seconds: float, directory: Path) -> bool:
        """Whether it was still under way when it was killed."""
        child = self.begin(directory)
        time.sleep(seconds)
        # Not yet waited for or just ended: its id is nobody else's so soon.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self.exit_code() == -signal.SIGKILL

    def _number(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@pytest.fixture
def publisher(aws: Aws) -> Iterator[Publisher]:
    with subprocess.Popen(
        [sys.executable, "-c", FORK_A_PUBLISH_FOR_EACH_LINE],
        cwd=ROOT,
        env={**os.environ, **aws.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield Publisher(process)


def served_and_able_to_answer(aws: Aws) -> str:
    """The version that the pointer names, whose object verifies and judges."""
    pinned = aws.store.read_pointer().current
    scorer = Scorer.from_bundle(read(aws.store.fetch(pinned)))
    assert scorer.assess(TransactionIn(**FRAUD).to_domain()).is_fraud
    return scorer.version


@pytest.mark.parametrize("kills", [8, pytest.param(100, marks=pytest.mark.soak)])
def test_whenever_a_publish_is_killed_the_old_or_the_new_model_is_served(
    aws: Aws, publisher: Publisher, tmp_path: Path, kills: int
) -> None:
    write_model(tmp_path, make_bundle(0))
    publisher.duration(tmp_path)  # the first promotion of all, which has no old pointer
    write_model(tmp_path, make_bundle(1))
    duration = publisher.duration(tmp_path)
    old = served_and_able_to_answer(aws)
    chance = random.Random()
    hits = 0

    for seed in range(2, kills + 2):
        new = write_model(tmp_path, make_bundle(seed))
        moment = chance.uniform(0, duration)
        hits += publisher.kill_after(moment, tmp_path)

        assert served_and_able_to_answer(aws) in {old, new}, f"killed after {moment:.3f} s"

        publish(tmp_path, bucket=aws.bucket, parameter=aws.parameter, promote=True)
        old = served_and_able_to_answer(aws)
        assert old == new, f"killed after {moment:.3f} s, then published again"

    assert hits
