"""Take each measure, alternating between the stacks; only one works at a time."""

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.serving import figures
from benchmarks.serving.children import Place, Worker, server, worker
from benchmarks.serving.load import load
from benchmarks.serving.payments import FRAUD, GENUINE
from benchmarks.serving.stacks import FLOOR, OURS, OURS_WITH_MEMORY, STACKS, TUTORIAL, Stack
from training.errors import CheckFailedError
from training.local.processes import ROOT

BATCH: Final = 100
TOLERANCE: Final = 1e-5
"""Relative difference allowed between two probabilities computed from the same float32 sum."""

Begin = Callable[[str], None]
Collected = dict[tuple[str, str], list[float]]


@dataclass(frozen=True, slots=True)
class Effort:
    """The number of repetitions of each measure.

    Attributes
    ----------
    cold : int
        Cold starts of each stack.
    rounds, calls : int
        Rounds of warm calls, and calls of each case in a round; of batches, a tenth as many.
    http_rounds : int
    http_seconds : float
        For each stack in a round.
    """

    cold: int = 20
    rounds: int = 30
    calls: int = 100
    http_rounds: int = 5
    http_seconds: float = 2.0


QUICK: Final = Effort(cold=3, rounds=3, calls=20, http_rounds=1, http_seconds=0.5)


@dataclass(frozen=True, slots=True)
class Case:
    """An event to time on a stack; `share` scales the number of calls."""

    measure: str
    stack: Stack
    event: dict[str, Any]
    share: float = 1.0


def recorded(name: str) -> dict[str, Any]:
    """A recorded event of API Gateway, from the tests."""
    event: dict[str, Any] = json.loads((ROOT / "tests/events" / f"{name}.json").read_bytes())
    return event


def payments() -> list[dict[str, Any]]:
    """A batch: the genuine example with varied amounts and hours, and one fraud among them."""
    varied = [
        {**GENUINE, "step": 1 + index % 24, "amount": GENUINE["amount"] * (0.5 + index / BATCH)}
        for index in range(BATCH)
    ]
    varied[BATCH // 2] = FRAUD
    return varied


def asking(path: str, body: Any, **query: str) -> dict[str, Any]:
    """The recorded event with another path, body and query."""
    event = recorded("rest_v1_genuine")
    context = {**event["requestContext"], "resourcePath": path, "path": f"/live{path}"}
    return {
        **event,
        "resource": path,
        "path": path,
        "requestContext": context,
        "body": json.dumps(body),
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [each] for name, each in query.items()} or None,
    }


def cases() -> list[Case]:
    """The cases for warm workers."""
    genuine, fraud = recorded("rest_v1_genuine"), recorded("rest_v1_fraud")
    batch = asking("/predict/batch", {"transactions": payments()})
    return [
        *(Case(figures.APPROVED, stack, genuine) for stack in STACKS),
        *(Case(figures.BLOCKED, stack, fraud) for stack in (TUTORIAL, OURS)),
        Case(figures.EXPLAIN, OURS, asking("/predict", GENUINE, explain="true")),
        *(Case(figures.BATCH, stack, batch, share=0.1) for stack in (FLOOR, OURS)),
    ]


def check_agreement(place: Place) -> None:
    """Raise `CheckFailedError` unless both stacks compute the same probability for every payment.

    Our probability is compared before calibration. Our stack must also approve the genuine example
    and block the fraud.
    """
    with worker(TUTORIAL, place) as theirs, worker(OURS, place) as ours:
        for payment in payments():
            plain = theirs.ask(asking("/predict", payment)).answer
            full = ours.ask(asking("/predict", payment, explain="true")).answer
            expected = 1 / (1 + math.exp(-full["explanation"]["margin"]))
            if not math.isclose(plain["fraud_probability"], expected, rel_tol=TOLERANCE):
                raise CheckFailedError(
                    f"the tutorial computes {plain['fraud_probability']} and ours {expected} for "
                    f"{payment}: the stacks do not hold the same model"
                )
        for name, wanted in (("genuine", "approve"), ("fraud", "block")):
            decision = ours.ask(recorded(f"rest_v1_{name}")).answer["decision"]
            if decision != wanted:
                raise CheckFailedError(
                    f"the {name} example: {decision}, not {wanted}; fit on other rows"
                )


def cold_start(stack: Stack, place: Place) -> float:
    """The time from the start of a process to its first answer, in ms."""
    event = recorded("rest_v1_genuine")
    begun = time.perf_counter()
    with worker(stack, place) as running:
        running.ask(event)
        return 1e3 * (time.perf_counter() - begun)


def cold_starts(place: Place, repetitions: int, begin: Begin) -> Collected:
    """Cold starts of every stack, in ms; a first one, which warms the disk cache, is dropped."""
    samples: Collected = defaultdict(list)
    begin(f"{repetitions} cold starts of each stack")
    for repetition in range(repetitions + 1):
        for stack in (*STACKS, OURS_WITH_MEMORY):
            passed = cold_start(stack, place)
            if repetition:
                samples[figures.COLD, stack.name].append(passed)
    return samples


def warm(place: Place, effort: Effort, begin: Begin) -> tuple[Collected, float]:
    """The handler's time for each case in ms, and the workers' memory afterwards in MB.

    Also returns the CPU time of the workers as a share of the wall time; the rest went to other
    processes.
    """
    samples: Collected = defaultdict(list)
    worked = passed = 0
    every_case = cases()
    with ExitStack() as running:
        workers = {stack: running.enter_context(worker(stack, place)) for stack in STACKS}
        for case in every_case:
            workers[case.stack].ask(case.event, effort.calls)
        begin(f"{effort.rounds} rounds of warm calls")
        for number in range(effort.rounds):
            # A case that follows a slow one finds cold caches: rotate the order.
            for case in turned(every_case, number):
                calls = max(1, round(case.share * effort.calls))
                reply = workers[case.stack].ask(case.event, calls)
                samples[case.measure, case.stack.name] += [
                    duration / 1e6 for duration in reply.nanoseconds
                ]
                worked, passed = worked + reply.worked, passed + sum(reply.nanoseconds)
        add_memory(samples, workers)
    return samples, worked / passed


def add_memory(samples: Collected, workers: dict[Stack, Worker]) -> None:
    """Add the memory of workers, in MB."""
    for stack, running in workers.items():
        now, peak = running.resident_mb()
        samples[figures.MEMORY, stack.name] = [now]
        samples[figures.PEAK, stack.name] = [peak]


def http(place: Place, effort: Effort, begin: Begin) -> tuple[Collected, float]:
    """Requests per second of each stack and round, and the client's highest CPU share."""
    samples: Collected = defaultdict(list)
    busiest = 0.0
    with ExitStack() as running:
        ports = {stack: running.enter_context(server(stack, place, GENUINE)) for stack in STACKS}
        begin(f"{effort.http_rounds} rounds of HTTP")
        for number in range(effort.http_rounds):
            for stack in turned(STACKS, number):
                done = load(ports[stack], GENUINE, effort.http_seconds)
                samples[figures.HTTP, stack.name].append(done.requests / done.seconds)
                busiest = max(busiest, done.client_busy)
    return samples, busiest


def turned[T](sequence: Sequence[T], by: int) -> list[T]:
    """A sequence that begins later, and ends with what it began with."""
    start = by % len(sequence)
    return [*sequence[start:], *sequence[:start]]
