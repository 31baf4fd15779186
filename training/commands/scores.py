"""Commands that evaluate and apply a model."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
from pathlib import Path
from typing import Annotated

import typer

from training.commands.options import (
    BUILD,
    FIRST,
    LAST,
    TIME,
    Address,
    DataFile,
    EngineName,
    HistoryFrom,
    ModelDirectory,
    OutFile,
)
from training.distributed.engine_options import require_engine
from training.files.paths import require_apart, require_readable, require_writable
from training.hints import example, fraud, registry_options, say_next
from training.scoring.model_directory import require_model

app = typer.Typer()


@app.command(epilog=example(fraud("evaluate", "--data", "later.csv", "--from", "2026-02-01")))
def evaluate(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar=TIME, help=FIRST, show_default="the model's test window"),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar=TIME, help=LAST, show_default="the end")
    ] = None,
    in_sample: Annotated[
        bool, typer.Option("--in-sample", help="Allow rows of its training.")
    ] = False,
    history_from: HistoryFrom = None,
) -> None:
    """Evaluate a model on a window of labelled data, as JSON."""
    require_model(model)
    require_readable(data)

    from training.local.progress import reported
    from training.scoring.score import EVALUATION_STEPS, evaluate_model

    with reported(EVALUATION_STEPS) as progress:
        figures = evaluate_model(
            model,
            data,
            start=start,
            end=end,
            in_sample=in_sample,
            history_from=history_from,
            progress=progress,
        )
    typer.echo(json.dumps(figures, indent=2))
    say_next(fraud("publish", "--model", model, *registry_options()))


@app.command(epilog=example(fraud("score", "--data", "new.csv", "--out", "build/scored.csv")))
def score(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    out: OutFile = Path("build/scored.csv"),
    history_from: HistoryFrom = None,
    engine: EngineName = "local",
    address: Address = None,
) -> None:
    """Add fraud_probability, is_fraud and decision to each row."""
    require_model(model)
    on_ray = require_engine(engine, address)  # Ray scores every file of a folder
    if not on_ray:
        require_readable(data)
        require_writable(out)
        require_apart(out, data)
    if history_from is not None:
        require_readable(history_from)

    from training.distributed.engine import chosen_score
    from training.files.paths import scorable
    from training.local.progress import reported
    from training.scoring.stream import scoring_steps

    add_scores = chosen_score(engine, address)
    with reported(len(scorable(data)) if on_ray else scoring_steps(data)) as progress:
        rows = add_scores(model, data, out, progress, history_from=history_from)
    typer.echo(f"{out}: {rows:,} transactions scored")
