"""Two processes race for one parameter: no promotion is lost, no withdrawn model returns."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer
from tests.aws import Aws
from tests.bundles import make_bundle, write_model
from training.local.processes import ROOT
from training.registry.publishing import publish

ROUNDS = 15

COMMAND_FOR_EACH_LINE = """
import os, sys
from functools import cache, partial
from training.errors import CheckFailedError
from training.registry import store
from training.registry.promotion import promotion_over
from training.registry.publishing import promote_version, rollback

where = dict(bucket=os.environ["FRAUD_MODEL_BUCKET"], parameter=os.environ["FRAUD_MODEL_PARAMETER"])
store.client = cache(store.client)  # else making one takes longer than all else
print("ready", flush=True)
for line in sys.stdin:
    match line.split():
        case ["rollback"]:
            command = rollback
        case ["promote", version]:
            command = partial(promote_version, version)
        case ["challenge", version, served]:
            command = partial(promote_version, version, how=partial(promotion_over, served))
    try:
        print(command(**where).old, flush=True)
    except CheckFailedError:
        print("refused", flush=True)
"""


class Worker:
    """A process that runs a command for each line and prints the version it replaced."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.orders, self.answers = process.stdin, process.stdout

    def begin(self, *words: str) -> None:
        self.orders.write(f"{' '.join(words)}\n")
        self.orders.flush()

    def said(self) -> str:
        return self.answers.readline().strip()


@pytest.fixture
def workers(aws: Aws) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", COMMAND_FOR_EACH_LINE],
                    cwd=ROOT,
                    env={**os.environ, **aws.environment},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(2)
        ]
        made = [Worker(process) for process in processes]
        assert [worker.said() for worker in made] == ["ready", "ready"]
        yield made


@pytest.fixture
def pins(aws: Aws, tmp_path: Path) -> list[PinnedModel]:
    """Four published models: a good one, a bad one, a new one and a hotfix."""
    made = []
    for seed in range(4):
        version = write_model(tmp_path, make_bundle(seed))
        publish(tmp_path, **aws.where)
        made.append(aws.registry.find(version)[0])
    return made


def test_two_racing_processes_leave_the_result_of_one_of_the_two_orders(
    aws: Aws, workers: list[Worker], pins: list[PinnedModel]
) -> None:
    good, bad, new, hotfix = pins
    promote_new, promote_hotfix = ("promote", new.version), ("promote", hotfix.version)
    challenge = ("challenge", new.version, bad.version)

    def race(*commands: tuple[str, ...]) -> tuple[list[str], Pointer]:
        aws.registry.write_pointer(Pointer(bad, good))
        for worker, words in zip(workers, commands, strict=True):
            worker.begin(*words)
        return [worker.said() for worker in workers], aws.registry.read_pointer()

    for _ in range(ROUNDS):
        _, stands = race(promote_new, promote_hotfix)
        assert stands in (Pointer(new, hotfix), Pointer(hotfix, new))

        (replaced, _), stands = race(("rollback",), promote_new)
        # If it began after the promotion, it took that back and printed so.
        late = replaced == new.version
        assert stands == (Pointer(bad, new) if late else Pointer(new, good))

        said, stands = race(("rollback",), ("rollback",))
        one_late = good.version in said
        assert stands == (Pointer(bad, good) if one_late else Pointer(good, bad))

        (replaced, _), stands = race(challenge, promote_hotfix)
        won = replaced == bad.version
        assert stands == Pointer(hotfix, new if won else bad)
