"""Draft a schema: roles by names and values of columns, open questions for a person. Pure."""

import re
from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import pandas as pd

from training.schemas.column_profile import Cells, Profile, profile
from training.schemas.draft_text import Draft, quoted
from training.schemas.problems import UNDECIDED, shown
from training.schemas.unfit import UNFIT, has_lost_digits

MAX_LEVELS: Final = 1_000
MIN_FAMILY: Final = 5
MAX_EMPTY_START: Final = 0.2
"""Share of the rows, at the start of the file, in which a useful column may be empty."""

COORDINATES: Final = (("latitude", "longitude"), ("lat", "long"), ("lat", "lng"), ("lat", "lon"))
CONSTANT: Final = "never changes for a payer"

WORDS: Final[dict[str, tuple[str, ...]]] = {
    "label": ("isfraud", "txfraud", "fraud", "class", "label", "chargeback", "target"),
    "time": ("timestamp", "datetime", "transdate", "date", "time", "step", "ts"),
    "amount": ("amount", "amt", "value", "sum", "total", "price"),
    "payer": ("payer", "customer", "cust", "ccnum", "card", "orig", "sender", "client", "user"),
    "payee": ("payee", "merchant", "terminal", "dest", "receiver", "beneficiary", "shop"),
    "label_time": ("labeltime", "labeledat", "labelledat", "reportedat", "chargebackdate"),
    "id": ("transactionid", "transnum", "transid", "paymentid", "id"),
}
"""Lower-case words in a column's name that suggest its role, the strongest first."""

FITS: Final[dict[str, Callable[[Profile], bool]]] = {
    "label": lambda column: column.n_distinct == 2,
    "time": lambda column: column.cells is not Cells.TEXT and column.is_ascending,
    "amount": lambda column: column.cells is Cells.NUMBER and column.n_distinct > 2,
    "payer": lambda column: column.n_distinct > 2 and _is_id(column),
    "payee": lambda column: column.n_distinct > 2 and _is_id(column),
    "label_time": lambda column: column.cells is not Cells.TEXT,
    "id": lambda column: column.is_unique and _is_id(column),
}


SHARED: Final = 0.01
"""Least share of rows whose payer is the payee of a row."""


def draft(frame: pd.DataFrame) -> Draft:
    """Draft a schema for the columns of a file."""
    profiles = [profile(str(name), frame[name]) for name in frame]
    made = Draft()
    found = _roles(profiles, made)
    found |= _balances(profiles, found, made)
    made.shared_accounts = _share_accounts(found.get("payer"), found.get("payee"))
    taken = {role.name for role in found.values()} | made.candidates
    rest = [column for column in profiles if column.name not in taken]
    rest = _places(_families(rest, made), found.get("payer"), made)
    for column in rest:
        _attribute(column, found, made)
    return made


def _roles(profiles: Sequence[Profile], made: Draft) -> dict[str, Profile]:
    """The best column for each role; a mandatory role without one is left undecided."""
    found: dict[str, Profile] = {}
    for role, words in WORDS.items():
        fitting = [
            column for column in profiles if column not in found.values() and FITS[role](column)
        ]
        best = min(fitting, key=lambda column: _rank(column.name, words), default=None)
        if best is not None and _rank(best.name, words) < len(words):
            found[role] = best
            made.roles[role] = _time(best) if role == "time" else quoted(best.name)
            if role in UNFIT and (fault := UNFIT[role](best)):
                made.role_notes[role] = fault
        elif role in UNFIT:
            made.roles[role] = quoted(UNDECIDED)
            _ask(role, [column for column in profiles if column not in found.values()], made)
    return found


def _ask(role: str, free: Sequence[Profile], made: Draft) -> None:
    """Note why the column whose name suggests a role does not have it."""
    words = WORDS[role]
    best = min(free, key=lambda column: _rank(column.name, words), default=None)
    if best is None or _rank(best.name, words) >= len(words):
        return
    doubt = "is not in the order of the rows; if it is right, write its name"
    made.role_notes[role] = f"{shown(best.name)} {UNFIT[role](best) or doubt}"
    made.candidates.add(best.name)


def _balances(
    profiles: Sequence[Profile], found: dict[str, Profile], made: Draft
) -> dict[str, Profile]:
    """The columns of balances: of payer and payee before the payment, and any after it."""
    taken = {}
    for column in profiles:
        plain = column.name.lower()
        if "balance" not in plain or column.name in {role.name for role in found.values()}:
            continue
        is_payers = re.search("dest|payee|receiver|merchant", plain) is None
        if re.search("new|after", plain):
            made.after.append(column.name)
        elif (role := "balance" if is_payers else "payee_balance") not in made.roles:
            made.roles[role] = quoted(column.name)
        else:
            continue
        taken[column.name] = column
    return taken


def _share_accounts(payer: Profile | None, payee: Profile | None) -> bool:
    """Whether payers are payees of other rows: their ids are texts, and some are the same."""
    if payer is None or payee is None or Cells.NUMBER in {payer.cells, payee.cells}:
        return False
    return bool(payer.values.isin(payee.values.dropna().unique()).mean() >= SHARED)


def _rank(name: str, words: Sequence[str]) -> float:
    """The index of the first word that a name contains; an exact match ranks half a place up."""
    plain = re.sub(r"[\W_]", "", name.lower())
    places = [place - (plain == word) / 2 for place, word in enumerate(words) if word in plain]
    return min(places, default=len(words))


def _time(column: Profile) -> str:
    if column.cells is Cells.TIME:
        return quoted(column.name)
    plain = column.name.lower()
    named = (unit for unit in ("day", "hour", "second") if unit in plain)
    unit = next(named, "hour" if plain == "step" else "second")
    return f'{{column = {quoted(column.name)}, unit = "{unit}"}}'


def _families(profiles: Sequence[Profile], made: Draft) -> list[Profile]:
    """Draft columns such as V1 to V28 as one line; return the other columns."""
    stems: dict[str, list[Profile]] = {}
    for column in profiles:
        numbered = re.fullmatch(r"(.+?)\d+", column.name)
        if numbered and column.cells is Cells.NUMBER:
            stems.setdefault(numbered[1], []).append(column)
    families = {stem: members for stem, members in stems.items() if len(members) >= MIN_FAMILY}
    for stem in families:
        made.attributes[f"{stem}*"] = quoted("number")
    named = {column.name for members in families.values() for column in members}
    return [column for column in profiles if column.name not in named]


def _places(profiles: Sequence[Profile], payer: Profile | None, made: Draft) -> list[Profile]:
    """Draft pairs of latitude and longitude; return the other columns."""
    numbers = {column.name: column for column in profiles if column.cells is Cells.NUMBER}
    taken: set[str] = set()
    for (name, column), (word, other) in product(numbers.items(), COORDINATES):
        partner = re.sub(rf"{word}(?=$|_)", other, name)
        if partner == name or partner not in numbers or name in taken:
            continue
        stem = re.sub(rf"_?{word}(?=$|_)_?", "", name) or "place"
        made.attributes[stem] = f"[{quoted(name)}, {quoted(partner)}]"
        if payer is not None and column.is_constant_within(payer):
            made.notes[stem] = f"{CONSTANT}: probably the home address"
        taken |= {name, partner}
    return [column for column in profiles if column.name not in taken]


def _attribute(column: Profile, found: dict[str, Profile], made: Draft) -> None:
    label, payer = found.get("label"), found.get("payer")
    kind = _kind(column)
    if label is not None and _leaks(column, label):
        made.attributes[column.name] = quoted(UNDECIDED)
        made.notes[column.name] = (
            "may leak the label: is it known before the decision? If not, ignore it"
        )
    elif column.n_distinct < 2:
        _ignore(column, "has one value" if column.n_distinct else "is empty", made)
    elif has_lost_digits(column):
        _ignore(column, "has lost digits: write ids as text where the file is made", made)
    elif column.first_row > MAX_EMPTY_START * len(column.codes):
        _ignore(
            column,
            f"is empty until row {column.first_row + 1:,}: a model would learn the date",
            made,
        )
    elif payer is not None and column.is_constant_within(payer) and kind != "flag":
        _ignore(column, f"{CONSTANT}: a model would memorise payers", made)
    elif _counts_time(column):
        _ignore(column, "is a time or a count of rows: a model would learn the date", made)
    elif kind is None:
        _ignore(column, f"has {column.n_distinct:,} different texts", made)
    else:
        made.attributes[column.name] = quoted(kind)
        if payer is not None and column.is_constant_within(payer):
            made.notes[column.name] = f"{CONSTANT}: is it fair to decide by it?"
        elif kind == "category" and column.cells is Cells.NUMBER:
            made.notes[column.name] = 'codes of one length; "number" if they count or measure'
        if kind == "category" and made.peer_group is None:
            made.peer_group = column.name


def _counts_time(column: Profile) -> bool:
    if column.cells is Cells.NUMBER:
        return column.is_ascending and column.n_distinct > MAX_LEVELS
    return column.cells is Cells.TIME


def _kind(column: Profile) -> str | None:
    if column.n_distinct == 2 and not column.missing:
        return "flag"
    if column.cells is Cells.NUMBER:
        return "category" if _are_codes(column) else "number"
    is_category = column.cells is Cells.TEXT and column.n_distinct <= MAX_LEVELS
    return "category" if is_category else None


def _are_codes(column: Profile) -> bool:
    """Whether numbers are codes, such as merchant categories: few, whole, of 3 or more digits."""
    present = column.values.dropna()
    if column.n_distinct > MAX_LEVELS or (present % 1 != 0).any() or (present < 100).any():
        return False
    lengths = present.astype("int64").astype("str").str.len()
    return column.n_distinct > 2 and lengths.nunique() == 1


def _leaks(column: Profile, label: Profile) -> bool:
    """Whether a column has few distinct values, and most frauds a value that only frauds have."""
    frauds = (label.codes == _minority(label)) & (label.codes >= 0)
    return column.n_distinct < len(column.codes) / 100 and column.frauds_revealed(frauds) > 0.9


def _minority(label: Profile) -> int:
    counts = pd.Series(label.codes[label.codes >= 0]).value_counts()
    return int(counts.index[-1])


def _ignore(column: Profile, why: str, made: Draft) -> None:
    made.ignore.append(column.name)
    made.notes[column.name] = why


def _is_id(column: Profile) -> bool:
    if column.cells is not Cells.NUMBER:
        return True
    return not (has_lost_digits(column) or (column.values.dropna() % 1 != 0).any())
