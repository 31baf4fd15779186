"""Commands of the registry: what is published, and what is served."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from training.commands.options import BUILD, AllowSimulated, Bucket, DataFile, DryRun, Parameter
from training.files.paths import require_readable
from training.hints import example, fraud, registry_options, say_next
from training.scoring.model_directory import require_model

if TYPE_CHECKING:
    from training.registry.publishing import Moved

app = typer.Typer()

_MINE: Final = registry_options("my-models", "/fraud/model")
"""For examples."""


@app.command(epilog=example(fraud("publish", "build/model", *_MINE, "--promote")))
def publish(
    directory: Annotated[Path, typer.Argument(help="Directory that train wrote.")] = BUILD,
    *,
    bucket: Bucket,
    parameter: Parameter,
    promote: Annotated[bool, typer.Option("--promote", help="Serve it from now on.")] = False,
    allow_simulated: AllowSimulated = False,
) -> None:
    """Upload a model to S3; publishing it again changes nothing."""
    if not (directory / "metrics.json").exists():  # which the leaky arm has too, and no model
        require_model(directory)

    from training.registry.publishing import publish as upload

    done = upload(
        directory,
        bucket=bucket,
        parameter=parameter,
        promote=promote,
        allow_simulated=allow_simulated,
    )
    typer.echo(f"{done.version}: {'published to' if done.is_new else 'already in'} s3://{bucket}")
    here = registry_options(bucket, parameter)
    if done.moved:
        _say_moved(done.moved, *here)
    else:
        say_next(fraud(*(("promote", done.version) if done.may_serve else ("models",)), *here))


@app.command(epilog=example(fraud("promote", "0123456789abcdef", *_MINE)))
def promote(
    version: Annotated[str, typer.Argument(help="A published version.", show_default=False)],
    *,
    bucket: Bucket,
    parameter: Parameter,
    dry_run: DryRun = False,
    allow_simulated: AllowSimulated = False,
) -> None:
    """Serve a published version from now on, after trying it."""
    from training.registry.publishing import promote_version

    done = promote_version(
        version,
        bucket=bucket,
        parameter=parameter,
        dry_run=dry_run,
        allow_simulated=allow_simulated,
    )
    allowed = ["--allow-simulated"] if allow_simulated else []
    _say_moved(
        done,
        *registry_options(bucket, parameter),
        wet=("promote", version, *allowed) if dry_run else (),
    )


@app.command(epilog=example(fraud("rollback", *_MINE)))
def rollback(*, bucket: Bucket, parameter: Parameter, dry_run: DryRun = False) -> None:
    """Serve the version before again; a second rollback returns."""
    from training.registry.publishing import rollback as go_back

    done = go_back(bucket=bucket, parameter=parameter, dry_run=dry_run)
    _say_moved(done, *registry_options(bucket, parameter), wet=("rollback",) if dry_run else ())


@app.command(epilog=example(fraud("challenge", "build/model", "--data", "later.csv", *_MINE)))
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
    allow_simulated: AllowSimulated = False,
    as_json: Annotated[bool, typer.Option("--json", help="All figures, for programs.")] = False,
) -> None:
    """Publish and promote a model if it beats the served one; else exit code 3."""
    require_model(directory)
    require_readable(data)

    from training.errors import CheckFailedError
    from training.local.progress import reported
    from training.registry.champion_challenger import challenge as compare

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
            allow_simulated=allow_simulated,
            progress=progress,
        )
    typer.echo(json.dumps(done.as_dict()) if as_json else "\n".join(done.lines()))
    here = registry_options(bucket, parameter)
    if done.moved is None:
        say_next(fraud("models", *here))
        raise typer.Exit(CheckFailedError.exit_code)
    if not as_json:
        # A dry run published nothing that could be promoted.
        window = [*(("--from", start) if start else ()), *(("--to", end) if end else ())]
        allowed = ["--allow-simulated"] if allow_simulated else []
        wet = ("challenge", directory, "--data", data, "--margin", margin, *window, *allowed)
        _say_moved(done.moved, *here, wet=wet if dry_run else ())


@app.command(epilog=example(fraud("models", *_MINE)))
def models(
    *,
    bucket: Bucket,
    parameter: Parameter,
    as_json: Annotated[bool, typer.Option("--json", help="The manifests, for programs.")] = False,
) -> None:
    """List the published versions, newest first, and which one is served."""
    from training.registry.catalogue import catalogue

    found = catalogue(bucket=bucket, parameter=parameter)
    if as_json:
        typer.echo(json.dumps([each.as_dict() for each in found.models]))
    for each in [] if as_json else found.models:
        typer.echo(each.line())
    if found.trouble:
        raise found.trouble
    here = registry_options(bucket, parameter)
    waiting = [
        each.version
        for each in found.models
        if each.place != "current" and not each.fault and not each.is_simulated
    ]
    if not found.models:
        say_next(fraud("publish", "DIRECTORY", *here))
    elif waiting:
        say_next(fraud("promote", waiting[0], *here))


def _say_moved(moved: "Moved", *registry: str, wet: Sequence[object] = ()) -> None:
    """Say what is served now; or after a dry run what would be, and the command that does it."""
    if not moved.is_change:
        typer.echo(f"{moved.new}: {_unmoved(moved, dry_run=bool(wet))}")
        say_next(fraud("models", *registry))
        return
    typer.echo(f"{'would serve' if wet else 'serving'} {moved.new}, before: {moved.old}")
    if wet:
        say_next(fraud(*wet, *registry))
    elif moved.old:
        say_next(fraud("rollback", *registry), label="to undo")
    else:
        say_next(fraud("models", *registry))


def _unmoved(moved: "Moved", *, dry_run: bool) -> str:
    if moved.pinned_anew is None:
        return "served already, nothing changed"
    done = "would pin" if dry_run else "pinned"
    return f"served already; {done} its replaced object anew, S3 version {moved.pinned_anew}"
