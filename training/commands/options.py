"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from training.distributed.engine_options import ENGINES
from training.errors import InputError
from training.option_names import one_of
from training.option_values import BUILT_IN

BUILD = Path("build/model")
"""The default directory of `train`; git ignores it."""

DEMO = Path("build/demo")
"""The default directory of `run`, `demo` and `invoke`, which no other command reads by default."""

_HOURS: Final = {"": 1, "h": 1, "d": 24}

TIME = "COUNT|DATE"
FIRST = "First count, or date and time."
LAST = "Last count, or date and time."
"""Options that name a time; the schema's time column decides between the two forms."""

DataFile = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="FILE",
        help="Transactions: CSV, TSV (.gz, .zip too) or Parquet.",
        show_default=False,
    ),
]
HistoryFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Earlier labelled payments, which only fill the account histories.",
        show_default=False,
    ),
]
SchemaName = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar=f"FILE|{'|'.join(BUILT_IN)}",
        help="The columns of the file.",
        show_default="the built-in schema that fits",
    ),
]
ModelDirectory = Annotated[
    Path, typer.Option("--model", metavar="DIR", help="Directory of a trained model.")
]
ModelArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[DIR]", help="The same as --model DIR.", show_default=False),
]
Bucket = Annotated[
    str,
    typer.Option(metavar="NAME", envvar="FRAUD_MODEL_BUCKET", help="S3 bucket of the models."),
]
Parameter = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        envvar="FRAUD_MODEL_PARAMETER",
        help="SSM parameter that points at the served model.",
    ),
]
TableName = Annotated[
    str,
    typer.Option(
        "--table", metavar="NAME", envvar="FRAUD_TABLE", help="DynamoDB table of the memory."
    ),
]
SecretParameter = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        envvar="FRAUD_SECRET_PARAMETER",
        help="SSM parameter with the secret of the table's ids and seals.",
    ),
]
SECRET: Final = "/fraud/secret"  # noqa: S105  # a name

Seed = Annotated[
    int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="Same seed, same result.")
]
Rows = Annotated[int, typer.Option(metavar="N", min=1_000, help="Transactions to simulate.")]
OutFile = Annotated[Path, typer.Option(metavar="FILE", help="CSV or Parquet file to write.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the changes without making them.")]
EngineName = Annotated[
    str, typer.Option("--engine", metavar=one_of(ENGINES), help="Engine that computes.")
]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT|auto",
        help="Address of a Ray cluster.",
        show_default="start Ray on this machine",
    ),
]
AllowSimulated = Annotated[
    bool, typer.Option("--allow-simulated", help="Serve a model of simulated data too.")
]
SchemaChange = Annotated[
    bool,
    typer.Option("--schema-change", help="Serve a model whose callers must change their requests."),
]


def model_directory(argument: Path | None, option: Path) -> Path:
    """The directory of the model, given as an argument or with ``--model``.

    Raises
    ------
    InputError
        If both are given and differ.
    """
    if argument is not None and option not in {BUILD, argument}:
        raise InputError(f"{argument} and --model {option}: two models; give one of them")
    return argument or option


def require_schema(name: str | None) -> None:
    """Raise `InputError` unless a given name is a built-in schema, or a file of one."""
    if name is None:
        return
    from training.schemas.built_in import schema_named  # noqa: PLC0415  # so that --help is quick

    schema_named(name)


def hours_of(option: str, text: str | None) -> int | None:
    """The hours of a text such as 24, 36h or 7d; None if it was not given.

    Raises
    ------
    InputError
        If the text has another form.
    """
    if text is None:
        return None
    found = re.fullmatch("([0-9]{1,5})([hd]?)", text)
    if found is None:
        raise InputError(f"{option} {text}: write hours such as 24, or 36h, or days such as 7d")
    return int(found[1]) * _HOURS[found[2]]
