"""The schema of a file: the given one, or the built-in one that its header fits."""

import json
from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.plain_schema import schema_from_dict
from fraud_api_lambda.domain.schema import FAMILY, Schema
from training.errors import InputError
from training.files.sources import is_parquet
from training.files.tables import header, schema_of
from training.hints import fraud
from training.option_values import BUILT_IN
from training.reading.columns import LOG, all_renamed, excerpt, shown
from training.reading.rules import rules_of
from training.schemas.built_in import built_in, schema_named

MOST_SHOWN: Final = 5

OF_EXPORT: Final = b"fraud:schema"
"""The key of the schema, as JSON, in the metadata of an exported log."""

MOSTLY: Final = 0.5
"""The share of a schema's columns from which a file is taken for one that misspells the others."""


def schema_of_file(data: Path, name: str | None) -> Schema:
    """The named schema, or an export's own, or the built-in one whose columns a file mostly has.

    Parameters
    ----------
    data : Path
    name : str, optional
        The name of a built-in schema, or the path of a schema file.

    Raises
    ------
    InputError
        If the schema cannot be read or lacks a column of the file, or no built-in one fits.
    """
    names = [each for each in header(data) if not each.startswith(LOG)]
    if name is not None:
        schema = schema_named(name)
        _refuse_unknown(data, names, schema)
        return expanded(schema, names)
    exported = _of_export(data)
    if exported is not None:
        return exported
    for each in BUILT_IN:
        schema = built_in(each)
        wanted = {rule.column for rule in rules_of(schema, Learned(), labelled=False)}
        if _is_meant(wanted, names):
            return schema
    describe = fraud("describe", data, "--out", "schema.toml")
    raise InputError(
        f"{data}: its columns are those of no built-in schema ({', '.join(BUILT_IN)}); draft one "
        f"with {describe}, then give it with --schema schema.toml; its first line is "
        f"{excerpt(names)}"
    )


def _of_export(data: Path) -> Schema | None:
    """The schema that an exported log brings along; None for other files."""
    metadata = schema_of(data).metadata if is_parquet(data) else None
    written = (metadata or {}).get(OF_EXPORT)
    if written is None:
        return None
    try:
        return schema_from_dict(json.loads(written))
    except ValueError as error:
        raise InputError(
            f"{data}: the schema in its metadata is damaged ({error}); give it with --schema FILE"
        ) from error


def _is_meant(wanted: set[str], names: Sequence[str]) -> bool:
    """Whether a header has most of the wanted columns, or misspells every one that it lacks."""
    absent = [name for name in wanted if name not in names]
    if len(absent) <= (1 - MOSTLY) * len(wanted):
        return True
    return bool(all_renamed([name for name in names if name not in wanted], absent))


def expanded(schema: Schema, names: Sequence[str]) -> Schema:
    """The schema with the columns of each family, as attributes or ignored."""
    named = set(schema.columns())
    attributes = {}
    for attribute in schema.attributes.values():
        stem = attribute.columns[0].removesuffix(FAMILY)
        if stem == attribute.columns[0]:
            attributes[attribute.name] = attribute
            continue
        for name in names:
            if name.startswith(stem) and name not in named:
                attributes[name] = replace(attribute, name=name, columns=(name,))
    wide = replace(schema, attributes=attributes)
    return replace(wide, ignore=_ignored(wide, names))


def _ignored(schema: Schema, names: Sequence[str]) -> tuple[str, ...]:
    """The ignored columns, with the members of each family."""
    used = set(schema.columns())
    found: dict[str, None] = {}
    for ignored in schema.ignore:
        stem = ignored.removesuffix(FAMILY)
        members = [name for name in names if name.startswith(stem) and name not in used]
        found |= dict.fromkeys([ignored] if stem == ignored else members)
    return tuple(found)


def _refuse_unknown(data: Path, names: Sequence[str], schema: Schema) -> None:
    """Raise `InputError` for a column that the given schema does not name."""
    known = {*schema.columns(), *schema.ignore}
    families = tuple(name.removesuffix(FAMILY) for name in known if name.endswith(FAMILY))
    unknown = [name for name in names if name and name not in known]
    unknown = [name for name in unknown if not (families and name.startswith(families))]
    if unknown:
        absent = [name for name in schema.columns() if name not in names]
        raise InputError(f"{data}: {_unknown(unknown, schema.name, absent)}")


def _unknown(unknown: Sequence[str], schema: str, absent: Sequence[str]) -> str:
    """Columns that a schema does not name; one of `absent` may be a misspelling of the first."""
    first = shown(unknown[0])
    names = ", ".join(map(shown, unknown[:MOST_SHOWN]))
    rest = len(unknown) - MOST_SHOWN
    names += f" and {rest:,} more" if rest > 0 else ""
    subject, each = (f"column {names} is", "it")
    if len(unknown) > 1:
        subject, each = (f"columns {names} are", "each")
    fault = f"{subject} not in schema {schema}"
    if near := get_close_matches(unknown[0], absent, 1):
        return f"{fault}, which has {shown(near[0])} instead: write {first} there"
    return (
        f"{fault}: give {each} a kind under [attributes], such as "
        f'{first} = "number", or add {each} to ignore'
    )
