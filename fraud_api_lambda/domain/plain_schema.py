"""A schema and its learned properties as plain data, as bundles hold them. Pure.

Reading raises `ValueError` with the name of the field and the rule that it breaks.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.learned import Learned, Rates
from fraud_api_lambda.domain.plain_values import (
    MOST,
    choice,
    dataclass_fields,
    flag,
    items,
    numbers,
    optional,
    plain,
    share,
    table,
    text,
    texts,
    whole,
)
from fraud_api_lambda.domain.schema import (
    SINGLE_ROLES,
    Attribute,
    Ids,
    Incoming,
    Kind,
    Roles,
    Schema,
    Time,
    Unit,
)


def schema_as_dict(schema: Schema) -> JsonObject:
    """The schema as plain data."""
    given: JsonObject = plain(asdict(schema))
    return {**given, "attributes": list(given["attributes"].values())}


def schema_from_dict(value: object) -> Schema:
    """The schema that `schema_as_dict` wrote."""
    given = dataclass_fields(Schema, "schema", value)
    schema = Schema(
        name=text("name", given["name"]),
        roles=_roles(given["roles"]),
        currency=text("currency", given["currency"], least=0),
        decimals=whole("decimals", given["decimals"], 6),
        timezone=text("timezone", given["timezone"]),
        label_delay_s=whole("label_delay_s", given["label_delay_s"], 400 * 86_400),
        peer_group=optional(text, "peer_group", given["peer_group"]),
        attributes=_attributes(given["attributes"]),
        entities=table(text, "entities", given["entities"]),
        ignore=texts("ignore", given["ignore"]),
        ids=choice(Ids, "ids", given["ids"]),
        shared_accounts=flag("shared_accounts", given["shared_accounts"]),
        incoming=optional(_incoming, "incoming", given["incoming"]),
    )
    _check_columns(schema)
    _check_categories(schema)
    return schema


def learned_as_dict(learned: Learned) -> JsonObject:
    """The learned properties as plain data."""
    given: JsonObject = plain(asdict(learned))
    return given


def learned_from_dict(value: object, schema: Schema) -> Learned:
    """The learned properties of a schema's columns that `learned_as_dict` wrote."""
    given = dataclass_fields(Learned, "learned", value)
    learned = Learned(
        levels=table(texts, "levels", given["levels"]),
        rates=table(_rates, "rates", given["rates"]),
        flags=table(_pair, "flags", given["flags"]),
        fills=table(numbers, "fills", given["fills"]),
        digits=texts("digits", given["digits"]),
        histories=texts("histories", given["histories"]),
    )
    _check_histories(schema, learned)
    _check_values(schema.attributes, learned)
    _check_fills(schema.attributes, learned)
    _check_incoming(schema.incoming, learned)
    return learned


def _check_columns(schema: Schema) -> None:
    """Require one meaning of each column; its text may tell a flag by its prefix as well."""
    meanings = Counter(column for column, _ in schema.roles.by_column())
    for attribute in schema.attributes.values():
        meanings.update(attribute.columns if attribute.prefix is None else ())
    twice = [column for column, count in meanings.items() if count > 1]
    if twice:
        raise ValueError(f"roles and attributes use column {twice[0]} twice")


def _check_categories(schema: Schema) -> None:
    categories = {each.name for each in schema.attributes.values() if each.kind is Kind.CATEGORY}
    if schema.peer_group is not None and schema.peer_group not in categories:
        raise ValueError("peer_group is not a category")
    if schema.incoming is not None and schema.incoming.attribute not in categories:
        raise ValueError("incoming.attribute is not a category")


def _check_histories(schema: Schema, learned: Learned) -> None:
    named = set(learned.histories)
    if not named <= accounts_of(schema).keys() or len(named) < len(learned.histories):
        raise ValueError("histories are not accounts of the schema, or one is there twice")


def _check_values(attributes: Mapping[str, Attribute], learned: Learned) -> None:
    """Require the values of each category and of each flag without a prefix, and no others."""
    categories = [each.name for each in attributes.values() if each.kind is Kind.CATEGORY]
    if sorted([*learned.levels, *learned.rates]) != sorted(categories):
        raise ValueError("levels and rates are not of each category once")
    for name, levels in learned.levels.items():
        if attributes[name].levels not in ((), levels):
            raise ValueError(f"levels.{name} are not the schema's")
    if closed := [name for name in learned.rates if attributes[name].levels]:
        raise ValueError(f"rates.{closed[0]} is of a category with levels in the schema")
    flags = {it.name for it in attributes.values() if it.kind is Kind.FLAG and it.prefix is None}
    if learned.flags.keys() != flags:
        raise ValueError("flags are not of each flag without a prefix")


def _check_fills(attributes: Mapping[str, Attribute], learned: Learned) -> None:
    for name, fill in learned.fills.items():
        if name not in attributes:
            raise ValueError("fills have a name that is not an attribute's")
        is_place = attributes[name].kind is Kind.PLACE
        needed = 2 if is_place else 0 if name in learned.levels else 1
        if len(fill) != needed:
            raise ValueError(f"fills.{name} are not {needed} numbers")


def _check_incoming(incoming: Incoming | None, learned: Learned) -> None:
    if incoming is None:
        return
    if not set(incoming.values) <= set(learned.levels.get(incoming.attribute, ())):
        raise ValueError("incoming.values are not all levels")


def _roles(value: object) -> Roles:
    given = dataclass_fields(Roles, "roles", value)
    named = [role for role in SINGLE_ROLES if role not in {"amount", "label"}]
    return Roles(
        time=_time(given["time"]),
        amount=text("roles.amount", given["amount"]),
        label=text("roles.label", given["label"]),
        after=texts("roles.after", given["after"]),
        **{role: optional(text, f"roles.{role}", given[role]) for role in named},
    )


def _time(value: object) -> Time:
    given = dataclass_fields(Time, "roles.time", value)
    return Time(
        column=text("roles.time.column", given["column"]),
        unit=optional(partial(choice, Unit), "roles.time.unit", given["unit"]),
        first=whole("roles.time.first", given["first"], MOST),
    )


def _attributes(value: object) -> dict[str, Attribute]:
    attributes = [_attribute(each) for each in items("attributes", value)]
    by_name = {attribute.name: attribute for attribute in attributes}
    if len(by_name) < len(attributes):
        raise ValueError("attributes have a name twice")
    return by_name


def _attribute(value: object) -> Attribute:
    given = dataclass_fields(Attribute, "attributes", value)
    name = text("attributes.name", given["name"])
    attribute = Attribute(
        name=name,
        kind=choice(Kind, f"attributes.{name}.kind", given["kind"]),
        columns=texts(f"attributes.{name}.columns", given["columns"]),
        prefix=optional(text, f"attributes.{name}.prefix", given["prefix"]),
        label=text(f"attributes.{name}.label", given["label"], least=0),
        levels=texts(f"attributes.{name}.levels", given["levels"]),
    )
    if len(attribute.columns) != (2 if attribute.kind is Kind.PLACE else 1):
        raise ValueError(f"attributes.{name}.columns are too many or too few")
    if attribute.prefix is not None and attribute.kind is not Kind.FLAG:
        raise ValueError(f"attributes.{name}.prefix is of a {attribute.kind}, not of a flag")
    if attribute.levels and attribute.kind is not Kind.CATEGORY:
        raise ValueError(f"attributes.{name}.levels are of a {attribute.kind}, not of a category")
    return attribute


def _incoming(name: str, value: object) -> Incoming:
    given = dataclass_fields(Incoming, name, value)
    attribute = text(f"{name}.attribute", given["attribute"])
    return Incoming(attribute, texts(f"{name}.values", given["values"]))


def _rates(name: str, value: object) -> Rates:
    given = dataclass_fields(Rates, name, value)
    by_value = table(share, f"{name}.by_value", given["by_value"])
    return Rates(share(f"{name}.overall", given["overall"]), by_value)


def _pair(name: str, value: object) -> tuple[str, str]:
    found = items(name, value)
    if len(found) != 2:
        raise ValueError(f"{name} are not two texts")
    first, second = (text(name, each, least=0) for each in found)
    return first, second
