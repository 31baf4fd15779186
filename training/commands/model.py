"""The command that trains a model."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from fraud_api_lambda.features.plan import HISTORY, WITHOUT_HISTORY
from training.commands.options import (
    BUILD,
    TIME,
    Address,
    DataFile,
    EngineName,
    HistoryFrom,
    SchemaName,
    Seed,
    hours_of,
    require_schema,
)
from training.distributed.engine_options import require_engine
from training.errors import InputError
from training.files.paths import require_folder, require_readable
from training.fitting.goal import GOALS, Goal
from training.hints import example, fraud, link, registry_options, say_next
from training.option_names import one_of, require_name
from training.option_values import AUTO, FEATURES, LEAKY, RESAMPLING

app = typer.Typer()


@app.command(epilog=example(fraud("train", "--data", "build/transactions.csv")))
def train(
    data: DataFile,
    *,
    schema: SchemaName = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Directory for the model and its report.")
    ] = BUILD,
    features: Annotated[
        str | None,
        typer.Option(
            metavar=one_of(FEATURES),
            help=f"Feature set; {LEAKY} gives metrics but no model.",
            show_default=f"{HISTORY} if payers or payees repeat, else {WITHOUT_HISTORY}",
        ),
    ] = None,
    history_from: HistoryFrom = None,
    seed: Seed = 0,
    resampling: Annotated[
        str,
        typer.Option(
            metavar=one_of((*RESAMPLING, AUTO)),
            help=f"Class imbalance; {AUTO} takes the best by log loss.",
        ),
    ] = RESAMPLING[0],
    smote_ratio: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="Frauds per genuine row after SMOTE, above 0 up to 1.",
            show_default="chosen in time folds",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Trials of a random search in time folds.",
            show_default="no search",
        ),
    ] = None,
    goal: Annotated[
        str,
        typer.Option(
            metavar=one_of(GOALS), help="Least recall or precision of the threshold, or least cost."
        ),
    ] = "recall:0.75",
    policy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Costs of the decisions, as TOML.",
            show_default="multiples of the median amount",
        ),
    ] = None,
    test_days: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Last days to test on.", show_default="a fifth"),
    ] = None,
    train_until: Annotated[
        str | None,
        typer.Option(metavar=TIME, help="Last count or date to train on.", show_default=False),
    ] = None,
    test_from: Annotated[
        str | None,
        typer.Option(metavar=TIME, help="First count or date to test on.", show_default=False),
    ] = None,
    label_delay: Annotated[
        str | None,
        typer.Option(
            metavar="HOURS",
            help="Hours until a fraud is reported, or 7d.",
            show_default="the schema's, or 24",
        ),
    ] = None,
    refit: Annotated[
        bool, typer.Option(help="Fit the published model on the test window too.")
    ] = True,
    compare: Annotated[
        bool, typer.Option(help="Evaluate the other feature sets and methods too.")
    ] = True,
    engine: EngineName = "local",
    address: Address = None,
) -> None:
    """Fit SMOTE and XGBoost, and evaluate them on later days."""
    if features is not None:
        require_name("--features", features, FEATURES)
    if history_from is not None:
        require_readable(history_from)
    require_name("--resampling", resampling, (*RESAMPLING, AUTO))
    if smote_ratio is not None and not 0 < smote_ratio <= 1:
        raise InputError(f"--smote-ratio {smote_ratio}: write a number above 0 up to 1")
    wanted, delay = Goal.parse(goal), hours_of("--label-delay", label_delay)
    require_readable(data)
    require_folder(out)
    require_engine(engine, address)
    require_schema(schema)
    costs = _costs(policy)

    from training.distributed.engine import chosen_engine
    from training.fitting.settings import Settings
    from training.local.progress import reported
    from training.policy.file import require_currency
    from training.reading.calendar import Calendar
    from training.reading.schema_of_file import schema_of_file
    from training.reading.time_options import first_step, last_step
    from training.reporting.console import summary
    from training.train import REPORT, TrainOptions, Windows
    from training.train import train as fit

    columns = schema_of_file(data, schema)
    if policy is not None:
        require_currency(policy, costs, columns)
    settings = Settings(resampling=resampling, goal=wanted, seed=seed, policy=costs)
    if smote_ratio is not None:
        settings = replace(settings, smote_ratio=smote_ratio)
    calendar = Calendar.of(columns)
    windows = Windows(
        test_days,
        last_step(calendar, "--train-until", train_until),
        first_step(calendar, "--test-from", test_from),
        delay,
    )
    options = TrainOptions(
        schema=columns,
        feature_set=features,
        settings=settings,
        windows=windows,
        choose_ratio=smote_ratio is None,
        trials=trials,
        refit=refit,
        compare=compare,
    )
    with reported(options.steps) as progress, chosen_engine(engine, address) as chosen:
        metrics = fit(
            data, out, options, history_from=history_from, engine=chosen, progress=progress
        )
    typer.echo(summary(metrics, out))
    typer.echo(f"report: {link(out / REPORT)}")
    if "version" in metrics:
        say_next(fraud("publish", "--model", out, *registry_options()))
    else:
        say_next(fraud("train", "--data", data, *([] if schema is None else ["--schema", schema])))


def _costs(policy: Path | None) -> dict[str, Any]:
    if policy is None:
        return {}
    from training.policy.file import read_policy

    return read_policy(policy)
