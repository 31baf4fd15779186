"""One payee that everybody pays: which share of the payments its history loses to conflicts.

``python -m benchmarks.hot_payee [--minutes N] [--rates 10,50,200] [--seed N]``. It runs the real
protocol by events: the clock goes from one event to the next. Payments arrive at random. A read of
the table takes 5 ms and a write 9 ms on average, with a long tail, and each takes effect halfway.
Reads see the latest state. Without the quiet rule, a tenth of the time is simulated.
"""

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final
from unittest import mock

from rich.console import Console
from rich.table import Table

from benchmarks.events import Events
from fraud_api_lambda.aws.dynamodb import Item, Page, Put, Query
from fraud_api_lambda.aws.table_errors import CancelledError
from fraud_api_lambda.domain.payment import Facts, Payment
from fraud_api_lambda.history import state
from fraud_api_lambda.history.state import Payment as Event
from fraud_api_lambda.history.view import History
from fraud_api_lambda.records.answering import (
    HISTORY_BEHIND,
    UNRECORDED,
    Answered,
    Assessor,
    Context,
)
from fraud_api_lambda.records.asked import Asked, Seen
from fraud_api_lambda.records.items import STATE
from fraud_api_lambda.records.keys import Keys, uuid8
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import Waits
from training.local.progress import reported

READ_S: Final = 0.005
WRITE_S: Final = 0.009
CONSTANT: Final = 0.6
"""The part of a wait that is constant; the rest is exponential."""

START_S: Final = 1_796_083_200
"""The beginning of an hour: the quiet rule counts by clock hours."""

DELAY_S: Final = 7 * 86_400
PAYEE: Final = "the payee"
SHORTER: Final = 10
"""Without the quiet rule each payment costs more, and all minutes are alike."""

KEYS: Final = Keys(bytes(32))


class SlowTable:
    """A table that takes its time and remembers one item: all others are asked for only once.

    Parameters
    ----------
    events : Events
    chance : Random
    key : str
        Of the item.
    """

    def __init__(self, events: Events, chance: random.Random, key: str) -> None:
        self._events, self._chance, self._key = events, chance, key
        self.item: Item | None = None

    def prepare(self) -> None:
        """Nothing is to be prepared."""

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        """The item, if it is among those that are wanted."""
        del consistent, deadline
        with self._taking(READ_S):
            return {} if self.item is None or self._key not in keys else {self._key: self.item}

    def page(self, query: Query, *, deadline: float) -> Page:
        """Nothing is listed here."""
        raise NotImplementedError

    def find(self, key: str, *, deadline: float) -> Item | None:
        """Nothing is looked for here."""
        raise NotImplementedError

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        """Write the item if it is as it was read; nobody else writes the others."""
        del deadline
        with self._taking(WRITE_S):
            failed = [not self._holds(put) for put in puts]
            if any(failed):
                raise CancelledError("another write was first", failed, [None] * len(puts))
            for put in puts:
                if put.item["pk"] == self._key:
                    self.item = put.item

    def _holds(self, put: Put) -> bool:
        if put.item["pk"] != self._key:
            return True
        stored = None if self.item is None else self.item["s"]
        return stored == put.values.get(":stored")

    @contextmanager
    def _taking(self, mean_s: float) -> Iterator[None]:
        half_s = mean_s / 2 * (CONSTANT + (1 - CONSTANT) * self._chance.expovariate(1))
        self._events.wait(half_s)
        try:
            yield
        finally:
            self._events.wait(half_s)


@dataclass(slots=True)
class Outcome:
    """What became of payments.

    Attributes
    ----------
    payments : int
    conflicts : int
        Payments whose first attempt met a conflict.
    behind : int
        Those that the payee's history lacks though the quiet rule does not say so.
    unrecorded : int
    """

    payments: int = 0
    conflicts: int = 0
    behind: int = 0
    unrecorded: int = 0

    def share(self, number: int) -> str:
        """A number of payments as a share of all."""
        return f"{number / self.payments:.3%}" if self.payments else "-"


def answer(_: Asked, __: Sequence[History] | None, limits: tuple[str, ...]) -> Answered:
    """An answer that consists of its limitations."""
    return Answered(",".join(limits), "v1")


def payment(number: int, at: float) -> Asked:
    """A payment from a new payer."""
    time_s = START_S + int(at)
    payer = f"payer {number}"
    event = Event(time_s, 1_000 + number % 100, number)
    seen = (
        Seen(payer, event, is_counted=True),
        Seen(PAYEE, event, is_counted=True),
        Seen(f"{payer} as payee", event, is_counted=False),
    )
    facts = Facts(10.0, 0, 0.0, ())
    known = f'{{"step":1,"type":"TRANSFER","amount":10.0,"number":{number}}}'
    arrived = round((START_S + at) * 1_000)
    prediction_id = uuid8(number.to_bytes(16))
    return Asked(
        Payment(facts), prediction_id, arrived, seen, known, b"body", DELAY_S, time_s, facts.amount
    )


def simulated(rate: float, seconds: float, seed: int = 0) -> Outcome:
    """Payments at a rate per second, for some simulated seconds."""
    events, chance, outcome = Events(), random.Random(seed), Outcome()  # noqa: S311  # no secret
    waits = Waits(lambda: events.now, events.wait, chance.uniform)
    log = DecisionLog(SlowTable(events, chance, STATE + PAYEE), waits)
    assessor = Assessor(answer, needs_histories=True)

    def decide() -> None:
        outcome.payments += 1
        requests = log.requests()
        asked = payment(outcome.payments, events.now)
        decided = log.decide(asked, Context(requests, KEYS, assessor))
        outcome.conflicts += requests.writes > 1
        outcome.behind += HISTORY_BEHIND in decided.answer
        outcome.unrecorded += UNRECORDED in decided.answer

    events.run(_gaps(rate, seconds, chance), decide)
    return outcome


def _gaps(rate: float, seconds: float, chance: random.Random) -> Iterator[float]:
    left = seconds
    while (gap := chance.expovariate(rate)) < left:
        left -= gap
        yield gap


def without_quiet_rule(rate: float, seconds: float, seed: int = 0) -> Outcome:
    """The same where each payment counts, however many there are."""
    with mock.patch.object(state, "QUIET_AT", 10**9):
        return simulated(rate, seconds, seed)


def main() -> None:
    """Print the shares for each rate, with and without the quiet rule."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, metavar="N")
    parser.add_argument("--rates", default="10,50,200", metavar="R,...")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    options = parser.parse_args()
    seconds = 60 * options.minutes
    ways = {
        "with": partial(simulated, seconds=seconds),
        "without": partial(without_quiet_rule, seconds=seconds / SHORTER),
    }
    shown = Table("a second", "quiet rule", "payments", "first try conflicts", "lost", "seconds")
    with reported() as progress:
        for rate in map(float, options.rates.split(",")):
            for name, run in ways.items():
                progress(f"{rate:g} payments a second, {name} the quiet rule")
                began = time.perf_counter()
                done = run(rate, seed=options.seed)
                shares = done.share(done.conflicts), done.share(done.behind)
                took = f"{time.perf_counter() - began:.0f}"
                shown.add_row(f"{rate:g}", name, f"{done.payments:,}", *shares, took)
    Console().print(shown)


if __name__ == "__main__":
    main()
