"""The command line: ``python -m training COMMAND``.

Commands import what they need when they run, so that ``--help`` answers at once.
"""
# ruff: noqa: PLC0415  # for the reason above

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from training.errors import TrainingError

app = typer.Typer(
    help="Simulate, train, evaluate, score and publish fraud models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

DataFile = Annotated[
    Path, typer.Option("--data", help="CSV or Parquet with PaySim's columns.", show_default=False)
]
ModelDirectory = Annotated[Path, typer.Option("--model", help="Directory that train wrote.")]
Bucket = Annotated[str, typer.Option(envvar="FRAUD_MODEL_BUCKET", help="S3 bucket of the models.")]
Parameter = Annotated[
    str,
    typer.Option(envvar="FRAUD_MODEL_PARAMETER", help="SSM parameter that points at the model."),
]
Seed = Annotated[int, typer.Option(help="Same seed, same result.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, change nothing.")]

BUILD = Path("build/model")
"""Where a model goes unless told otherwise; git ignores it."""


def _next(command: str) -> None:
    """Say the next command to run, as the last line."""
    typer.echo(f"next: {command}", err=True)


def _version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from fraud_api_lambda import __version__

        typer.echo(f"training {__version__} (xgboost-cpu {version('xgboost-cpu')})")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=lambda value: _version(wanted=value), is_eager=True),
    ] = False,
) -> None:
    """Simulate, train, evaluate, score and publish fraud models."""
    del version


@app.command(epilog="Example: python -m training simulate --rows 1000000 --out build/data.csv")
def simulate(
    rows: Annotated[int, typer.Option(help="Transactions to make, 1,000 or more.")] = 200_000,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")] = Path(
        "build/transactions.csv"
    ),
) -> None:
    """Make transactions with known frauds, in PaySim's columns."""
    from training.progress import reported
    from training.simulate import simulate as make
    from training.simulate import write_transactions

    with reported() as progress:
        progress(f"simulating {rows:,} transactions")
        frame = make(rows, seed)
        progress(f"writing {out}")
        write_transactions(frame, out)
    typer.echo(f"{out}: {len(frame):,} transactions, {frame['isFraud'].sum():,} of them fraud")
    _next(f"python -m training train --data {out}")


@app.command(epilog="Example: python -m training train --data build/transactions.csv")
def train(
    data: DataFile,
    *,
    out: Annotated[Path, typer.Option(help="Directory for the model and its metrics.")] = BUILD,
    features: Annotated[
        str,
        typer.Option(
            help="decision-time, strict+hour or strict; leaky-baseline gives metrics only."
        ),
    ] = "decision-time",
    seed: Seed = 0,
    resampling: Annotated[str, typer.Option(help="smote or none.")] = "smote",
    smote_ratio: Annotated[
        float | None,
        typer.Option(
            help="Frauds to genuine rows after SMOTE, above 0 up to 1.",
            show_default="chosen in time folds",
        ),
    ] = None,
    goal: Annotated[
        str, typer.Option(help="What the threshold must reach: recall:0.75, precision:0.9.")
    ] = "recall:0.75",
    test_days: Annotated[
        int | None,
        typer.Option(min=1, help="Days to test on, the last ones.", show_default="a fifth"),
    ] = None,
    train_until: Annotated[
        int | None, typer.Option(min=1, help="Last step to train on.", show_default=False)
    ] = None,
    test_from: Annotated[
        int | None, typer.Option(min=1, help="First step to test on.", show_default=False)
    ] = None,
    label_delay: Annotated[
        int, typer.Option(min=0, help="Hours until a fraud is known to be one.")
    ] = 24,
    refit: Annotated[
        bool, typer.Option(help="Fit the published model on all the data, test window included.")
    ] = True,
    compare: Annotated[bool, typer.Option(help="Evaluate the other feature sets too.")] = True,
) -> None:
    """Fit SMOTE and XGBoost, judge them on later data, and write the model."""
    from training.choices import checked
    from training.progress import reported
    from training.summary import summary
    from training.train import train as fit

    feature_set, settings, windows = checked(
        features=features,
        seed=seed,
        resampling=resampling,
        smote_ratio=smote_ratio,
        goal=goal,
        test_days=test_days,
        train_until=train_until,
        test_from=test_from,
        label_delay=label_delay,
    )
    with reported() as progress:
        metrics = fit(
            data,
            out,
            feature_set=feature_set,
            settings=settings,
            windows=windows,
            choose_ratio=smote_ratio is None,
            refit=refit,
            compare=compare,
            progress=progress,
        )
    typer.echo(summary(metrics, out))
    if "version" in metrics:
        _next(f"python -m training publish {out} --bucket BUCKET --parameter PARAMETER --promote")
    else:
        _next(f"python -m training train --data {data}")


@app.command(epilog="Example: python -m training evaluate --data later.csv --from 721")
def evaluate(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    start: Annotated[
        int | None,
        typer.Option("--from", help="First step.", show_default="the model's test window"),
    ] = None,
    end: Annotated[
        int | None, typer.Option("--to", help="Last step.", show_default="the last of the data")
    ] = None,
    in_sample: Annotated[
        bool, typer.Option("--in-sample", help="Allow rows that the model was trained on.")
    ] = False,
) -> None:
    """Judge a model on a window of labelled data, as JSON."""
    from training.progress import reported
    from training.score import evaluate_model

    with reported() as progress:
        progress(f"evaluating {model} on {data}")
        figures = evaluate_model(model, data, start=start, end=end, in_sample=in_sample)
    typer.echo(json.dumps(figures, indent=2))
    _next(f"python -m training publish {model} --bucket BUCKET --parameter PARAMETER --promote")


@app.command(epilog="Example: python -m training score --data new.csv --out build/scored.csv")
def score(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")] = Path(
        "build/scored.csv"
    ),
) -> None:
    """Add fraud_probability, is_fraud and decision to every row of a file."""
    from training.progress import reported
    from training.score import score as add_scores

    with reported() as progress:
        progress(f"scoring {data}")
        rows = add_scores(model, data, out)
    typer.echo(f"{out}: {rows:,} transactions scored")
    _next(f"python -m training evaluate --model {model} --data {data}")


def main() -> None:
    """Run the command line and end with its exit code."""
    try:
        app(prog_name="python -m training")
    except TrainingError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
