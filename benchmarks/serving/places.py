"""Where the stacks run: a core of their own, beside a local S3 that holds their models."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.serving.children import Place, link_server_packages
from benchmarks.serving.measure import Begin
from benchmarks.serving.model import publish_models, write_models
from training.local.aws import local_aws
from training.local.processes import environment


@contextmanager
def place(begin: Begin) -> Iterator[Place]:
    """A core for the stacks alone, with a local S3 that holds their models."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        begin("fitting the booster")
        write_models(folder)
        (served := folder / "served").mkdir()
        link_server_packages(served)
        with _moved() as (core, others), local_aws() as aws, environment(aws.environment):
            begin("publishing both models")
            variables = {**aws.environment, **publish_models(aws, folder)}
            yield Place(core, others, {**variables, "PYTHONPATH": str(served)})


@contextmanager
def _moved() -> Iterator[tuple[int, int]]:
    """Move us, and what we start, to the last core; leaves the first, if it is another."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield min(before), max(before)
    finally:
        os.sched_setaffinity(0, before)
