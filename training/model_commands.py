"""Commands that make, judge and apply a model."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
from pathlib import Path
from typing import Annotated

import typer

from training.hints import example, fraud, registry_options, say_next
from training.options import (
    BUILD,
    Address,
    DataFile,
    EngineName,
    ModelDirectory,
    Seed,
)

app = typer.Typer()


@app.command(epilog=example(fraud("simulate", "--rows", 1_000_000, "--out", "build/data.csv")))
def simulate(
    rows: Annotated[int, typer.Option(help="Transactions to make, 1,000 or more.")] = 200_000,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")] = Path(
        "build/transactions.csv"
    ),
) -> None:
    """Make transactions with known frauds, in PaySim's columns."""
    from training.output import write_transactions
    from training.progress import reported
    from training.simulate import simulate as make

    with reported() as progress:
        progress(f"simulating {rows:,} transactions")
        frame = make(rows, seed)
        progress(f"writing {out}")
        write_transactions(frame, out)
    typer.echo(f"{out}: {len(frame):,} transactions, {frame['isFraud'].sum():,} of them fraud")
    say_next(fraud("train", "--data", out))


@app.command(epilog=example(fraud("train", "--data", "build/transactions.csv")))
def train(
    data: DataFile,
    *,
    out: Annotated[Path, typer.Option(help="Directory for the model and its report.")] = BUILD,
    features: Annotated[
        str,
        typer.Option(
            help="decision-time, strict+hour or strict; leaky-baseline gives metrics only."
        ),
    ] = "decision-time",
    seed: Seed = 0,
    resampling: Annotated[
        str,
        typer.Option(
            help="smote, smotenc, weights or none; auto takes another where it beats smote."
        ),
    ] = "smote",
    smote_ratio: Annotated[
        float | None,
        typer.Option(
            help="Frauds to genuine rows after SMOTE, above 0 up to 1.",
            show_default="chosen in time folds",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1, help="Settings to draw at random and try in time folds.", show_default="none"
        ),
    ] = None,
    goal: Annotated[
        str, typer.Option(help="What the threshold must reach: recall:0.75, precision:0.9, cost.")
    ] = "recall:0.75",
    policy: Annotated[
        Path | None,
        typer.Option(
            help="TOML file with what decisions cost.", show_default="multiples of a median amount"
        ),
    ] = None,
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
        int | None,
        typer.Option(min=0, help="Hours until a fraud is known to be one.", show_default="24"),
    ] = None,
    refit: Annotated[
        bool, typer.Option(help="Fit the published model on all the data, test window included.")
    ] = True,
    compare: Annotated[
        bool, typer.Option(help="Evaluate the other feature sets and resampling arms too.")
    ] = True,
    engine: EngineName = "local",
    address: Address = None,
) -> None:
    """Fit SMOTE and XGBoost, judge them on later data, and write the model."""
    from training.choices import checked
    from training.progress import reported
    from training.ray_engine import chosen_engine
    from training.summary import summary
    from training.train import train as fit

    feature_set, settings, windows = checked(
        features=features,
        seed=seed,
        resampling=resampling,
        smote_ratio=smote_ratio,
        goal=goal,
        policy=policy,
        test_days=test_days,
        train_until=train_until,
        test_from=test_from,
        label_delay=label_delay,
    )
    with reported() as progress, chosen_engine(engine, address) as chosen:
        metrics = fit(
            data,
            out,
            feature_set=feature_set,
            settings=settings,
            windows=windows,
            choose_ratio=smote_ratio is None,
            trials=trials,
            refit=refit,
            compare=compare,
            engine=chosen,
            progress=progress,
        )
    typer.echo(summary(metrics, out))
    if "version" in metrics:
        say_next(fraud("publish", out, *registry_options(), "--promote"))
    else:
        say_next(fraud("train", "--data", data))


@app.command(epilog=example(fraud("evaluate", "--data", "later.csv", "--from", 721)))
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
    say_next(fraud("publish", model, *registry_options(), "--promote"))


@app.command(epilog=example(fraud("score", "--data", "new.csv", "--out", "build/scored.csv")))
def score(
    data: DataFile,
    *,
    model: ModelDirectory = BUILD,
    out: Annotated[Path, typer.Option(help="CSV or Parquet file to write.")] = Path(
        "build/scored.csv"
    ),
    engine: EngineName = "local",
    address: Address = None,
) -> None:
    """Add fraud_probability, is_fraud and decision to every row of a file."""
    from training.progress import reported
    from training.ray_engine import chosen_score

    add_scores = chosen_score(engine, address)
    with reported() as progress:
        rows = add_scores(model, data, out, progress)
    typer.echo(f"{out}: {rows:,} transactions scored")
