"""The schema: which columns a payment has, and what each of them means. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FAMILY: Final = "*"
"""At the end of a column's name: all columns that begin like it."""


class Kind(StrEnum):
    """What an attribute is."""

    NUMBER = "number"
    FLAG = "flag"
    CATEGORY = "category"
    PLACE = "place"


class Unit(StrEnum):
    """What a column of time counts, where it holds numbers."""

    SECOND = "second"
    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        """Seconds in one of it."""
        return {Unit.SECOND: 1, Unit.HOUR: 3_600, Unit.DAY: 86_400}[self]


@dataclass(frozen=True, slots=True)
class Time:
    """The column that says when a payment is made.

    Attributes
    ----------
    column : str
    unit : Unit or None
        What it counts since the data began; None where it holds moments.
    """

    column: str
    unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What else is known of a payment before the money moves.

    Attributes
    ----------
    name : str
        The column's own name, or a name for what is made of other columns.
    kind : Kind
    columns : tuple of str
        One column; of a place two, latitude and longitude. A column that ends with `FAMILY` stands
        for all columns that begin like it.
    prefix : str or None
        Of a flag: whether the column's text begins with it.
    label : str
        The attribute in words, for reasons.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    prefix: str | None = None
    label: str = ""

    @property
    def is_family(self) -> bool:
        """Whether it stands for several columns."""
        return self.columns[0].endswith(FAMILY)


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that mean the same in every data set.

    Attributes
    ----------
    time : Time
    amount, label : str
    payer, payee, id, balance, payee_balance, label_time, weight : str or None
    after : tuple of str
        Known only after the decision: accepted, and never a feature.
    """

    time: Time
    amount: str
    label: str
    payer: str | None = None
    payee: str | None = None
    id: str | None = None
    balance: str | None = None
    payee_balance: str | None = None
    label_time: str | None = None
    weight: str | None = None
    after: tuple[str, ...] = ()

    def by_column(self) -> Iterator[tuple[str, str]]:
        """Each column with its role."""
        yield self.time.column, "time"
        for role in SINGLE_ROLES:
            column = getattr(self, role)
            if column is not None:
                yield column, role
        yield from ((column, "after") for column in self.after)


MANDATORY_ROLES: Final = ("time", "amount", "label")
SINGLE_ROLES: Final = (
    "amount",
    "label",
    "payer",
    "payee",
    "id",
    "balance",
    "payee_balance",
    "label_time",
    "weight",
)
ROLES: Final = ("time", *SINGLE_ROLES, "after")


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a data set.

    Attributes
    ----------
    name : str
    currency : str
        What amounts are in; empty where the data do not say.
    decimals : int
        Of an amount, 0 to 6.
    timezone : str
        IANA's name of the zone of times without an offset.
    label_delay_s : int
        Seconds after which a fraud is known to be one.
    peer_group : str or None
        The category whose payments a payment is compared with.
    roles : Roles
    attributes : dict of Attribute
        By name, in the file's order.
    entities : dict of str
        The column of each further entity that has a history, by the entity's name.
    ignore : tuple of str
        Columns that are accepted and dropped.
    """

    name: str
    roles: Roles
    currency: str = ""
    decimals: int = 2
    timezone: str = "UTC"
    label_delay_s: int = 0
    peer_group: str | None = None
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    entities: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once: roles, attributes, entities."""
        named = [column for column, _ in self.roles.by_column()]
        named += [column for each in self.attributes.values() for column in each.columns]
        return tuple(dict.fromkeys([*named, *self.entities.values()]))
