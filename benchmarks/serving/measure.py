"""Each measure: the stacks by turns, one at work at a time."""

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
from benchmarks.serving.stacks import FLOOR, OURS, STACKS, TUTORIAL, Stack
from fraud_api_lambda.examples import FRAUD, GENUINE
from training.errors import CheckFailedError
from training.local.processes import ROOT

BATCH: Final = 100
TOLERANCE: Final = 1e-5
"""Between two probabilities that came of the same float32 sum, relative."""

Begin = Callable[[str], None]
Found = dict[tuple[str, str], list[float]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much of everything.

    Attributes
    ----------
    cold : int
        Cold starts of each stack.
    rounds, calls : int
        Rounds of warm calls, and calls of each case in a round; batches are a tenth of them.
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
    """A question to a stack."""

    measure: str
    stack: Stack
    event: dict[str, Any]
    share: float = 1.0


def recorded(name: str) -> dict[str, Any]:
    """An event of API Gateway, as the tests have it."""
    event: dict[str, Any] = json.loads((ROOT / "tests/events" / f"{name}.json").read_bytes())
    return event


def payments() -> list[dict[str, Any]]:
    """A batch: the genuine example with other amounts and hours, and the fraud among them."""
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
    """Everything that warm workers are asked."""
    genuine, fraud = recorded("rest_v1_genuine"), recorded("rest_v1_fraud")
    batch = asking("/predict/batch", {"transactions": payments()})
    return [
        *(Case(figures.APPROVED, stack, genuine) for stack in STACKS),
        *(Case(figures.BLOCKED, stack, fraud) for stack in (TUTORIAL, OURS)),
        Case(figures.EXPLAIN, OURS, asking("/predict", GENUINE, explain="true")),
        *(Case(figures.BATCH, stack, batch, share=0.1) for stack in (FLOOR, OURS)),
    ]


def check_agreement(place: Place) -> None:
    """Raise `CheckFailedError` unless both stacks find the same probability for every payment.

    Ours is the one before calibration, and has to approve the genuine example and block the fraud.
    """
    with worker(TUTORIAL, place) as theirs, worker(OURS, place) as ours:
        for payment in payments():
            plain = theirs.ask(asking("/predict", payment)).answer
            full = ours.ask(asking("/predict", payment, explain="true")).answer
            expected = 1 / (1 + math.exp(-full["explanation"]["margin"]))
            if not math.isclose(plain["fraud_probability"], expected, rel_tol=TOLERANCE):
                raise CheckFailedError(
                    f"the tutorial finds {plain['fraud_probability']}, we {expected}, for "
                    f"{payment}: the stacks do not compute the same"
                )
        for name, wanted in (("genuine", "approve"), ("fraud", "block")):
            decision = ours.ask(recorded(f"rest_v1_{name}")).answer["decision"]
            if decision != wanted:
                raise CheckFailedError(
                    f"the {name} example: {decision}, not {wanted}; fit on other rows"
                )


def cold_start(stack: Stack, place: Place) -> float:
    """From the start of a process to its first answer, in ms."""
    event = recorded("rest_v1_genuine")
    begun = time.perf_counter()
    with worker(stack, place) as asked:
        asked.ask(event)
        return 1e3 * (time.perf_counter() - begun)


def cold_starts(place: Place, repetitions: int, begin: Begin) -> Found:
    """Cold starts of every stack, in ms; the first of each is not counted."""
    found: Found = defaultdict(list)
    begin(f"{repetitions} cold starts of each stack")
    for repetition in range(repetitions + 1):
        for stack in STACKS:
            passed = cold_start(stack, place)
            if repetition:
                found[figures.COLD, stack.name].append(passed)
    return found


def warm(place: Place, effort: Effort, begin: Begin) -> tuple[Found, float]:
    """The handler's own time for each case, in ms, and what the workers hold afterwards, in MB.

    And which share of that time the processor worked for them, the rest being for other processes.
    """
    found: Found = defaultdict(list)
    worked = passed = 0
    asked = cases()
    with ExitStack() as running:
        workers = {stack: running.enter_context(worker(stack, place)) for stack in STACKS}
        for case in asked:
            workers[case.stack].ask(case.event, effort.calls)
        begin(f"{effort.rounds} rounds of warm calls")
        for number in range(effort.rounds):
            # Whoever comes after a slow one finds the caches cold: by turns, then.
            for case in _turned(asked, number):
                calls = max(1, round(case.share * effort.calls))
                reply = workers[case.stack].ask(case.event, calls)
                found[case.measure, case.stack.name] += [each / 1e6 for each in reply.nanoseconds]
                worked, passed = worked + reply.worked, passed + sum(reply.nanoseconds)
        _add_memory(found, workers)
    return found, worked / passed


def _add_memory(found: Found, workers: dict[Stack, Worker]) -> None:
    for stack, asked in workers.items():
        now, peak = asked.resident_mb()
        found[figures.MEMORY, stack.name] = [now]
        found[figures.PEAK, stack.name] = [peak]


def http(place: Place, effort: Effort, begin: Begin) -> tuple[Found, float]:
    """Requests a second of each stack, round by round, and how busy the client ever was."""
    found: Found = defaultdict(list)
    busiest = 0.0
    with ExitStack() as running:
        ports = {stack: running.enter_context(server(stack, place, GENUINE)) for stack in STACKS}
        begin(f"{effort.http_rounds} rounds of HTTP")
        for number in range(effort.http_rounds):
            for stack in _turned(STACKS, number):
                done = load(ports[stack], GENUINE, effort.http_seconds)
                found[figures.HTTP, stack.name].append(done.requests / done.seconds)
                busiest = max(busiest, done.client_busy)
    return found, busiest


def _turned[T](sequence: Sequence[T], by: int) -> list[T]:
    start = by % len(sequence)
    return [*sequence[start:], *sequence[:start]]
