"""A schema drafted from a file: roles by evidence, and what a person must think about. Pure."""

import re
from collections.abc import Callable, Sequence
from itertools import product
from typing import Final

import pandas as pd

from training.schemas.column_profile import Cells, Profile, profile
from training.schemas.draft_text import Draft, quoted
from training.schemas.problems import UNDECIDED

MOST_LEVELS: Final = 1_000
FAMILY_FROM: Final = 5
LATE_FROM: Final = 0.2
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
"""Parts of names of columns in small letters, the surest first."""

FITS: Final[dict[str, Callable[[Profile], bool]]] = {
    "label": lambda each: each.n_distinct == 2,
    "time": lambda each: each.cells is not Cells.TEXT and each.is_ascending,
    "amount": lambda each: each.cells is Cells.NUMBER and each.n_distinct > 2,
    "payer": lambda each: each.n_distinct > 2 and not _has_decimals(each),
    "payee": lambda each: each.n_distinct > 2 and not _has_decimals(each),
    "label_time": lambda each: each.cells is not Cells.TEXT,
    "id": lambda each: each.is_unique,
}
MANDATORY: Final = ("time", "amount", "label")


def draft(frame: pd.DataFrame) -> Draft:
    """The schema that the columns of a file suggest."""
    profiles = [profile(str(name), frame[name]) for name in frame]
    made = Draft()
    found = _roles(profiles, made)
    found |= _balances(profiles, found, made)
    rest = [each for each in profiles if each.name not in {role.name for role in found.values()}]
    rest = _places(_families(rest, made), found.get("payer"), made)
    for each in rest:
        _attribute(each, found, made)
    return made


def _roles(profiles: Sequence[Profile], made: Draft) -> dict[str, Profile]:
    """The column of each role that the evidence names; mandatory ones are never left out."""
    found: dict[str, Profile] = {}
    for role, words in WORDS.items():
        fitting = [each for each in profiles if each not in found.values() and FITS[role](each)]
        best = min(fitting, key=lambda each: _rank(each.name, words), default=None)
        if best is not None and _rank(best.name, words) < len(words):
            found[role] = best
            made.roles[role] = _time(best) if role == "time" else quoted(best.name)
        elif role in MANDATORY:
            made.roles[role] = quoted(UNDECIDED)
    return found


def _balances(
    profiles: Sequence[Profile], found: dict[str, Profile], made: Draft
) -> dict[str, Profile]:
    """The payer's balance, and balances that exist only afterwards."""
    taken = {}
    for each in profiles:
        plain = each.name.lower()
        if "balance" not in plain or each.name in {role.name for role in found.values()}:
            continue
        is_payers = re.search("dest|payee|receiver|merchant", plain) is None
        if re.search("new|after", plain):
            made.after.append(each.name)
        elif (role := "balance" if is_payers else "payee_balance") not in made.roles:
            made.roles[role] = quoted(each.name)
        else:
            continue
        taken[each.name] = each
    return taken


def _rank(name: str, words: Sequence[str]) -> float:
    """The place of the first word that a name holds; names that are the word come first."""
    plain = re.sub(r"[\W_]", "", name.lower())
    places = [place - (plain == word) / 2 for place, word in enumerate(words) if word in plain]
    return min(places, default=len(words))


def _time(found: Profile) -> str:
    if found.cells is Cells.TIME:
        return quoted(found.name)
    plain = found.name.lower()
    named = (unit for unit in ("day", "hour", "second") if unit in plain)
    unit = next(named, "hour" if plain == "step" else "second")
    return f'{{column = {quoted(found.name)}, unit = "{unit}"}}'


def _families(profiles: Sequence[Profile], made: Draft) -> list[Profile]:
    """Name columns such as V1 to V28 in one line; the others are left."""
    stems: dict[str, list[Profile]] = {}
    for each in profiles:
        numbered = re.fullmatch(r"(.+?)\d+", each.name)
        if numbered and each.cells is Cells.NUMBER:
            stems.setdefault(numbered[1], []).append(each)
    families = {stem: members for stem, members in stems.items() if len(members) >= FAMILY_FROM}
    for stem in families:
        made.attributes[f"{stem}*"] = quoted("number")
    named = {each.name for members in families.values() for each in members}
    return [each for each in profiles if each.name not in named]


def _places(profiles: Sequence[Profile], payer: Profile | None, made: Draft) -> list[Profile]:
    """Name pairs of latitude and longitude; the others are left."""
    numbers = {each.name: each for each in profiles if each.cells is Cells.NUMBER}
    taken: set[str] = set()
    for (name, found), (word, other) in product(numbers.items(), COORDINATES):
        partner = re.sub(rf"{word}(?=$|_)", other, name)
        if partner == name or partner not in numbers or name in taken:
            continue
        stem = re.sub(rf"_?{word}(?=$|_)_?", "", name) or "place"
        made.attributes[stem] = f"[{quoted(name)}, {quoted(partner)}]"
        if payer is not None and found.is_constant_within(payer):
            made.notes[stem] = f"{CONSTANT}: where somebody lives"
        taken |= {name, partner}
    return [each for each in profiles if each.name not in taken]


def _attribute(each: Profile, found: dict[str, Profile], made: Draft) -> None:
    label, payer = found.get("label"), found.get("payer")
    kind = _kind(each)
    if label is not None and _knows(each, label):
        made.attributes[each.name] = quoted(UNDECIDED)
        made.notes[each.name] = (
            "knows the answer: is it there before the decision? If not, ignore it"
        )
    elif each.n_distinct < 2:
        _ignore(each, "has one value", made)
    elif each.first_row > LATE_FROM * len(each.codes):
        _ignore(each, f"is empty until row {each.first_row + 1:,}: a model learns the date", made)
    elif payer is not None and each.is_constant_within(payer) and kind != "flag":
        _ignore(each, f"{CONSTANT}: a model would learn who somebody is", made)
    elif _counts_time(each):
        _ignore(each, "is a time or a count of rows: a model would learn the date", made)
    elif kind is None:
        _ignore(each, f"has {each.n_distinct:,} different texts", made)
    else:
        made.attributes[each.name] = quoted(kind)
        if payer is not None and each.is_constant_within(payer):
            made.notes[each.name] = f"{CONSTANT}: is it fair to judge by it?"
        if kind == "category" and made.peer_group is None:
            made.peer_group = each.name


def _counts_time(each: Profile) -> bool:
    if each.cells is Cells.NUMBER:
        return each.is_ascending and each.n_distinct > MOST_LEVELS
    return each.cells is Cells.TIME


def _kind(each: Profile) -> str | None:
    if each.n_distinct == 2 and not each.missing:
        return "flag"
    if each.cells is Cells.NUMBER:
        return "number"
    is_category = each.cells is Cells.TEXT and each.n_distinct <= MOST_LEVELS
    return "category" if is_category else None


def _knows(each: Profile, label: Profile) -> bool:
    """Whether values of a column occur in frauds only, and tell most of them."""
    frauds = (label.codes == _minority(label)) & (label.codes >= 0)
    return each.n_distinct < len(each.codes) / 100 and each.predicts(frauds) > 0.9


def _minority(label: Profile) -> int:
    counts = pd.Series(label.codes[label.codes >= 0]).value_counts()
    return int(counts.index[-1])


def _ignore(each: Profile, why: str, made: Draft) -> None:
    made.ignore.append(each.name)
    made.notes[each.name] = why


def _has_decimals(each: Profile) -> bool:
    return each.cells is Cells.NUMBER and bool((each.values.dropna() % 1 != 0).any())
