"""The API and the demo's app together on this machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import typer

from training.local.processes import LOOPBACK, Server, free_port, interruptible, served
from training.local.progress import reported
from training.local.run import (
    NO_POLICY,
    START_STEPS,
    make_model,
    start_api,
    start_aws,
    wait_for_the_end,
)
from training.option_values import BUILT_IN
from training.schemas.built_in import built_in

REVIEWS_PER_THOUSAND: Final = 10.0
"""Usual are 2, at which a thousand payments leave an analyst with almost nothing to look at."""


def demo(
    *,
    data: Path | None,
    schema: str | None,
    rows: int,
    seed: int,
    port: int | None,
    out: Path,
    memory: bool,
) -> None:
    """Train, publish to a local S3, and run the API and the demo's app until Ctrl-C.

    Parameters
    ----------
    data : Path or None
        Transactions to train on; simulated ones if None.
    schema : str or None
        Name or path of their schema; the built-in one that fits if None. Without `data`, the name
        of the built-in schema to simulate.
    rows, seed : int
        Size and seed of the simulation; the seed of the training too.
    port : int or None
        The app's port on localhost; a free one if None.
    out : Path
        Directory for the model and the simulated transactions.
    memory : bool
        Whether the API has a table for account histories and decisions.
    """
    started = running(
        data=data, schema=schema, rows=rows, seed=seed, port=port, out=out, memory=memory
    )
    with interruptible(), started as (url, app):
        typer.echo(f"Demo: {url}")
        wait_for_the_end(app, "the app")


def policy_of(schema: str | None) -> dict[str, Any]:
    """The policy for simulated payments: with reviews enough to see the queue, and a currency.

    PaySim names no currency. Its amounts are as large as those of mobile money in Tanzania.
    """
    currency = built_in(schema or BUILT_IN[0]).currency or "TZS"
    return {"reviews_per_thousand": REVIEWS_PER_THOUSAND, "currency": currency}


@contextmanager
def running(
    *,
    data: Path | None = None,
    schema: str | None = None,
    rows: int,
    seed: int,
    port: int | None,
    out: Path,
    memory: bool = True,
) -> Iterator[tuple[str, Server]]:
    """Train, serve the model and the app; yield the app's address and its process."""
    port = free_port(port)
    with ExitStack() as stack:
        # The app compares the model with those that do without balances or the hour, but on data
        # of any size the comparison takes too long.
        compare = data is None
        make_model(
            data,
            schema=schema,
            rows=rows,
            seed=seed,
            out=out,
            compare=compare,
            memory=memory,
            policy=policy_of(schema) if data is None else NO_POLICY,
        )
        with reported(START_STEPS + 1) as progress:
            api_port = free_port()
            start_aws(stack, out, progress, memory=memory)
            start_api(stack, api_port, progress)
            progress("starting the app")
            app = stack.enter_context(
                served(
                    *("streamlit", "run", "demo/app.py"),
                    *("--server.address", LOOPBACK),
                    *("--server.port", str(port)),
                    *("--server.headless", "true"),
                    port=port,
                    path="/_stcore/health",
                    variables={"FRAUD_API_URL": f"http://{LOOPBACK}:{api_port}"},
                )
            )
        yield f"http://{LOOPBACK}:{port}", app
