"""The place where the stacks run: a core of their own, and a local S3 with their models."""

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
    """Reserve a core for the stacks, and start a local S3 with their models."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        begin("fitting the booster")
        write_models(folder)
        (served := folder / "served").mkdir()
        link_server_packages(served)
        with moved() as (core, others), local_aws() as aws, environment(aws.environment):
            begin("publishing both models")
            variables = {**aws.environment, **publish_models(aws, folder)}
            yield Place(core, others, {**variables, "PYTHONPATH": str(served)})


@contextmanager
def moved() -> Iterator[tuple[int, int]]:
    """Pin this process and its children to the last core; yield the first core and the last."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield min(before), max(before)
    finally:
        os.sched_setaffinity(0, before)
