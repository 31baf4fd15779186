"""The records of an account that is erased, without its ids. Pure."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from secrets import token_bytes
from typing import Any, Final, NamedTuple

from fraud_api_lambda.records.items import ERASED, Item
from fraud_api_lambda.records.keys import ID_BYTES, Keys
from fraud_api_lambda.records.seals import is_sealed, seal, seal_later
from training.memory.erasing.clear_ids import ClearIds
from training.memory.erasing.links import Links, partners_in
from training.memory.erasing.tombstones import Tombstones

LEAST_IN_NOTES: Final = 4
"""Characters of an id that is looked for in notes: a shorter one may be any number in them."""

UNLINKED: Final = (0, 0, False)
"""In the place of a version, which payments of one account have in common."""


class Target(NamedTuple):
    """A keyed id that is erased.

    Attributes
    ----------
    kind : str
        Of the account.
    tombstones : Tombstones
    links : Links
        Of its partners.
    """

    kind: str
    tombstones: Tombstones
    links: Links


class Place(NamedTuple):
    """Where a record has an account that is erased.

    Attributes
    ----------
    at : int
        Among its accounts.
    name : str
        The keyed id or its tombstone.
    target : Target
    partners : list of str
        The keyed ids of the accounts that must know it by the same tombstone.
    """

    at: int
    name: str
    target: Target
    partners: list[str]


class RecordEraser:
    """Takes an account out of records.

    Parameters
    ----------
    account_id : str
    targets : dict of Target
        By keyed id.
    keys : Keys
    clear : ClearIds
    """

    def __init__(
        self, account_id: str, targets: Mapping[str, Target], keys: Keys, clear: ClearIds
    ) -> None:
        self._targets, self._keys, self._clear = targets, keys, clear
        self._account_id = account_id
        self._in_notes = re.compile(rf"(?<!\w){re.escape(account_id)}(?!\w)")

    def look(self, item: Item) -> bool:
        """Remember the partners in a record; whether it has to be changed.

        Raises
        ------
        ValueError
            If it is no record.
        """
        places = self._places(item)
        for place in places:
            place.target.links.add(place.partners, place.name)
        return any(place.name in self._targets for place in places) or self._is_in_note(item)

    def erased(self, item: Item) -> Item:
        """A record without the account; raises as `look` does."""
        places = self._places(item)
        written = dict(item)
        if places:
            written |= _without(item, {place.at: _name(place) for place in places})
            written |= self._clear.erased(item, [place.at for place in places])
            written["b"] = item.get("b", item["m"])
            written["d"] = token_bytes(ID_BYTES)  # else it tells whether a guessed id is right
        if self._is_in_note(item):
            written["w"] = self._without_id(item)
        return self._sealed(written) if is_sealed(item, self._keys) else written

    def _sealed(self, written: dict[str, str | int | bytes]) -> Item:
        """An item with new seals: only in place of right ones, so that wrong ones are found yet."""
        written["m"] = seal(written, self._keys)
        if "u" in written:
            written["u"] = seal_later(written, self._keys)
        return written

    def _places(self, item: Item) -> list[Place]:
        accounts: list[str | None] = json.loads(_text(item, "e"))
        has_histories = json.loads(_text(item, "h")) is not None
        return [
            Place(index, name, target, partners)
            for index, name, target in self._named(accounts)
            for partners in (
                partners_in(accounts, index, target.kind, self._targets) if has_histories else [],
            )
        ]

    def _named(self, accounts: Sequence[str | None]) -> Iterator[tuple[int, str, Target]]:
        for index, name in enumerate(accounts):
            if name is None:
                continue
            if name in self._targets:
                yield index, name, self._targets[name]
            for target in self._targets.values():
                if target.tombstones.has_made(name):
                    yield index, name, target

    def _is_in_note(self, item: Item) -> bool:
        if "w" not in item or len(self._account_id) < LEAST_IN_NOTES:
            return False
        return self._in_notes.search(_note(item)) is not None

    def _without_id(self, item: Item) -> str:
        closing = json.loads(_text(item, "w"))
        return _json(closing | {"note": self._in_notes.sub(ERASED, _note(item))})


def _name(place: Place) -> str:
    """By which a record is to know an account from now on."""
    if place.partners:
        return place.target.links.name(place.partners[0])
    is_erased = place.target.tombstones.has_made(place.name)
    return place.name if is_erased else place.target.tombstones.make()


def _without(item: Item, names: Mapping[int, str]) -> dict[str, str]:
    """The attributes of a record that name accounts or link them, with other names."""
    accounts, versions = json.loads(_text(item, "e")), json.loads(_text(item, "c"))
    changes = json.loads(_text(item, "y")) if "y" in item else []
    for index, name in names.items():
        accounts[index] = name
        if versions:  # none if the histories could not be read
            versions[index] = UNLINKED
        for _, met in changes:
            if met:
                met[index] = None
    written = {"e": _json(accounts), "c": _json(versions)}
    return written | {"y": _json(changes)} if changes else written


def _note(item: Item) -> str:
    note: Any = json.loads(_text(item, "w"))["note"]
    return note or ""


def _text(item: Item, name: str) -> str:
    text = item[name]
    if not isinstance(text, str):
        raise ValueError("the item is not a record")  # noqa: TRY004  # an item is data
    return text


_json: Final = json.JSONEncoder(separators=(",", ":")).encode
