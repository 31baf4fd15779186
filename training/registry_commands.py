"""Commands of the registry: what is published, and what is served."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.options import BUILD, Bucket, DataFile, DryRun, Parameter, say_next

if TYPE_CHECKING:
    from training.publish import Moved

app = typer.Typer()


@app.command(
    epilog="Example: python -m training publish build/model --bucket my-models "
    "--parameter /fraud/model --promote"
)
def publish(
    directory: Annotated[Path, typer.Argument(help="Directory that train wrote.")] = BUILD,
    *,
    bucket: Bucket,
    parameter: Parameter,
    promote: Annotated[bool, typer.Option("--promote", help="Serve it from now on.")] = False,
) -> None:
    """Upload a model to S3; publishing it again changes nothing."""
    from training.publish import promote_version
    from training.publish import publish as upload

    done = upload(directory, bucket=bucket, parameter=parameter)
    typer.echo(f"{done.version}: {'published to' if done.is_new else 'already in'} s3://{bucket}")
    if promote:
        _say_moved(promote_version(done.version, bucket=bucket, parameter=parameter))
    else:
        say_next(f"python -m training promote {done.version}")


@app.command(
    epilog="Example: python -m training promote 0123456789abcdef --bucket my-models "
    "--parameter /fraud/model"
)
def promote(
    version: Annotated[str, typer.Argument(help="A published version.", show_default=False)],
    *,
    bucket: Bucket,
    parameter: Parameter,
    dry_run: DryRun = False,
) -> None:
    """Serve a published version from now on, after trying it."""
    from training.publish import promote_version

    done = promote_version(version, bucket=bucket, parameter=parameter, dry_run=dry_run)
    _say_moved(done, dry_run=dry_run)


@app.command(
    epilog="Example: python -m training rollback --bucket my-models --parameter /fraud/model"
)
def rollback(*, bucket: Bucket, parameter: Parameter, dry_run: DryRun = False) -> None:
    """Serve the version before again; a second rollback returns."""
    from training.publish import rollback as go_back

    _say_moved(go_back(bucket=bucket, parameter=parameter, dry_run=dry_run), dry_run=dry_run)


@app.command(
    epilog="Example: python -m training challenge build/model --data later.csv --bucket my-models "
    "--parameter /fraud/model"
)
def challenge(
    directory: Annotated[
        Path, typer.Argument(help="Directory that train --no-refit wrote.")
    ] = BUILD,
    *,
    data: DataFile,
    bucket: Bucket,
    parameter: Parameter,
    margin: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the cost that must be saved.")
    ] = 0.01,
    start: Annotated[
        int | None,
        typer.Option("--from", help="First step.", show_default="after both were trained"),
    ] = None,
    end: Annotated[
        int | None, typer.Option("--to", help="Last step.", show_default="the last of the data")
    ] = None,
    dry_run: DryRun = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures, for programs.")] = False,
) -> None:
    """Publish and promote a model if it beats the served one; else exit code 3."""
    from training.challenge import challenge as compare
    from training.errors import CheckFailedError
    from training.progress import reported

    with reported() as progress:
        done = compare(
            directory,
            data,
            bucket=bucket,
            parameter=parameter,
            margin=margin,
            start=start,
            end=end,
            dry_run=dry_run,
            progress=progress,
        )
    typer.echo(json.dumps(done.as_dict()) if as_json else "\n".join(done.lines()))
    if done.moved is None:
        say_next("python -m training models")
        raise typer.Exit(CheckFailedError.exit_code)
    if not as_json:
        # A dry run published nothing that could be promoted.
        _say_moved(done.moved, dry_run=dry_run, wet=f"challenge {directory} --data {data}")


@app.command(
    epilog="Example: python -m training models --bucket my-models --parameter /fraud/model"
)
def models(
    *,
    bucket: Bucket,
    parameter: Parameter,
    as_json: Annotated[bool, typer.Option("--json", help="The manifests, for programs.")] = False,
) -> None:
    """List the published versions, newest first, and which one is served."""
    from training.publish import models as published

    listed = published(bucket=bucket, parameter=parameter)
    if as_json:
        typer.echo(json.dumps([{"place": each.place, **each.manifest} for each in listed]))
    for each in [] if as_json else listed:
        manifest = each.manifest
        typer.echo(
            f"{each.version}  {manifest['created']}  {manifest['feature_set']:<13}  "
            f"average precision {manifest['metrics']['average_precision']:.3f}  {each.place}"
        )
    if listed:
        say_next(f"python -m training promote {listed[0].version}")
    else:
        say_next("python -m training publish build/model --promote")


def _say_moved(moved: "Moved", *, dry_run: bool = False, wet: str | None = None) -> None:
    if not moved.is_change:
        typer.echo(f"{moved.new}: served already, nothing changed")
        say_next("python -m training models")
        return
    typer.echo(f"{'would serve' if dry_run else 'serving'} {moved.new}, before: {moved.old}")
    if dry_run:
        say_next(f"python -m training {wet or f'promote {moved.new}'}")
    elif moved.old:
        say_next("python -m training rollback, to undo")
    else:
        say_next("python -m training models")
