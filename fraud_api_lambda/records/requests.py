"""The requests to the table for one payment, or a group of them, within their budget of time."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from fraud_api_lambda.aws.dynamodb import EXCHANGE_S, Item, Page, Put, Query
from fraud_api_lambda.aws.table_errors import BusyError, LostError

LEAST_S: Final = 0.01
"""With less time left, nothing is sent again."""

JITTER_S: Final = (0.002, 0.015)
"""Least and longest wait before a request is sent again."""

LONG_S: Final = 0.09
"""Least time without an answer that says something about the table: a late request has less."""

SKIPPED_S: Final = (0.5, 1.5)
"""Least and longest time without requests after two in a row that got no answer in time."""


class Patience(NamedTuple):
    """Limits of requests in seconds: of all of them, and of each."""

    budget_s: float
    exchange_s: float


USUAL: Final = Patience(0.25, EXCHANGE_S)
"""Of a payment."""

PATIENT: Final = Patience(2.0, 1.0)
"""Of outcomes and reviews: no customer waits for them."""


class RecordTable(Protocol):
    """The table, as `aws.dynamodb.Table`."""

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        """The items of some keys."""

    def find(self, key: str, *, deadline: float) -> Item | None:
        """The item of a key."""

    def page(self, query: Query, *, deadline: float) -> Page:
        """Items of an index."""

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        """Write some items, all or none."""


@dataclass(frozen=True, slots=True)
class Waits:
    """The clock and the waiting of requests; tests have their own."""

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    between: Callable[[float, float], float] = field(default=random.uniform)


class Gate:
    """Closed for a while after two requests in a row that got no answer in time.

    A single one may be slow where the table is well: it would cost all the answers of a second.
    """

    def __init__(self, waits: Waits) -> None:
        self._waits = waits
        self._opens_at = float("-inf")
        self._was_silent = False

    @property
    def is_closed(self) -> bool:
        """Whether the table is to be left alone now."""
        return self._waits.clock() < self._opens_at

    def note(self, *, is_silent: bool) -> None:
        """Note whether a request got no answer in time.

        The time of a closed gate is random, so that containers do not come back together.
        """
        if is_silent and self._was_silent:
            self._opens_at = self._waits.clock() + self._waits.between(*SKIPPED_S)
        self._was_silent = is_silent


class Requests:
    """The requests for one payment, or a group of them.

    Parameters
    ----------
    table : RecordTable
    gate : Gate
    waits : Waits
    until : float
        The end of all of them, by the clock of `waits`, if that comes before their budget's.
    patience : Patience

    Attributes
    ----------
    writes : int
        Transactions that were sent.
    waited_s : float
        Time that the requests took.
    """

    def __init__(
        self,
        table: RecordTable,
        gate: Gate,
        waits: Waits,
        until: float = float("inf"),
        patience: Patience = USUAL,
    ) -> None:
        self._table, self._gate, self._waits = table, gate, waits
        self._exchange_s, self._is_usual = patience.exchange_s, patience == USUAL
        self._ends_at = min(waits.clock() + patience.budget_s, until)
        self.writes = 0
        self.waited_s = 0.0

    @property
    def is_refused(self) -> bool:
        """Whether no request is to be sent now."""
        return self._gate.is_closed or self._left_s() < LEAST_S

    def read(self, keys: Sequence[str], *, consistent: bool) -> dict[str, Item]:
        """The items of some keys; a failure that takes no time is tried once more."""

        def once() -> dict[str, Item]:
            return self._table.read(keys, consistent=consistent, deadline=self._deadline())

        return self._twice(once)

    def find(self, key: str) -> Item | None:
        """The item of a key; a failure that takes no time is tried once more."""
        return self._twice(lambda: self._table.find(key, deadline=self._deadline()))

    def page(self, query: Query) -> Page:
        """Items of an index."""
        return self._timed(lambda: self._table.page(query, deadline=self._deadline()))

    def write(self, puts: Sequence[Put]) -> None:
        """Write items, all or none; what failed or got no answer is sent once more.

        The conditions of the items must make a second time harmless.
        """

        def once() -> None:
            self.writes += 1
            self._table.write(puts, deadline=self._deadline())

        try:
            self._timed(once)
        except (BusyError, LostError):
            if not self._may_wait():
                raise
            self._timed(once)

    def _twice[T](self, request: Callable[[], T]) -> T:
        try:
            return self._timed(request)
        except (BusyError, LostError) as error:
            if _is_slow(error) or not self._may_wait():
                raise
        return self._timed(request)

    def pause(self) -> None:
        """Wait for a random time, so that two writers do not meet again."""
        self._waits.sleep(self._waits.between(*JITTER_S))

    def _may_wait(self) -> bool:
        """Wait before another request, if there is time for one."""
        if self._left_s() < LEAST_S:
            return False
        self.pause()
        return self._left_s() >= LEAST_S

    def _left_s(self) -> float:
        return self._ends_at - self._waits.clock()

    def _deadline(self) -> float:
        return min(self._ends_at, self._waits.clock() + self._exchange_s)

    def _timed[T](self, request: Callable[[], T]) -> T:
        if self._left_s() < LEAST_S:
            raise BusyError("no time is left for another request")
        began, is_slow = self._waits.clock(), False
        try:
            return request()
        except LostError as error:
            is_slow = error.is_slow
            raise
        finally:
            waited = self._waits.clock() - began
            self.waited_s += waited
            if self._is_usual:  # a long list that is slow says nothing of a payment
                self._gate.note(is_silent=is_slow and waited >= LONG_S)


def _is_slow(error: Exception) -> bool:
    return isinstance(error, LostError) and error.is_slow
