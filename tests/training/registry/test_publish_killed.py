"""A publish killed at any moment leaves the old or the new pointer, and its model answers."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from tests.aws import Aws
from tests.bundles import make_bundle, write_model
from tests.forks import Forks, forks
from tests.transactions import FRAUD, READER
from training.local.processes import ROOT

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


@pytest.fixture
def publisher(aws: Aws) -> Iterator[Forks]:
    """Runs ``publish DIRECTORY --promote``."""
    command = [sys.executable, "-c", FORK_A_PUBLISH_FOR_EACH_LINE]
    with forks(command, cwd=ROOT, variables=aws.environment) as publishes:
        yield publishes


def served_and_able_to_answer(aws: Aws) -> str:
    """The version in the pointer, once its object verifies and its model flags a fraud."""
    pinned = aws.store.read_pointer().current
    scorer = Scorer.from_bundle(read(aws.store.fetch(pinned)))
    assert scorer.assess(READER.payment(FRAUD)).is_fraud
    return scorer.version


@pytest.mark.parametrize("kills", [4, pytest.param(100, marks=pytest.mark.soak)])
def test_a_publish_killed_at_any_moment_leaves_the_old_or_the_new_model_served(
    aws: Aws, publisher: Forks, tmp_path: Path, kills: int
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

        publisher.duration(tmp_path)
        old = served_and_able_to_answer(aws)
        assert old == new, f"killed after {moment:.3f} s, then published again"

    assert hits
