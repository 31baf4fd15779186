"""The schema: the columns of a payment and their meaning. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FAMILY: Final = "*"
"""The end of a name that stands for all columns whose names begin with the rest of it."""


class Kind(StrEnum):
    """The kind of an attribute."""

    NUMBER = "number"
    FLAG = "flag"
    CATEGORY = "category"
    PLACE = "place"


class Unit(StrEnum):
    """The unit of a numeric time column."""

    SECOND = "second"
    HOUR = "hour"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Time:
    """The column with the time of a payment.

    Attributes
    ----------
    column : str
    unit : Unit or None
        The unit in which it counts from the start of the data; None if it holds timestamps.
    first : int
        The smallest count.
    """

    column: str
    unit: Unit | None = None
    first: int = 0

    @property
    def has_hours(self) -> bool:
        """Whether it tells the hour of the day."""
        return self.unit is not Unit.DAY


@dataclass(frozen=True, slots=True)
class Attribute:
    """Another fact about a payment that is known before the money moves.

    Attributes
    ----------
    name : str
        The name of its column, or a new name if it is derived from columns of other names.
    kind : Kind
    columns : tuple of str
        One column, or two for a place: latitude and longitude. A name that ends with `FAMILY`
        stands for several columns.
    prefix : str or None
        If given, the attribute is the flag whether the column's text begins with this prefix.
    label : str
        The words for the attribute in reasons.
    levels : tuple of str
        All values of a category, if the data can have no others.
    """

    name: str
    kind: Kind
    columns: tuple[str, ...]
    prefix: str | None = None
    label: str = ""
    levels: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The words for the attribute: its label, or its name."""
        return self.label or self.name.replace("_", " ")


class Ids(StrEnum):
    """The form of account and transaction ids."""

    TEXT = "text"
    """1 to 128 printable characters, with inner spaces."""

    CODE = "code"
    """1 to 64 printable ASCII characters without spaces."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """The payments by which money comes in to the payer: those with a value of a category.

    Attributes
    ----------
    attribute : str
        A category with `levels`.
    values : tuple of str
    """

    attribute: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns whose meaning is the same in every data set.

    Attributes
    ----------
    time : Time
    amount, label : str
    payer, payee, id, balance, payee_balance, label_time, weight : str or None
    after : tuple of str
        Columns known only after the decision; accepted, and never features.
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


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a data set.

    Attributes
    ----------
    name : str
    currency : str
        The currency of amounts; empty if the data does not say.
    decimals : int
        Decimal places of an amount, 0 to 6.
    timezone : str
        IANA name of the time zone of times without an offset.
    label_delay_s : int
        Seconds between a fraud and its label.
    peer_group : str or None
        A category: a payment is compared with the payments of the same value.
    roles : Roles
    attributes : dict of Attribute
        By name, in the file's order.
    entities : dict of str
        The column of each further entity with a history, such as a device, by the entity's name.
    ignore : tuple of str
        Columns that are accepted and dropped.
    ids : Ids
        The form of account and transaction ids.
    shared_accounts : bool
        Equal ids of payers and payees are one account, which receives and pays.
    incoming : Incoming or None
        Payments that leave no balance; None if there are none.
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
    ids: Ids = Ids.TEXT
    shared_accounts: bool = False
    incoming: Incoming | None = None

    def columns(self) -> tuple[str, ...]:
        """Every column that is read, each once: roles, attributes, entities."""
        named = [column for column, _ in self.roles.by_column()]
        named += [name for attribute in self.attributes.values() for name in attribute.columns]
        return tuple(dict.fromkeys([*named, *self.entities.values()]))
