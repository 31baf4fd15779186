"""The built-in schemas, and a schema by its name or path."""

from pathlib import Path

from fraud_api_lambda.domain.schema import Schema
from training.errors import InputError
from training.option_values import BUILT_IN
from training.schemas.file import read_schema


def built_in(name: str) -> Schema:
    """The built-in schema of this name, one of `BUILT_IN`."""
    return read_schema(Path(__file__).with_name(f"{name}.toml"))


def schema_named(text: str) -> Schema:
    """The built-in schema of this name, else the schema in the file at this path.

    Raises
    ------
    InputError
        If it is neither, or the file has faults.
    """
    if text in BUILT_IN:
        return built_in(text)
    path = Path(text)
    if path.exists():
        return read_schema(path)
    raise InputError(f"--schema {text}: not there; give a TOML file, or {' or '.join(BUILT_IN)}")
