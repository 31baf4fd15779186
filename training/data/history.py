"""Account histories as columns: the fold of `fraud_api_lambda.history`, vectorised, bit for bit.

A payment sees what its account did in the rows before it. Payments are sorted by account, where a
window is a run of rows, so each number is a difference of cumulative sums. They are integers, so
the sums are exact.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from fraud_api_lambda.history.state import DAY_S, DAYS, HOUR_S, HOURS, MOST_PARTNERS, QUIET_AT
from fraud_api_lambda.history.view import FRAUD_WINDOWS, History

_SPAN: int = 1 << 36
"""More than any time in seconds: keys of account and time do not overlap."""


@dataclass(frozen=True, slots=True)
class Record:
    """Payments in order of arrival, with the times at which their labels became known.

    Attributes
    ----------
    times : ndarray of shape (n_payments,), int64
        Seconds since the epoch, above 0 and ascending.
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


def history_columns(
    record: Record, accounts: np.ndarray, partners: np.ndarray, label_delay_s: int
) -> dict[str, np.ndarray]:
    """The history of one of its accounts that each payment sees.

    Parameters
    ----------
    record : Record
    accounts, partners : ndarray of shape (n_payments,), int64
        A number for each account, from 0 to 2**26, and for the account on the other side.
    label_delay_s : int

    Returns
    -------
    dict of ndarray of shape (n_payments,)
        The fields of `History`.
    """
    order = np.argsort(accounts, kind="stable")
    rows = _Rows.of(record, accounts, order)
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    moved = rows.moved[back]
    columns = {
        **rows.counts_and_means(),
        **rows.since(),
        **rows.frauds(label_delay_s),
        "new_partner": _new_partners(record.times, accounts, partners, moved)[order],
    }
    return {name: columns[name][back] for name in History._fields}


@dataclass(frozen=True, slots=True)
class _Rows:
    """Payments by account, each account's in the order of the record.

    Attributes
    ----------
    accounts, times, amounts, is_fraud, known_at : ndarray of shape (n_payments,)
    moved : ndarray of shape (n_payments,), bool
        Which payments moved their account; the others are not counted.
    keys : ndarray of shape (n_moved,), int64
        Account and time of those that did, ascending.
    before : ndarray of shape (n_payments,), int64
        How many of them come before each payment, those of other accounts included.
    """

    accounts: np.ndarray
    times: np.ndarray
    amounts: np.ndarray
    is_fraud: np.ndarray
    known_at: np.ndarray
    moved: np.ndarray
    keys: np.ndarray
    before: np.ndarray

    @classmethod
    def of(cls, record: Record, accounts: np.ndarray, order: np.ndarray) -> "_Rows":
        sorted_accounts, times = accounts[order].astype(np.int64), record.times[order]
        keys = sorted_accounts * _SPAN + times
        in_hour = np.arange(len(keys)) - np.searchsorted(keys, keys - times % HOUR_S)
        moved = in_hour < QUIET_AT
        return cls(
            accounts=sorted_accounts,
            times=times,
            amounts=record.amounts[order],
            is_fraud=record.is_fraud[order],
            known_at=record.known_at[order],
            moved=moved,
            keys=keys[moved],
            before=np.cumsum(moved) - moved,
        )

    def up_to(self, times: np.ndarray) -> np.ndarray:
        """The number of moving payments of each payment's account before a given time."""
        found: np.ndarray = np.searchsorted(self.keys, self.accounts * _SPAN + np.maximum(times, 0))
        return found

    def counts_and_means(self) -> dict[str, np.ndarray]:
        sums = np.concatenate([[0], np.cumsum(self.amounts[self.moved])])
        hour, day = self.times - self.times % HOUR_S, self.times - self.times % DAY_S
        starts = {
            "1h": self.up_to(hour),
            "24h": self.up_to(hour - (HOURS - 1) * HOUR_S),
            "7d": self.up_to(day - 6 * DAY_S),
            "30d": self.up_to(day - (DAYS - 1) * DAY_S),
        }
        counts = {name: self.before - start for name, start in starts.items()}
        means = {
            name: _shares(sums[self.before] - sums[starts[name]], counts[name])
            for name in ("24h", "7d", "30d")
        }
        return {
            **{f"count_{name}": count for name, count in counts.items()},
            **{f"mean_{name}": mean for name, mean in means.items()},
            "amount_ratio": _shares(self.amounts, means["30d"]),
        }

    def since(self) -> dict[str, np.ndarray]:
        first = self.up_to(np.zeros_like(self.times))
        is_known = self.before > first
        times = np.append(self.times[self.moved], 0)
        last = np.where(is_known, self.before - 1, -1)
        return {
            "since_last_s": np.where(is_known, self.times - times[last], np.nan),
            "since_first_s": np.where(is_known, self.times - times[first], np.nan),
        }

    def frauds(self, label_delay_s: int) -> dict[str, np.ndarray]:
        """A fraud is seen after it is known, once its day is a delay ago, for a window."""
        known_day = (self.times - label_delay_s) // DAY_S
        end = np.minimum(self.up_to((known_day + 1) * DAY_S), self.before)
        is_fraud = self.moved & self.is_fraud
        times = self.times[is_fraud]
        day = times // DAY_S
        known = np.maximum(self.known_at[is_fraud], times) + 1
        seen = np.maximum(known, day * DAY_S + label_delay_s)
        columns = {}
        for window in FRAUD_WINDOWS:
            gone = np.maximum(seen, (day + window) * DAY_S + label_delay_s)
            found = self._n_by_now(is_fraud, seen) - self._n_by_now(is_fraud, gone)
            n_payments = end - self.up_to((known_day - window + 1) * DAY_S)
            columns[f"frauds_{window}d"] = found
            columns[f"fraud_share_{window}d"] = _shares(found, n_payments)
        return columns

    def _n_by_now(self, which: np.ndarray, moments: np.ndarray) -> np.ndarray:
        """The number of moments up to each payment, of its account and of those sorted before."""
        keys = np.sort(self.accounts[which] * _SPAN + moments)
        found: np.ndarray = np.searchsorted(keys, self.accounts * _SPAN + self.times, side="right")
        return found


def _shares(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(wholes > 0, parts / wholes, np.nan)


def _new_partners(
    times: np.ndarray, accounts: np.ndarray, partners: np.ndarray, moved: np.ndarray
) -> np.ndarray:
    columns = (column.tolist() for column in (times, accounts, partners, moved))
    return np.fromiter(_are_new(zip(*columns, strict=True)), bool, len(times))


def _are_new(rows: Iterable[tuple[int, int, int, bool]]) -> Iterator[bool]:
    """Whether each payment's partner is not among the latest partners of its account."""
    known: dict[int, dict[int, int]] = {}
    for time, account, partner, moves in rows:
        latest = known.setdefault(account, {})
        yield partner not in latest
        if moves:
            latest.pop(partner, None)
            latest[partner] = time
            if len(latest) > MOST_PARTNERS:
                del latest[_oldest(latest)]


def _oldest(latest: dict[int, int]) -> int:
    """The partner of the earliest payment; of equal seconds, the one with the smallest hash."""
    in_order = iter(latest)
    first, second = next(in_order), next(in_order)
    if latest[first] < latest[second]:
        return first
    return min(latest, key=lambda partner: (latest[partner], partner))
