"""Whether each payment's partner is new to its account, as a column. Pure.

By the rule of `Partners`, a partner is kept if at most `MOST_PARTNERS` have a payment at the time
of its latest payment or later.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fraud_api_lambda.history.state import MOST_PARTNERS

NONE: int = -1


@dataclass(frozen=True)
class PartnerRows:
    """Payments with another account, by account; each account's in the order of the record.

    Attributes
    ----------
    accounts, partners, times : ndarray of shape (n_payments,), int64
    moved : ndarray of shape (n_payments,), bool
        Which payments moved their account; the others are not counted.
    """

    accounts: np.ndarray
    partners: np.ndarray
    times: np.ndarray
    moved: np.ndarray

    def are_new(self) -> np.ndarray:
        """Whether each partner is new, shape (n_payments,), bool."""
        rows = np.arange(len(self.accounts))
        earlier = self._previous
        start = self._first_at(self.times[earlier])
        is_known = earlier != NONE
        is_sure = (rows - start <= MOST_PARTNERS) | (self._n_partners() <= MOST_PARTNERS)
        unsure = np.flatnonzero(is_known & ~is_sure)
        is_known[unsure] = self._has_few(unsure, start[unsure])
        is_new: np.ndarray = ~is_known
        return is_new

    @cached_property
    def _by_pair(self) -> np.ndarray:
        order: np.ndarray = np.lexsort((self.partners, self.accounts))
        return order

    @cached_property
    def _is_same_pair(self) -> np.ndarray:
        """In the order of pairs: whether a payment has the pair of the one before it."""
        accounts, partners = self.accounts[self._by_pair], self.partners[self._by_pair]
        same = np.zeros(len(accounts), dtype=bool)
        same[1:] = (accounts[1:] == accounts[:-1]) & (partners[1:] == partners[:-1])
        return same

    @cached_property
    def _previous(self) -> np.ndarray:
        """The latest payment before that moved the account with the same partner, or `NONE`."""
        return self._nearest(self._by_pair, self._is_same_pair)

    @cached_property
    def _next(self) -> np.ndarray:
        """The same of later payments; n_payments if there is none."""
        n = len(self.accounts)
        same = np.append(self._is_same_pair[1:], [False])[::-1] if n else self._is_same_pair
        mirrored = self._nearest(n - 1 - self._by_pair[::-1], same, self.moved[::-1])[::-1]
        following: np.ndarray = n - 1 - mirrored
        return following

    def _nearest(
        self, by_pair: np.ndarray, is_same: np.ndarray, moved: np.ndarray | None = None
    ) -> np.ndarray:
        moved = self.moved if moved is None else moved
        n = len(by_pair)
        pair = np.cumsum(~is_same)
        mark = pair * (n + 1) + np.where(moved[by_pair], by_pair + 1, 0)
        before = np.maximum.accumulate(mark)[:-1]
        nearest = np.full(n, NONE)
        is_there = is_same[1:]
        nearest[by_pair[1:][is_there]] = (before - pair[1:] * (n + 1))[is_there] - 1
        return nearest

    def _first_at(self, times: np.ndarray) -> np.ndarray:
        """The account's first payment at a time or later."""
        start = self.times.min(initial=0)
        span = int(self.times.max(initial=0) - start) + 1
        keys = self.accounts * span + (self.times - start)
        found: np.ndarray = np.searchsorted(keys, self.accounts * span + (times - start))
        return found

    def _n_partners(self) -> np.ndarray:
        """How many partners each account has up to each payment, or a few more."""
        total = np.cumsum(self._previous == NONE)
        first = np.searchsorted(self.accounts, self.accounts)
        return np.asarray(total - total[first] + 1)

    def _has_few(self, rows: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Whether at most `MOST_PARTNERS` partners have payments from `start` to each row.

        Each round looks at one earlier payment of all rows that are not decided yet, and counts it
        if it is the latest one with its partner.
        """
        has_few = np.ones(len(rows), dtype=bool)
        counts = np.zeros(len(rows), dtype=np.int64)
        open_rows, back = np.arange(len(rows)), 1
        while len(open_rows):
            looked = rows[open_rows] - back
            counts[open_rows] += self.moved[looked] & (self._next[looked] >= rows[open_rows])
            has_few[open_rows] = counts[open_rows] <= MOST_PARTNERS
            open_rows = open_rows[has_few[open_rows] & (looked > start[open_rows])]
            back += 1
        return has_few
