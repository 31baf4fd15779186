"""The partners of an erased account, in groups that share one tombstone. Pure."""

from collections.abc import Container, Iterable, Sequence
from typing import Final

from fraud_api_lambda.domain.accounts import PAYEE, PAYER
from fraud_api_lambda.records.items import ERASED
from training.memory.erasing.tombstones import Tombstones

_FIRST: Final = 0
"""The place of the payer among a record's accounts, if its schema has one."""


def partners_in(
    accounts: Sequence[str | None], place: int, kind: str, erased: Container[str]
) -> list[str]:
    """The accounts of a record that have the account at `place` as a partner.

    A payer is the partner of all others, a payee of the payer, and an entity of none; see
    `accounts_of`. Those that are erased, too, have no history any more.
    """
    if kind == PAYER:
        others: Iterable[str | None] = (*accounts[:place], *accounts[place + 1 :])
    else:
        others = accounts[_FIRST:1] if kind == PAYEE and place != _FIRST else ()
    return [
        key
        for key in others
        if key is not None and key not in erased and not key.startswith(ERASED)
    ]


class Links:
    """The groups of an erased account's partners.

    Two are in one group if a record has both: it has one place for the tombstone.

    Parameters
    ----------
    tombstones : Tombstones
    """

    def __init__(self, tombstones: Tombstones) -> None:
        self._tombstones = tombstones
        self._above: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def add(self, partners: Sequence[str], name: str) -> None:
        """Put the partners of a record into one group.

        Parameters
        ----------
        partners : sequence of str
        name : str
            The account's name in the record; one of the tombstones becomes the group's.
        """
        for partner in partners:
            self._join(partners[0], partner)
        if partners and self._tombstones.has_made(name):
            self._names[self._top(partners[0])] = name

    def name(self, partner: str) -> str:
        """The tombstone for the group of a partner; add all records before."""
        top = self._top(partner)
        return self._names.setdefault(top, self._tombstones.make())

    def _join(self, one: str, other: str) -> None:
        top, joined = self._top(one), self._top(other)
        if top != joined:
            self._above[joined] = top
            if joined in self._names:
                self._names.setdefault(top, self._names.pop(joined))

    def _top(self, partner: str) -> str:
        """The account that stands for a group."""
        top = partner
        while (above := self._above.get(top, top)) != top:
            self._above[top] = top = self._above.get(above, above)
        return top
