"""Post simulated payments to the API with a memory, and compare the answers with `fraud score`.

``python -m benchmarks.memory_stream [--rows N] [--seed N] [--schema NAME] [--together N]
[--model DIR]``. The API runs in this process with the real client of DynamoDB, on the emulator's
table. Each probability is compared bit for bit with that of the same file, scored without its
labels: one way follows the accounts in a table, the other in a file. In the end the table is
replayed. The emulator reads a whole table in a time that grows with its square: half a minute for
50,000 payments, half an hour for 300,000.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pandas as pd
from fastapi.testclient import TestClient

from fraud_api_lambda.aws.dynamodb import Item, Page, Put, Query, Table
from fraud_api_lambda.deployment.provider import ModelProvider
from fraud_api_lambda.deployment.store import ModelStore
from fraud_api_lambda.domain.fields import id_field
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.records.answering import HISTORY_BEHIND, NO_HISTORY, UNRECORDED
from fraud_api_lambda.records.keys import SecretKeys
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import Waits
from fraud_api_lambda.service import Service
from fraud_api_lambda.settings import Settings, aws_client
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.recorded import render
from training.files.writing import write_transactions
from training.local.aws import local_aws_with_memory
from training.local.processes import environment
from training.local.progress import reported
from training.local.registry import serve_from
from training.local.run import make_model
from training.memory.replay import replay
from training.option_values import BUILT_IN
from training.registry.store import Registry
from training.registry.table import MemoryTable
from training.schemas.built_in import built_in
from training.scoring.score import load_scorer, score
from training.simulator.by_schema import SIMULATORS

TRAINED_ROWS: Final = 20_000
STEP: Final = 10_000
"""Payments between two signs of progress."""

PATIENCE_S: Final = 30
SHOWN: Final = 5
LIMITS: Final = {NO_HISTORY, HISTORY_BEHIND, UNRECORDED}

type Body = dict[str, Any]
type Answer = dict[str, Any]
type Progress = Callable[[str], None]


class PatientTable(Table):
    """A table whose answers are awaited, however slow the emulator is, and timed.

    Attributes
    ----------
    requests : int
    seconds : float
    """

    requests, seconds = 0, 0.0

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        """Read items."""
        with self._timed(deadline) as later:
            return super().read(keys, consistent=consistent, deadline=later)

    def find(self, key: str, *, deadline: float) -> Item | None:
        """Read an item."""
        with self._timed(deadline) as later:
            return super().find(key, deadline=later)

    def page(self, query: Query, *, deadline: float) -> Page:
        """Read an index."""
        with self._timed(deadline) as later:
            return super().page(query, deadline=later)

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        """Write items, all or none."""
        with self._timed(deadline) as later:
            super().write(puts, deadline=later)

    @contextmanager
    def _timed(self, _: float) -> Iterator[float]:
        began = time.monotonic()
        try:
            yield began + PATIENCE_S
        finally:
            self.requests += 1
            self.seconds += time.monotonic() - began


def without_labels(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Payments without labels, and without columns that nobody sends."""
    roles = schema.roles
    hidden = [roles.label, roles.label_time, *schema.ignore, *roles.after]
    return frame.drop(columns=[name for name in hidden if name in frame])


def bodies(frame: pd.DataFrame, names: Sequence[str], number: str) -> Iterator[Body]:
    """The rows of a frame as bodies of requests.

    Parameters
    ----------
    frame : DataFrame
    names : sequence of str
        Of the columns to send; missing values are left out.
    number : str
        The field of the transaction's id.
    """
    sent_names = [name for name in names if name in frame]
    rows = frame[sent_names].astype(object).itertuples(index=False, name=None)
    for index, row in enumerate(rows):
        pairs = zip(sent_names, row, strict=True)
        sent = {name: value for name, value in pairs if not pd.isna(value)}
        yield {number: f"row-{index}", **sent}


def differing(found: Sequence[float], expected: np.ndarray) -> np.ndarray:
    """The indices of the rows of which any bit differs."""
    return np.flatnonzero(np.array(found).view(np.int64) != expected.view(np.int64))


def api(table: Table, now: Callable[[], float] = time.time) -> TestClient:
    """A client of the API of this environment, composed as `fraud_api_lambda.handler` does.

    `now` gives the time of arrivals, in seconds since the epoch.
    """
    settings, aws = Settings.from_environment(), aws_client()
    store = ModelStore(
        bucket=settings.model_bucket,
        parameter=settings.model_parameter,
        aws=aws,
        secret_parameter=settings.secret_parameter,
    )
    provider = ModelProvider(store, refresh_s=settings.model_refresh_s, has_memory=True)
    log = DecisionLog(table, Waits(clock=lambda: 0.0))
    service = Service(log, SecretKeys(lambda: store.secret), render, now)
    return TestClient(create_app(provider, service=service))


def answers(client: TestClient, sent: Iterator[Body], together: int) -> Iterator[Answer]:
    """Yield the answers to payments, posted in order, so many in a request."""
    for batch in batched(sent, together, strict=False):
        response = (
            client.post("/predict", json=batch[0])
            if together == 1
            else client.post("/predict/batch", json={"transactions": batch})
        )
        response.raise_for_status()
        yield from response.json().get("results", [response.json()])


def posted(
    client: TestClient, sent: Iterator[Body], together: int, progress: Progress
) -> list[Answer]:
    """The answers to payments."""
    got: list[Answer] = []
    for answer in answers(client, sent, together):
        if len(got) % STEP == 0:
            progress(f"posting payments from {len(got):,}")
        got.append(answer)
    return got


def stream(
    frame: pd.DataFrame, schema: Schema, model: Path, *, together: int, progress: Progress
) -> Iterator[str]:
    """Post payments and score them as a file; yield the result line by line."""
    names = list(load_scorer(model).bundle.plan.fields)
    with local_aws_with_memory() as aws, environment(aws.environment):
        progress("publishing the model")
        serve_from(aws, model)
        settings = Settings.from_environment()
        table = PatientTable(settings.table, aws_client())
        with api(table) as client:
            began = time.monotonic()
            got = posted(client, bodies(frame, names, id_field(schema)), together, progress)
            seconds = time.monotonic() - began
        yield f"payments: {len(got):,} in {seconds:,.0f} s, {len(got) / seconds:.0f} a second"
        share = table.seconds / seconds
        yield f"requests to the table: {table.requests:,}, {share:.0%} of the time"
        yield from compared(got, scored(frame, model, progress))
        memory = MemoryTable(settings.table, settings.secret_parameter)
        registry = Registry(bucket=settings.model_bucket, parameter=settings.model_parameter)
        yield from replay(memory, registry, progress).lines()


def scored(frame: pd.DataFrame, model: Path, progress: Progress) -> np.ndarray:
    """The probabilities of `fraud score` for a file."""
    with TemporaryDirectory() as folder:
        data, out = Path(folder) / "payments.csv", Path(folder) / "scored.parquet"
        write_transactions(frame, data)
        score(model, data, out, progress)
        return pd.read_parquet(out)["fraud_probability"].to_numpy()


def compared(got: Sequence[Answer], expected: np.ndarray) -> Iterator[str]:
    """Yield how many answers the table limited, how many differ, and the first of these."""
    limited = sum(not LIMITS.isdisjoint(each["degraded"]) for each in got)
    yield f"answers limited by the table: {limited:,}"
    found = [each["fraud_probability"] for each in got]
    rows = differing(found, expected)
    yield f"rows that differ from fraud score: {len(rows):,}"
    for row in rows[:SHOWN]:
        yield f"  row {row}: {found[row]!r}, not {float(expected[row])!r}"


def main() -> None:
    """Print how many payments were posted, how quickly, and how many answers differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--schema", choices=BUILT_IN, default=BUILT_IN[0])
    parser.add_argument("--model", type=Path, metavar="DIR", help="default: one of 20,000 rows")
    parser.add_argument("--together", type=int, default=1, metavar="N", help="in a request")
    options = parser.parse_args()
    schema = built_in(options.schema)
    with TemporaryDirectory() as folder:
        model = options.model or Path(folder)
        if options.model is None:
            seed = options.seed + 1
            make_model(
                None, schema=options.schema, rows=TRAINED_ROWS, seed=seed, out=model, memory=True
            )
        with reported() as progress:
            progress(f"simulating {options.rows:,} payments")
            frame = SIMULATORS[options.schema].simulate(options.rows, options.seed)
            payments = without_labels(frame, schema)
            lines = [*stream(payments, schema, model, together=options.together, progress=progress)]
    print("\n".join(lines))


if __name__ == "__main__":
    main()
