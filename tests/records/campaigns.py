"""A campaign: containers that post payments and outcomes at once, over a table that fails.

In the end everything must fit together: one answer for each id, right seals, and a replay of the
whole table without a difference.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any, Final

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.client import Service as ServiceName
from fraud_api_lambda.aws.dynamodb import EXCHANGE_S, Item, Put, Table
from fraud_api_lambda.aws.signature import Credentials
from fraud_api_lambda.decisions.bundle import read, version_of
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.labelling import Outcome
from fraud_api_lambda.records.items import RECORD
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import RecordTable
from fraud_api_lambda.service import Question, Service
from fraud_api_lambda.web.recorded import render
from tests.bundles import make_history_bundle
from tests.emulator import TableAws
from tests.memory_app import UNHURRIED
from tests.records.answered import Answered, wrong_answers
from tests.records.campaign_words import Said, outcomes_of, say, wrong_words
from tests.records.defects import Defect, Planted
from tests.records.faults import Fault, Operation, at_random, faulty
from tests.transactions import body
from training.local.processes import LOOPBACK
from training.memory.replay import replay
from training.registry.table import MemoryTable

THREADS: Final = 6
PAYERS: Final = 8
PAYEES: Final = 6
MOST_TOGETHER: Final = 5
"""Payments of a batch."""

RATES: Final = (0.02, 0.05, 0.1, 0.2)
"""Chances of each kind of fault: conflict, throttle, lost request, lost answer."""

BUNDLE: Final = make_history_bundle()

type Body = dict[str, Any]

type Job = Sequence[Body] | Sequence[Outcome]
"""What is sent at once."""

type Chances = Mapping[Operation, Mapping[Fault, float]]


def chances_at(rate: float, slow: float = 0.0) -> dict[Operation, dict[Fault, float]]:
    """Chances of all faults, where each kind of fault happens at a rate.

    Parameters
    ----------
    rate : float
        A throttle is one of the whole request, or among other reasons; a lost answer is one of a
        connection that ends, or is reset. Errors of the server come half as often.
    slow : float
        Of each fault that the client has to wait for.
    """
    common = {
        Fault.MIXED_THROTTLE: rate / 2,
        Fault.LOST_REQUEST: rate,
        Fault.LOST_ANSWER: rate / 2,
        Fault.RESET: rate / 2,
        Fault.ERROR_500: rate / 4,
        Fault.LATE_500: rate / 4,
        **dict.fromkeys((Fault.SLOW, Fault.SILENT, Fault.TRICKLE), slow),
    }
    throttles = {Fault.THROTTLE: rate / 4, Fault.UNPROCESSED: rate / 4}
    find: dict[Fault, float] = {
        fault: chance for fault, chance in common.items() if fault is not Fault.MIXED_THROTTLE
    }
    return {
        Operation.READ: common | throttles,
        Operation.WRITE: common | {Fault.THROTTLE: rate / 2, Fault.CONFLICT: rate},
        Operation.FIND: find | {Fault.THROTTLE: rate / 4},
    }


@dataclass
class Campaign:
    """What a campaign did and found.

    Attributes
    ----------
    answered : list of Answered
    said : list of Said
    faults : Counter
        Requests to the table by operation and fault.
    violations : list of str
        What does not fit together.
    views, changes : int
        Histories and changes of labels that were folded again.
    """

    answered: list[Answered]
    said: list[Said]
    faults: Counter[tuple[str, Fault]]
    violations: list[str] = field(default_factory=list)
    views: int = 0
    changes: int = 0


def campaign(
    aws: TableAws,
    seed: int,
    *,
    payments: int,
    chances: Chances,
    outcomes: int = 0,
    defect: Defect | None = None,
) -> Campaign:
    """Post payments and outcomes of them to an empty table, and check all of it.

    Parameters
    ----------
    aws : TableAws
    seed : int
    payments : int
        Different ones; with those that are sent again there are about 1.7 times as many.
    chances : dict
        Of faults.
    outcomes : int
    defect : Defect, optional
        Planted into each container.
    """
    model = LoadedModel.of(read(BUNDLE), aws.serve(version_of(BUNDLE), BUNDLE), has_memory=True)
    memory = MemoryTable(aws.table, aws.secret_parameter)
    keys = memory.keys()
    port = int(aws.endpoint_url.rpartition(":")[2])
    with faulty(port, at_random(seed, chances)) as proxy:
        containers = [
            Service(DecisionLog(each, UNHURRIED), lambda: keys, render)
            for each in (_table(aws.table, proxy.port, keys, defect) for _ in range(THREADS))
        ]
        jobs = _mixed(groups_of(seed, payments), outcomes_of(seed, payments, outcomes), seed)
        answered, said = _post(jobs, containers, model)
    done = Campaign(answered, said, proxy.counts)
    items = {str(item["pk"]): item for page in memory.items(RECORD) for item in page}
    replayed = replay(memory, aws.registry, lambda _: None)
    done.violations += [*map(repr, proxy.troubles), *wrong_answers(items, answered)]
    done.violations += wrong_words(items, keys, said)
    done.violations += [*map(str, replayed.first), *replayed.not_folded]
    done.views, done.changes = replayed.views, replayed.changes
    return done


def groups_of(seed: int, payments: int) -> list[list[Body]]:
    """Payments in the order in which they are sent, some of them in batches.

    Of ten payments, about three are sent again at once, and three later. A few ids are used again
    for another payment.
    """
    chance = random.Random(seed)
    sent: list[tuple[float, Body]] = []
    for number in range(payments):
        first = payment(chance, number)
        again_at_once = [number + 0.5] * (chance.random() < 0.3)
        later = [chance.uniform(number, payments)] * (chance.random() < 0.3)
        sent += [(at, first) for at in (number, *again_at_once, *later)]
        if chance.random() < 0.1:
            sent.append((number + chance.choice((0.5, 20)), first | {"amount": 999.0}))
    bodies = [each for _, each in sorted(sent, key=lambda pair: pair[0])]
    return [*_cut(bodies, chance)]


def payment(chance: random.Random, number: int) -> Body:
    """A payment among a few accounts, which also pay each other."""
    payee = f"P{chance.randrange(PAYEES)}" if chance.random() < 0.7 else "C0"
    return body(
        transaction_id=f"t{number}",
        step=10 + number // 20 + chance.randrange(3),
        amount=chance.randrange(1, 100_000) / 100,
        nameOrig=f"C{chance.randrange(PAYERS)}",
        nameDest=payee,
    )


def _cut(bodies: Sequence[Body], chance: random.Random) -> Iterator[list[Body]]:
    rest = list(bodies)
    while rest:
        size = chance.randint(2, MOST_TOGETHER) if chance.random() < 0.15 else 1
        yield rest[:size]
        del rest[:size]


class _QuickTable(Table):
    """A table with the time for an exchange that the service gives it, whatever the clock says."""

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        del deadline
        return super().read(keys, consistent=consistent, deadline=monotonic() + EXCHANGE_S)

    def find(self, key: str, *, deadline: float) -> Item | None:
        del deadline
        return super().find(key, deadline=monotonic() + EXCHANGE_S)

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        del deadline
        super().write(puts, deadline=monotonic() + EXCHANGE_S)


def _table(name: str, port: int, keys: Keys, defect: Defect | None) -> RecordTable:
    """A container's way to the table."""
    endpoints: dict[ServiceName, str] = {"dynamodb": f"http://{LOOPBACK}:{port}"}
    table = _QuickTable(name, AwsClient(Credentials("local", "local"), "us-east-1", endpoints))
    return table if defect is None else Planted(table, defect, keys)


def _mixed(
    payments: Sequence[Sequence[Body]], outcomes: Sequence[Sequence[Outcome]], seed: int
) -> list[Job]:
    """Payments in order, with outcomes anywhere between them: some come too early."""
    chance = random.Random(f"mixed {seed}")
    at = [chance.uniform(0, 1.2 * len(payments)) for _ in outcomes]
    jobs: list[tuple[float, Job]] = [*enumerate(payments), *zip(at, outcomes, strict=True)]
    return [job for _, job in sorted(jobs, key=lambda pair: pair[0])]


def _post(
    jobs: Sequence[Job], containers: Sequence[Service], model: LoadedModel
) -> tuple[list[Answered], list[Said]]:
    """Send payments and outcomes in order, each by the container that is free first."""
    waiting: SimpleQueue[Job] = SimpleQueue()
    answered: SimpleQueue[Answered] = SimpleQueue()
    said: SimpleQueue[Said] = SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def work(service: Service) -> None:
        question = Question()
        while (job := _next(waiting)) is not None:
            if outcomes := [each for each in job if isinstance(each, Outcome)]:
                for each in say(service.labels, outcomes):
                    said.put(each)
                continue
            asked = [service.asked(model, each, question) for each in job if isinstance(each, dict)]
            decided = service.answer(model, asked, question).decided
            for pair in zip(asked, decided, strict=True):
                answered.put(Answered(*pair))

    threads = [Thread(target=work, args=(each,)) for each in containers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _all(answered), _all(said)


def _next[T](waiting: "SimpleQueue[T]") -> T | None:
    try:
        return waiting.get_nowait()
    except Empty:
        return None


def _all[T](queue: "SimpleQueue[T]") -> list[T]:
    return [queue.get() for _ in range(queue.qsize())]
