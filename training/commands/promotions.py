"""The words of the commands that change the served model."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from training.hints import fraud, say_next

if TYPE_CHECKING:
    from training.registry.promotion import Moved


def allowed_by(*, allow_simulated: bool, schema_change: bool) -> list[str]:
    """The options that allow a promotion."""
    return [
        *(["--allow-simulated"] if allow_simulated else []),
        *(["--schema-change"] if schema_change else []),
    ]


def given(options: dict[str, str | None]) -> list[str]:
    """The options that were given, with their texts."""
    return [word for name, text in options.items() if text is not None for word in (name, text)]


@contextmanager
def or_with_schema_change(*command: object) -> Iterator[None]:
    """Add the command that works to the refusal of a model with other requests."""
    from training.registry.compatibility import OtherRequestsError

    try:
        yield
    except OtherRequestsError as error:
        raise OtherRequestsError(f"{error}\nnext: {fraud(*command)}") from error


def say_moved(moved: "Moved", *registry: str, command: Sequence[object] = ()) -> None:
    """Report the served version; after a dry run, print the command that makes the change."""
    for line in moved.changes.breaking:
        typer.echo(f"warning: {line}", err=True)
    for line in moved.changes.widening:
        typer.echo(f"note: {line}", err=True)
    if not moved.is_change:
        typer.echo(f"{moved.new}: {_unchanged(moved, dry_run=bool(command))}")
        say_next(fraud("models", *registry))
        return
    typer.echo(f"{'would serve' if command else 'serving'} {moved.new}, before: {moved.old}")
    if command:
        say_next(fraud(*command, *registry))
    elif moved.old:
        say_next(fraud("rollback", *registry), label="to undo")
    else:
        say_next(fraud("models", *registry))


def _unchanged(moved: "Moved", *, dry_run: bool) -> str:
    if moved.pinned_anew is None:
        return "served already, nothing changed"
    verb = "would pin" if dry_run else "pinned"
    return f"served already; {verb} its replaced object again, S3 version {moved.pinned_anew}"
