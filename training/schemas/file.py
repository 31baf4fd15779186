"""Read a schema from a TOML file, and report all of its problems at once."""

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
)

from fraud_api_lambda.domain.moment import zone_names, zone_of
from fraud_api_lambda.domain.schema import (
    Attribute,
    Ids,
    Incoming,
    Kind,
    Roles,
    Schema,
    Time,
    Unit,
)
from training.errors import InputError
from training.schemas.contradictions import contradictions
from training.schemas.problems import UNDECIDED, Problem, in_file, line_number, problem_of, shown

SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400}
LONGEST_DELAY_S: Final = 400 * 86_400
MOST_ATTRIBUTES: Final = 500
MOST_ENTITIES: Final = 4
MOST_LEVELS: Final = 100


def _matching(pattern: str, right: str) -> AfterValidator:
    """Require that a whole text matches; `right` describes one that does, for the message."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(f"{shown(value)} is not allowed; write {right}")
        return value

    return AfterValidator(check)


def _decided(value: str) -> str:
    if value == UNDECIDED:
        raise ValueError("'?' is undecided: write a column's name, or delete the line")
    return value


def _delay(value: str) -> str:
    if int(value[:-1]) * SECONDS[value[-1]] > LONGEST_DELAY_S:
        raise ValueError("a delay is at most 400 days")
    return value


def _zone(value: str) -> str:
    try:
        zone_of(value)
    except ValueError:
        near = get_close_matches(value, sorted(zone_names()), 1)
        raise ValueError(
            f"{value!r} is not a timezone{f'; did you mean {near[0]}?' if near else ''}"
        ) from None
    return value


Text = Annotated[str, _matching(r"[^\x00-\x1f\x7f]{1,128}", "1 to 128 printable characters")]
Column = Annotated[Text, AfterValidator(_decided)]
Name = Annotated[str, _matching("[a-z][a-z0-9_-]{0,31}", "small letters, digits, - and _")]
Label = Annotated[str, _matching(r"[^\x00-\x1f\x7f]{0,60}", "at most 60 printable characters")]
Currency = Annotated[str, _matching("([A-Z]{3})?", "three capitals, such as USD")]
Delay = Annotated[str, _matching("[0-9]{1,6}[mhd]", "7d, 36h or 90m"), AfterValidator(_delay)]
KindName = Literal["number", "flag", "category"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Time(_Table):
    column: Column
    unit: Literal["second", "hour", "day"] | None = None
    first: Annotated[int, Field(ge=0, le=1_000)] = 0


class _Roles(_Table):
    time: Annotated[
        Annotated[Column, Tag("name")] | Annotated[_Time, Tag("table")],
        Discriminator(lambda value: "table" if isinstance(value, dict | _Time) else "name"),
    ]
    amount: Column
    label: Column
    payer: Column | None = None
    payee: Column | None = None
    id: Column | None = None
    balance: Column | None = None
    payee_balance: Column | None = None
    label_time: Column | None = None
    weight: Column | None = None
    after: list[Column] = []

    def as_roles(self) -> Roles:
        time = self.time if isinstance(self.time, _Time) else _Time(column=self.time)
        rest = {name: getattr(self, name) for name in type(self).model_fields if name != "time"}
        unit = Unit(time.unit) if time.unit else None
        return Roles(
            time=Time(time.column, unit, time.first), **{**rest, "after": tuple(self.after)}
        )


class _Described(_Table):
    kind: KindName
    column: Column | None = None
    label: Label = ""
    levels: Annotated[list[Text], Field(max_length=MOST_LEVELS)] = []


class _Incoming(_Table):
    attribute: Text
    values: Annotated[list[Text], Field(min_length=1)]


class _Prefixed(_Table):
    column: Column
    prefix: Text
    label: Label = ""


def _form(value: Any) -> str | None:
    match value:
        case str():
            return "kind"
        case list():
            return "place"
        case dict():
            return "prefix" if "prefix" in value else "described"
    return None


_Attribute = Annotated[
    Annotated[KindName, Tag("kind")]
    | Annotated[tuple[Column, Column], Field(strict=False), Tag("place")]
    | Annotated[_Described, Tag("described")]
    | Annotated[_Prefixed, Tag("prefix")],
    Discriminator(_form),
]


class _File(_Table):
    name: Name
    currency: Currency = ""
    decimals: Annotated[int, Field(ge=0, le=6)] = 2
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    label_delay: Delay = "0d"
    peer_group: str | None = None
    ids: Literal["text", "code"] = "text"
    shared_accounts: bool = False
    incoming: _Incoming | None = None
    ignore: list[Column] = []
    roles: _Roles
    attributes: Annotated[dict[Text, _Attribute], Field(max_length=MOST_ATTRIBUTES)] = {}
    entities: Annotated[dict[Name, Column], Field(max_length=MOST_ENTITIES)] = {}

    def as_schema(self) -> Schema:
        incoming = self.incoming
        return Schema(
            name=self.name,
            currency=self.currency,
            decimals=self.decimals,
            timezone=self.timezone,
            label_delay_s=int(self.label_delay[:-1]) * SECONDS[self.label_delay[-1]],
            peer_group=self.peer_group,
            roles=self.roles.as_roles(),
            attributes={name: _attribute(name, value) for name, value in self.attributes.items()},
            entities=dict(self.entities),
            ignore=tuple(self.ignore),
            ids=Ids(self.ids),
            shared_accounts=self.shared_accounts,
            incoming=None
            if incoming is None
            else Incoming(incoming.attribute, tuple(incoming.values)),
        )


def _attribute(name: str, value: str | tuple[str, str] | _Described | _Prefixed) -> Attribute:
    match value:
        case str():
            return Attribute(name, Kind(value), (name,))
        case tuple():
            return Attribute(name, Kind.PLACE, value)
        case _Described():
            column, levels = value.column or name, tuple(value.levels)
            return Attribute(name, Kind(value.kind), (column,), None, value.label, levels)
        case _Prefixed():
            return Attribute(name, Kind.FLAG, (value.column,), value.prefix, value.label)


def read_schema(path: Path) -> Schema:
    """The schema that a TOML file describes.

    Raises
    ------
    InputError
        With one line for each problem: the file, the line, the key, the fault and the remedy.
    """
    try:
        text = path.read_text(encoding="utf-8")
        value = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; give a TOML file with --schema") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    schema, problems = _read(value)
    if schema is None or problems:
        problems.sort(key=lambda problem: line_number(text, problem[0]) or 0)
        raise InputError("\n".join(in_file(path, text, problem) for problem in problems))
    return schema


def _read(value: dict[str, Any]) -> tuple[Schema | None, list[Problem]]:
    try:
        schema = _File.model_validate(value).as_schema()
    except ValidationError as caught:
        return None, [problem_of(error, _keys_in) for error in caught.errors()]
    return schema, list(contradictions(schema))


def _keys_in(table: tuple[str, ...]) -> list[str]:
    match table:
        case ():
            return list(_File.model_fields)
        case ("roles",):
            return list(_Roles.model_fields)
        case ("roles", "time"):
            return list(_Time.model_fields)
        case ("incoming",):
            return list(_Incoming.model_fields)
    return ["kind", "column", "prefix", "label", "levels"]
