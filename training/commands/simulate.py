"""The command that simulates transactions."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from pathlib import Path
from typing import Annotated

import typer

from training.commands.options import OutFile, Rows, Seed
from training.files.paths import require_writable
from training.hints import example, fraud, say_next
from training.option_names import one_of, require_name
from training.option_values import BUILT_IN

app = typer.Typer()


@app.command(epilog=example(fraud("simulate", "--rows", 1_000_000, "--out", "build/data.csv")))
def simulate(
    rows: Rows = 200_000,
    seed: Seed = 0,
    out: OutFile = Path("build/transactions.csv"),
    schema: Annotated[
        str,
        typer.Option(metavar=one_of(BUILT_IN), help="Columns: mobile money, or card payments."),
    ] = BUILT_IN[0],
) -> None:
    """Simulate transactions with known frauds."""
    require_name("--schema", schema, BUILT_IN)
    require_writable(out)

    from training.files.writing import write_transactions
    from training.local.progress import reported
    from training.schemas.built_in import built_in
    from training.simulator.by_schema import SIMULATORS

    simulator = SIMULATORS[schema]
    with reported(simulator.steps(rows) + 1) as progress:
        frame = simulator.simulate(rows, seed, progress=progress)
        progress(f"writing {out}")
        write_transactions(frame, out)
    n_frauds = frame[built_in(schema).roles.label].sum()
    typer.echo(f"{out}: {len(frame):,} transactions, {n_frauds:,} of them fraud")
    say_next(fraud("train", "--data", out))
