"""Commands that describe the columns of a file."""
# ruff: noqa: PLC0415  # a command imports what it needs when it runs, so that --help is quick

from pathlib import Path
from typing import Annotated

import typer

from training.commands.options import require_schema
from training.errors import CheckFailedError, InputError
from training.files.paths import require_folder, require_readable
from training.hints import example, fraud, say_next
from training.option_values import BUILT_IN

app = typer.Typer()


@app.command(epilog=example(fraud("describe", "transactions.csv", "--out", "schema.toml")))
def describe(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Transactions: CSV or Parquet.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Schema file to write.", show_default="print the schema"),
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option(
            metavar=f"FILE|{'|'.join(BUILT_IN)}",
            help="Compare the file with this schema instead.",
            show_default="draft a schema",
        ),
    ] = None,
) -> None:
    """Draft a schema of a file's columns, or compare the two."""
    if out is not None and schema is not None:
        raise InputError("--out and --schema: draft a schema or compare with one; give one option")
    require_readable(file)
    require_schema(schema)
    if schema is None:
        _draft(file, out)
    else:
        _compare(file, schema)


def _draft(file: Path, out: Path | None) -> None:
    if out is not None:
        _require_new(out)
    from training.files.atomic import write_files
    from training.files.tables import read_as_text
    from training.local.progress import reported
    from training.schemas.draft import draft
    from training.schemas.draft_text import as_toml

    with reported(steps=2) as progress:
        progress(f"reading {file}")
        frame = read_as_text(file)
        progress(f"describing {len(frame.columns):,} columns")
        made = draft(frame)
    text = as_toml(made, "my-data")
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_files(out.parent, {out.name: text.encode()})
        typer.echo(f"{out}: {len(frame.columns):,} columns described; to undo, delete the file")
    if made.undecided:
        typer.echo(f"{made.undecided} marked ? for you to decide", err=True)
    if out is not None:
        say_next(fraud("train", "--data", file, "--schema", out))


def _require_new(out: Path) -> None:
    if out.exists():
        raise InputError(f"{out}: is there already; delete it, or choose another --out")
    require_folder(out.parent)


def _compare(file: Path, name: str) -> None:
    from training.files.tables import read_as_text
    from training.local.progress import reported
    from training.schemas.built_in import schema_named
    from training.schemas.comparison import differences

    schema = schema_named(name)
    with reported() as progress:
        progress(f"comparing {file} with {name}")
        found = differences(schema, read_as_text(file))
    if found:
        raise CheckFailedError("\n".join(f"{file}: {line}" for line in found))
    typer.echo(f"{file} fits {name}")
    say_next(fraud("train", "--data", file, "--schema", name))
