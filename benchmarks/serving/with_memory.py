"""Answers with memory, and their part that is ours: without the waits for the table."""

from collections import defaultdict
from contextlib import ExitStack
from typing import Final

import numpy as np

from benchmarks.serving import figures
from benchmarks.serving.children import Place, Reply, Worker, worker
from benchmarks.serving.measure import (
    Begin,
    Case,
    Collected,
    Effort,
    add_memory,
    asking,
    payments,
    turned,
)
from benchmarks.serving.payments import FRAUD, GENUINE
from benchmarks.serving.stacks import OURS_WITH_HISTORIES, OURS_WITH_MEMORY, TABLE, WITH_MEMORY
from benchmarks.serving.table_stub import READ, WAITS_S, WRITE
from fraud_api_lambda.domain.checks import JsonObject
from training.errors import CheckFailedError

DAYS: Final = 30
SHARE: Final = 0.1
"""An answer waits a hundred times as long as one without memory takes."""

ANSWERS: Final = (figures.APPROVED, figures.BLOCKED, figures.BATCH)

LEAST_MS: Final = 1e3 * sum(WAITS_S.values())
"""An answer that took less did not wait for the table."""


def today(payment: JsonObject) -> JsonObject:
    """A payment at the same hour of a day that has `DAYS` days before it."""
    return {**payment, "step": 24 * DAYS + payment["step"]}


def past(payment: JsonObject) -> list[JsonObject]:
    """Two payments of each day before: one of the payer, and one to the payee."""
    return [
        {**payment, "step": 24 * day + hour, "amount": 100.0 + day, side: f"C{day}"}
        for day in range(DAYS)
        for hour, side in ((10, "nameDest"), (20, "nameOrig"))
    ]


def fill(place: Place) -> None:
    """Give the accounts a history; raise `CheckFailedError` unless answers are as wanted then.

    They must be recorded, and decide like those without memory.
    """
    with worker(OURS_WITH_MEMORY, place) as running:
        for payment in (GENUINE, FRAUD):
            running.ask(asking("/predict/batch", {"transactions": past(payment)}))
        _check(running, GENUINE, "approve")
        _check(running, FRAUD, "block")
    with worker(OURS_WITH_HISTORIES, place) as running:
        _check(running, GENUINE, "approve")


def _check(running: Worker, payment: JsonObject, decision: str) -> None:
    answer = running.ask(asking("/predict", today(payment))).answer
    found = answer["decision"], answer["degraded"]
    if found != (decision, []):
        raise CheckFailedError(f"{running.stack.name}: {found}, not {decision}, for {payment}")


def cases() -> list[Case]:
    """The cases with memory, and the bare exchanges with the table."""
    genuine, fraud = (asking("/predict", today(payment)) for payment in (GENUINE, FRAUD))
    batch = asking("/predict/batch", {"transactions": payments()})
    return [
        *(Case(figures.APPROVED, stack, genuine, SHARE) for stack in WITH_MEMORY),
        Case(figures.BLOCKED, OURS_WITH_MEMORY, fraud, SHARE),
        Case(figures.BATCH, OURS_WITH_MEMORY, batch, SHARE / 10),
        Case(figures.READ, TABLE, {"operation": READ}, SHARE),
        Case(figures.WRITE, TABLE, {"operation": WRITE}, SHARE),
    ]


def warm(place: Place, effort: Effort, begin: Begin) -> tuple[Collected, int]:
    """The samples of each case in ms, and the number of answers that did not wait for the table."""
    samples: Collected = defaultdict(list)
    every_case = cases()
    with ExitStack() as running:
        stacks = (*WITH_MEMORY, TABLE)
        workers = {stack: running.enter_context(worker(stack, place)) for stack in stacks}
        begin(f"{effort.rounds} rounds of calls with memory")
        for number in range(effort.rounds + 1):
            for case in turned(every_case, number):
                calls = max(1, round(case.share * effort.calls))
                reply = workers[case.stack].ask(case.event, calls)
                if number:  # the first round warms up
                    _add(samples, case, reply)
        add_memory(samples, {stack: workers[stack] for stack in WITH_MEMORY})
    return with_own_part(samples)


def _add(samples: Collected, case: Case, reply: Reply) -> None:
    taken, name = reply.nanoseconds, case.stack.name
    samples[case.measure, name] += [each / 1e6 for each in taken]
    if case.measure == figures.APPROVED:
        samples[figures.CPU, name].append(reply.worked / len(taken) / 1e6)


def with_own_part(samples: Collected) -> tuple[Collected, int]:
    """Add our own part of the answers, and leave out answers that did not wait; also counts those.

    The table is left alone for a second after an exchange that took too long.
    """
    exchanges = (samples[each, TABLE.name] for each in (figures.READ, figures.WRITE))
    waits = sum(float(np.median(taken)) for taken in exchanges)
    waited = {
        key: [each for each in taken if key[0] not in ANSWERS or each >= LEAST_MS]
        for key, taken in samples.items()
    }
    own = {
        (figures.OWN, stack.name): [each - waits for each in waited[figures.APPROVED, stack.name]]
        for stack in WITH_MEMORY
    }
    return waited | own, _number(samples) - _number(waited)


def _number(samples: Collected) -> int:
    return sum(map(len, samples.values()))
