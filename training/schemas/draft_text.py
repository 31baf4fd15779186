"""A drafted schema, and its TOML file with comments for the person who completes it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from training.schemas.problems import UNDECIDED


@dataclass(slots=True)
class Draft:
    """The lines of a schema file, by table.

    Attributes
    ----------
    roles, attributes : dict of str
        The right side of each line, by its left side.
    notes : dict of str
        A comment on a column: a question to decide, or the reason to ignore it.
    role_notes : dict of str
        Why the column that a role has, or that its name suggests, does not suit it.
    candidates : set of str
        Columns whose role is undecided: neither attributes nor ignored.
    ignore : list of str
        Columns that training would skip.
    after : list of str
        Columns that exist only after the decision.
    peer_group : str or None
        The category whose members are compared with each other.
    shared_accounts : bool
        Whether payers are payees of other rows.
    """

    roles: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    role_notes: dict[str, str] = field(default_factory=dict)
    candidates: set[str] = field(default_factory=set)
    ignore: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    peer_group: str | None = None
    shared_accounts: bool = False

    @property
    def undecided(self) -> int:
        """The number of decisions that are left to a person."""
        return [*self.roles.values(), *self.attributes.values()].count(quoted(UNDECIDED))


def as_toml(made: Draft, name: str) -> str:
    """The text of a schema file, with the notes as comments."""
    lines = [f"name = {quoted(name)}", 'currency = ""', "decimals = 2", 'timezone = "UTC"']
    lines.append('label_delay = "7d"                # time until a fraud is reported')
    if made.peer_group:
        lines.append(f"peer_group = {quoted(made.peer_group)}")
    if made.shared_accounts:
        lines.append("shared_accounts = true            # payers are payees of other rows")
    lines += ["ignore = [", *_ignored(made), "]"] if made.ignore else []
    lines += ["", "[roles]"]
    lines += _table(made.roles, made.role_notes)
    if made.after:
        lines.append(f"after = [{', '.join(map(quoted, made.after))}]  # known only afterwards")
    if made.attributes:
        lines += ["", "[attributes]", *_table(made.attributes, made.notes)]
    return "\n".join(lines) + "\n"


def _ignored(made: Draft) -> Iterable[str]:
    return (f"    {quoted(name)},  # {made.notes[name]}" for name in made.ignore)


def _table(rows: dict[str, str], notes: dict[str, str]) -> Iterable[str]:
    for name, value in rows.items():
        key = name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)
        yield f"{key} = {value}" + (f"  # {notes[name]}" if name in notes else "")


def quoted(text: str) -> str:
    """A text as a TOML string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
