"""A memory as its definition has it: lists of payments and of words, and no cleverness at all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.records.words import End, Told, end_of

DAY_S: Final = 86_400
HOUR_S: Final = 3_600
KEPT_DAYS: Final = 30 + 1
"""Of PaySim, whose label delay is a day."""

EXPIRES_S: Final = 400 * DAY_S

type Days = dict[int, tuple[int, int, int]]
"""Payments, cents and known frauds by day."""

type AccountName = tuple[str, str]
"""A kind of account, and an id."""


@dataclass(eq=False)
class Paid:
    """A payment that is recorded."""

    body: Mapping[str, Any]
    arrived: float
    words: list[Told] = field(default_factory=list)

    @property
    def day(self) -> int:
        return int(self.body["step"] * HOUR_S // DAY_S)

    @property
    def end(self) -> End:
        return end_of(self.words)

    @property
    def accounts(self) -> list[AccountName]:
        return [("payer", self.body["nameOrig"]), ("payee", self.body["nameDest"])]

    @property
    def seen_accounts(self) -> list[AccountName]:
        return [*self.accounts, ("payee", self.body["nameOrig"])]

    def is_over(self, now: float) -> bool:
        return int(self.arrived) + EXPIRES_S < int(now)


class NaiveFold:
    """Payments and what is said of them, in order of arrival.

    Attributes
    ----------
    paid : dict of Paid
        Those that are recorded, by the id of the transaction.
    kept : dict
        The payments of each account on the days that it keeps.
    latest : dict of Paid
        The last that each account counted.
    """

    def __init__(self) -> None:
        self.paid: dict[str, Paid] = {}
        self.kept: dict[AccountName, list[Paid]] = {}
        self.latest: dict[AccountName, Paid] = {}

    def pay(self, body: Mapping[str, Any], now: float) -> list[list[int]] | None:
        """Count a payment; return what it sees of its accounts, None if it is there already."""
        known = self.paid.get(body["transaction_id"])
        if known is not None and not known.is_over(now):
            return None
        paid = self.paid[body["transaction_id"]] = Paid(body, now)
        seen = [_seen(self.days(account, now), paid.body["step"]) for account in paid.seen_accounts]
        for account in paid.accounts:
            self._count(account, paid, now)
        return seen

    def tell(self, transaction_id: str, told: Told, now: float) -> End | None:
        """Take a word; None if there is no such payment."""
        paid = self.paid.get(transaction_id)
        if paid is None or paid.is_over(now):
            return None
        paid.words.append(told)
        return paid.end

    def days(self, account: AccountName, now: float) -> Days:
        """The days of an account; none once it has expired."""
        if account not in self.latest or self.latest[account].is_over(now):
            return {}
        return _days(self.kept[account])

    def _count(self, account: AccountName, paid: Paid, now: float) -> None:
        known = self.kept[account] if self.days(account, now) else []
        last = max(each.day for each in [*known, paid])
        self.kept[account] = [each for each in [*known, paid] if each.day >= last - KEPT_DAYS]
        self.latest[account] = paid


def _days(kept: Iterable[Paid]) -> Days:
    days: Days = {}
    for each in kept:
        payments, cents, frauds = days.get(each.day, (0, 0, 0))
        amount = round(100 * each.body["amount"])
        days[each.day] = payments + 1, cents + amount, frauds + each.end.is_fraud
    return days


def _seen(days: Days, step: int) -> list[int]:
    """Payments and cents in 7 and 30 days; those a label delay ago, and the frauds among them."""
    today, matured = step * HOUR_S // DAY_S, (step * HOUR_S - DAY_S) // DAY_S
    week, month, old_week, old_month = (
        [of for day, of in days.items() if last - number < day <= last]
        for last in (today, matured)
        for number in (7, 30)
    )
    payments = [sum(of[0] for of in some) for some in (week, month)]
    cents = [sum(of[1] for of in some) for some in (week, month)]
    matured_payments = [sum(of[0] for of in some) for some in (old_week, old_month)]
    frauds = [sum(of[2] for of in some) for some in (old_week, old_month)]
    return [*payments, *cents, *matured_payments, *frauds]
