"""Contradictions in a schema whose every value is allowed. Pure."""

from collections.abc import Iterator

from fraud_api_lambda.domain.accounts import PAYEE, PAYER, RECEIVED
from fraud_api_lambda.domain.schema import Kind, Schema
from training.schemas.problems import Problem, hint


def contradictions(schema: Schema) -> Iterator[Problem]:
    """Columns that are used twice, and names of categories and levels that do not exist."""
    used: dict[str, str] = {}
    yield from _of_roles(schema, used)
    yield from _of_attributes(schema, used)
    yield from _of_prefixes(schema, used)
    for column in set(schema.columns()).intersection(schema.ignore):
        yield ("ignore",), f"{column} is in use elsewhere in this file"
    attributes = schema.attributes.values()
    categories = [attribute.name for attribute in attributes if attribute.kind is Kind.CATEGORY]
    if schema.peer_group is not None and schema.peer_group not in categories:
        nearest = hint(schema.peer_group, categories)
        yield ("peer_group",), f"{schema.peer_group!r} is not a category; {nearest}"
    yield from _of_levels(schema)
    for name in schema.entities.keys() & {PAYER, PAYEE, RECEIVED}:
        yield ("entities", name), f"{name} has a history of its own already; choose another name"


def _of_roles(schema: Schema, used: dict[str, str]) -> Iterator[Problem]:
    """Columns with two roles; adds the meaning of each column to `used`."""
    for column, role in schema.roles.by_column():
        if column in used:
            yield ("roles", role), f"{column} is the {used[column]} already"
        used.setdefault(column, role)


def _of_attributes(schema: Schema, used: dict[str, str]) -> Iterator[Problem]:
    """Columns with another meaning already; adds the meaning of each column to `used`."""
    for attribute in schema.attributes.values():
        for column in attribute.columns if attribute.prefix is None else ():
            if column in used:
                yield (
                    ("attributes", attribute.name),
                    f"{column} is the {used[column]} already; delete the line",
                )
            used.setdefault(column, f"{attribute.kind} {attribute.name}")


def _of_prefixes(schema: Schema, used: dict[str, str]) -> Iterator[Problem]:
    """Prefixes of columns that hold no texts."""
    for attribute in schema.attributes.values():
        meaning = used.get(attribute.columns[0], "")
        is_text = meaning.startswith("category") or meaning in {"", "payer", "payee", "id"}
        if attribute.prefix is not None and not is_text:
            yield (
                ("attributes", attribute.name),
                f"{attribute.columns[0]} is the {meaning}, which has no prefix; delete the line",
            )


def _of_levels(schema: Schema) -> Iterator[Problem]:
    """Levels of another kind than a category, and incoming payments that no level names."""
    for attribute in schema.attributes.values():
        if attribute.levels and attribute.kind is not Kind.CATEGORY:
            yield ("attributes", attribute.name, "levels"), "only a category has levels"
    if schema.incoming is None:
        return
    category = schema.attributes.get(schema.incoming.attribute)
    levels = () if category is None else category.levels
    for value in schema.incoming.values:
        if value not in levels:
            yield (
                ("incoming", "values"),
                _no_level(value, schema.incoming.attribute),
            )


def _no_level(value: str, attribute: str) -> str:
    listed = f'{attribute} = {{kind = "category", levels = [...]}}'
    return f"{value!r} is not among the levels of {attribute}; list them: {listed}"
