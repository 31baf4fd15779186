"""Commands that publish models and choose the served one."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
from typing import Annotated, Final

import typer

from training.commands.options import (
    BUILD,
    FIRST,
    LAST,
    TIME,
    AllowSimulated,
    Bucket,
    DataFile,
    DryRun,
    ModelArgument,
    ModelDirectory,
    Parameter,
    SchemaChange,
    model_directory,
)
from training.commands.promotions import allowed_by, given, or_with_schema_change, say_moved
from training.files.paths import require_readable
from training.hints import example, fraud, registry_options, say_next
from training.scoring.model_directory import require_model

app = typer.Typer()

_MINE: Final = registry_options("my-models", "/fraud/model")
"""The registry of the examples in help."""


@app.command(epilog=example(fraud("publish", "--model", "build/model", *_MINE, "--promote")))
def publish(
    directory: ModelArgument = None,
    *,
    model: ModelDirectory = BUILD,
    bucket: Bucket,
    parameter: Parameter,
    promote: Annotated[bool, typer.Option("--promote", help="Serve it at once.")] = False,
    allow_simulated: AllowSimulated = False,
    schema_change: SchemaChange = False,
) -> None:
    """Upload a model to S3; publishing it again changes nothing."""
    model = model_directory(directory, model)
    if not (model / "metrics.json").exists():  # the leaky baseline writes no model
        require_model(model)

    from training.local.progress import reported
    from training.registry.publishing import promote_version
    from training.registry.publishing import publish as upload

    with reported() as progress:
        progress(f"uploading {model} to s3://{bucket}")
        done = upload(model, bucket=bucket, parameter=parameter)
    typer.echo(f"{done.version}: {'published to' if done.is_new else 'already in'} s3://{bucket}")
    here = registry_options(bucket, parameter)
    if promote:
        allowed = allowed_by(allow_simulated=allow_simulated, schema_change=True)
        with (
            or_with_schema_change("promote", done.version, *allowed, *here),
            reported() as progress,
        ):
            progress(f"testing {done.version}")
            moved = promote_version(
                done.version,
                bucket=bucket,
                parameter=parameter,
                allow_simulated=allow_simulated,
                schema_change=schema_change,
            )
        say_moved(moved, *here)
    else:
        say_next(fraud(*(("promote", done.version) if done.may_serve else ("models",)), *here))


@app.command(epilog=example(fraud("promote", "0123456789abcdef", *_MINE)))
def promote(
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="A published version.", show_default=False)
    ],
    *,
    bucket: Bucket,
    parameter: Parameter,
    dry_run: DryRun = False,
    allow_simulated: AllowSimulated = False,
    schema_change: SchemaChange = False,
) -> None:
    """Test a published version, then serve it."""
    from training.local.progress import reported
    from training.registry.publishing import promote_version

    here = registry_options(bucket, parameter)
    allowed = allowed_by(allow_simulated=allow_simulated, schema_change=True)
    with or_with_schema_change("promote", version, *allowed, *here), reported() as progress:
        progress(f"testing {version}")
        done = promote_version(
            version,
            bucket=bucket,
            parameter=parameter,
            dry_run=dry_run,
            allow_simulated=allow_simulated,
            schema_change=schema_change,
        )
    allowed = allowed_by(allow_simulated=allow_simulated, schema_change=schema_change)
    say_moved(done, *here, command=("promote", version, *allowed) if dry_run else ())


@app.command(epilog=example(fraud("rollback", *_MINE)))
def rollback(*, bucket: Bucket, parameter: Parameter, dry_run: DryRun = False) -> None:
    """Serve the previous version; a second rollback undoes it."""
    from training.local.progress import reported
    from training.registry.publishing import rollback as go_back

    with reported() as progress:
        progress("testing the previous version")
        done = go_back(bucket=bucket, parameter=parameter, dry_run=dry_run)
    say_moved(done, *registry_options(bucket, parameter), command=("rollback",) if dry_run else ())


@app.command(epilog=example(fraud("challenge", "--data", "later.csv", *_MINE)))
def challenge(
    directory: ModelArgument = None,
    *,
    model: ModelDirectory = BUILD,
    data: DataFile,
    bucket: Bucket,
    parameter: Parameter,
    margin: Annotated[
        float, typer.Option(metavar="SHARE", min=0, max=1, help="Least share of the cost to save.")
    ] = 0.01,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar=TIME, help=FIRST, show_default="after both were trained"),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar=TIME, help=LAST, show_default="the end")
    ] = None,
    dry_run: DryRun = False,
    allow_simulated: AllowSimulated = False,
    schema_change: SchemaChange = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.")] = False,
) -> None:
    """Publish and promote a model if it beats the served one.

    Otherwise exit with code 3. Train it with --no-refit: a refitted model has seen every row.
    """
    model = model_directory(directory, model)
    require_model(model)
    require_readable(data)

    from training.errors import CheckFailedError
    from training.local.progress import reported
    from training.registry.champion_challenger import CHALLENGE_STEPS
    from training.registry.champion_challenger import challenge as compare

    here = registry_options(bucket, parameter)
    window = given({"--from": start, "--to": end})
    again = ("challenge", "--model", model, "--data", data, "--margin", margin, *window)
    allowed = allowed_by(allow_simulated=allow_simulated, schema_change=True)
    with or_with_schema_change(*again, *allowed, *here), reported(CHALLENGE_STEPS) as progress:
        done = compare(
            model,
            data,
            bucket=bucket,
            parameter=parameter,
            margin=margin,
            start=start,
            end=end,
            dry_run=dry_run,
            allow_simulated=allow_simulated,
            schema_change=schema_change,
            progress=progress,
        )
    typer.echo(json.dumps(done.as_dict()) if as_json else "\n".join(done.lines()))
    if done.moved is None:
        say_next(fraud("models", *here))
        raise typer.Exit(CheckFailedError.exit_code)
    if not as_json:
        # A dry run published no version to promote: repeat the challenge.
        allowed = allowed_by(allow_simulated=allow_simulated, schema_change=schema_change)
        say_moved(done.moved, *here, command=(*again, *allowed) if dry_run else ())


@app.command(epilog=example(fraud("models", *_MINE)))
def models(
    *,
    bucket: Bucket,
    parameter: Parameter,
    as_json: Annotated[bool, typer.Option("--json", help="Print the manifests as JSON.")] = False,
) -> None:
    """List the published versions, newest first.

    Marks the served one.
    """
    from training.local.progress import reported
    from training.registry.catalogue import catalogue

    with reported() as progress:
        progress(f"reading the manifests in s3://{bucket}")
        listing = catalogue(bucket=bucket, parameter=parameter)
    if as_json:
        typer.echo(json.dumps([model.as_dict() for model in listing.models]))
    for model in [] if as_json else listing.models:
        typer.echo(model.line())
    if listing.trouble:
        raise listing.trouble
    here = registry_options(bucket, parameter)
    waiting = [
        model.version
        for model in listing.models
        if model.place != "current" and not model.fault and not model.is_simulated
    ]
    if not listing.models:
        say_next(fraud("publish", "--model", BUILD, *here))
    elif waiting:
        say_next(fraud("promote", waiting[0], *here))
