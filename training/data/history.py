"""Account histories as columns: the fold of `fraud_api_lambda.history`, vectorised, bit for bit.

A payment sees what an account did in the rows before it. Payments are sorted by account, where a
window is a run of rows, so each number is a difference of cumulative sums. They are integers, so
the sums are exact.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fraud_api_lambda.history.state import DAY_S, DAYS, HOUR_S, HOURS, QUIET_AT
from fraud_api_lambda.history.view import History
from training.data.partners import PartnerRows

NOBODY: int = -1
"""The number of an account that a payment does not have."""


@dataclass(frozen=True, slots=True)
class Record:
    """Payments in order of arrival, with the times at which their labels became known.

    Attributes
    ----------
    times : ndarray of shape (n_payments,), int64
        Seconds since the epoch, ascending.
    amounts : ndarray of shape (n_payments,), int64
        Minor units.
    is_fraud : ndarray of shape (n_payments,), bool
    known_at : ndarray of shape (n_payments,), int64
        When the label became known, in seconds since the epoch.
    """

    times: np.ndarray
    amounts: np.ndarray
    is_fraud: np.ndarray
    known_at: np.ndarray

    def __getitem__(self, chosen: np.ndarray) -> "Record":
        """Select payments by their positions."""
        columns = (self.times, self.amounts, self.is_fraud, self.known_at)
        return Record(*(column[chosen] for column in columns))


def history_columns(
    record: Record,
    accounts: np.ndarray,
    partners: np.ndarray | None,
    label_delay_s: int,
    *,
    seen: np.ndarray | None = None,
) -> History:
    """The history of an account that each payment sees.

    Parameters
    ----------
    record : Record
    accounts, partners : ndarray of shape (n_payments,), int64
        A number for the account in whose history each payment is counted, and for the other
        account; `NOBODY` if there is none. Without `partners`, every partner is new.
    label_delay_s : int
    seen : ndarray of shape (n_payments,), int64, optional
        A number for the account whose history each payment sees. Default: `accounts`.

    Returns
    -------
    History of ndarray of shape (n_payments,)
    """
    events = _Events.of(record, accounts)
    queries = _Queries.of(events, record.times, accounts if seen is None else seen)
    is_new = np.ones(len(accounts), dtype=bool)
    if partners is not None:
        is_new = _new_partners(record.times, accounts, partners, events)
    return History(
        **queries.counts_and_sums(),
        **queries.since(),
        **queries.matured(label_delay_s),
        new_partner=is_new,
    )


def _new_partners(
    times: np.ndarray, accounts: np.ndarray, partners: np.ndarray, events: "_Events"
) -> np.ndarray:
    moved = np.zeros(len(accounts), dtype=bool)
    moved[events.positions] = True
    present = np.flatnonzero((accounts != NOBODY) & (partners != NOBODY))
    order = present[np.argsort(accounts[present], kind="stable")]
    rows = PartnerRows(accounts[order], partners[order], times[order], moved[order])
    is_new = np.ones(len(accounts), dtype=bool)
    is_new[order] = rows.are_new()
    return is_new


@dataclass(frozen=True)
class _Events:
    """The payments that move their account, by account; each account's in the order of the record.

    Attributes
    ----------
    positions : ndarray of shape (n_moving,), int64
        Positions in the record.
    accounts : ndarray of shape (n_moving,), int64
    record : Record
        Of these payments; `start` is subtracted from its times.
    start, span : int
        A midnight before all times, and a number of seconds above all times since then.
    """

    positions: np.ndarray
    accounts: np.ndarray
    record: Record
    start: int
    span: int

    @classmethod
    def of(cls, record: Record, accounts: np.ndarray) -> "_Events":
        start = int(record.times[0]) // DAY_S * DAY_S
        span = int(record.times[-1]) - start + 2 * DAY_S
        present = np.flatnonzero(accounts != NOBODY)
        order = present[np.argsort(accounts[present], kind="stable")]
        by_account, times = accounts[order].astype(np.int64), record.times[order] - start
        keys = by_account * span + times
        in_hour = np.arange(len(keys)) - np.searchsorted(keys, keys - times % HOUR_S)
        moved = in_hour < QUIET_AT
        return cls(order[moved], by_account[moved], record[order[moved]], start, span)

    @cached_property
    def times(self) -> np.ndarray:
        return self.record.times - self.start

    @cached_property
    def keys(self) -> np.ndarray:
        """Account and time, ascending."""
        keys: np.ndarray = self.accounts * self.span + self.times
        return keys

    def before(self, accounts: np.ndarray, positions: np.ndarray, n: int) -> np.ndarray:
        """How many come before a position of the record, and all those of accounts before."""
        keys = self.accounts * n + self.positions
        found: np.ndarray = np.searchsorted(keys, accounts * n + positions)
        return found


@dataclass(frozen=True)
class _Queries:
    """Payments, each with the account whose history it sees.

    Attributes
    ----------
    events : _Events
    accounts, times : ndarray of shape (n_payments,), int64
    before : ndarray of shape (n_payments,), int64
        The position in `events` of the first event that a payment does not see.
    """

    events: _Events
    accounts: np.ndarray
    times: np.ndarray
    before: np.ndarray

    @classmethod
    def of(cls, events: _Events, times: np.ndarray, accounts: np.ndarray) -> "_Queries":
        n = len(times)
        accounts = accounts.astype(np.int64)
        return cls(events, accounts, times - events.start, events.before(accounts, np.arange(n), n))

    def up_to(self, times: np.ndarray) -> np.ndarray:
        """The position in `events` of the account's first event at a time or later."""
        keys = self.accounts * self.events.span + np.maximum(times, 0)
        found: np.ndarray = np.searchsorted(self.events.keys, keys)
        return found

    def counts_and_sums(self) -> dict[str, np.ndarray]:
        sums = np.concatenate([[0], np.cumsum(self.events.record.amounts)])
        hour, day = self.times - self.times % HOUR_S, self.times - self.times % DAY_S
        starts = {
            "24h": self.up_to(hour - (HOURS - 1) * HOUR_S),
            "7d": self.up_to(day - 6 * DAY_S),
            "30d": self.up_to(day - (DAYS - 1) * DAY_S),
        }
        totals = sums[self.before]
        return {
            **{f"count_{name}": _small(self.before - start) for name, start in starts.items()},
            **{f"sum_{name}": totals - sums[start] for name, start in starts.items()},
        }

    def since(self) -> dict[str, np.ndarray]:
        last = self.before - 1
        accounts, times = np.append(self.events.accounts, NOBODY), np.append(self.events.times, 0)
        is_seen = (self.accounts != NOBODY) & (accounts[last] == self.accounts)
        return {"seen": is_seen, "since_last_s": np.where(is_seen, self.times - times[last], 0)}

    def matured(self, label_delay_s: int) -> dict[str, np.ndarray]:
        """A fraud is seen after it is known, once its day is a delay ago, for a window."""
        matured_day = (self.times - label_delay_s) // DAY_S
        end = np.minimum(self.up_to((matured_day + 1) * DAY_S), self.before)
        is_fraud = self.events.record.is_fraud
        times = self.events.times[is_fraud]
        day = times // DAY_S
        known = self.events.record.known_at[is_fraud] - self.events.start
        seen = np.maximum(np.maximum(known, times) + 1, day * DAY_S + label_delay_s)
        columns = {}
        for window in (7, DAYS):
            gone = np.maximum(seen, (day + window) * DAY_S + label_delay_s)
            start = self.up_to((matured_day - window + 1) * DAY_S)
            columns[f"matured_{window}d"] = _small(np.maximum(end - start, 0))
            columns[f"frauds_{window}d"] = _small(self._by_now(seen) - self._by_now(gone))
        return columns

    def _by_now(self, moments: np.ndarray) -> np.ndarray:
        """How many frauds have a moment up to each payment, and all those of accounts before."""
        events = self.events
        accounts = events.accounts[events.record.is_fraud]
        keys = np.sort(accounts * events.span + np.minimum(moments, events.span - 1))
        now = self.accounts * events.span + self.times
        found: np.ndarray = np.searchsorted(keys, now, side="right")
        return found


def _small(counts: np.ndarray) -> np.ndarray:
    """Counts in half the memory."""
    return counts.astype(np.int32)
