"""Which request of DynamoDB fails, and how: by a script, or at random from a seed."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, StrEnum, auto
from threading import Lock


class Operation(StrEnum):
    """An operation whose requests can fail; all others pass."""

    READ = "BatchGetItem"
    WRITE = "TransactWriteItems"
    FIND = "GetItem"


class Fault(Enum):
    """What happens to a request."""

    NONE = auto()
    SLOW = auto()
    # Answered or not, but never forwarded.
    CONFLICT = auto()
    THROTTLE = auto()
    MIXED_THROTTLE = auto()  # a write's reasons are a conflict and a throttle; a read gets half
    UNPROCESSED = auto()  # a read gets none of its keys
    ERROR_500 = auto()
    LOST_REQUEST = auto()
    SILENT = auto()
    # Forwarded.
    LATE_500 = auto()
    LOST_ANSWER = auto()
    RESET = auto()
    TRICKLE = auto()


POSSIBLE = {
    Operation.READ: set(Fault) - {Fault.CONFLICT},
    Operation.WRITE: set(Fault) - {Fault.UNPROCESSED},
    Operation.FIND: set(Fault) - {Fault.CONFLICT, Fault.MIXED_THROTTLE, Fault.UNPROCESSED},
}

type Plan = Callable[[Operation], Fault]
"""The fault of an operation's next request; several threads may ask at once."""


def scripted(faults: Mapping[Operation, Sequence[Fault]]) -> Plan:
    """These faults in turn, by operation, and none after them."""
    _check(faults)
    lock, rest = Lock(), {operation: iter(each) for operation, each in faults.items()}

    def plan(operation: Operation) -> Fault:
        with lock:
            return next(rest.get(operation, iter(())), Fault.NONE)

    return plan


def at_random(
    seed: int, chances: Mapping[Operation, Mapping[Fault, float]], *, most_in_a_row: int = 3
) -> Plan:
    """Faults with these probabilities. The seed fixes the sequence of each operation."""
    _check(chances)
    lock, in_a_row = Lock(), Counter[Operation]()
    numbers = {each: random.Random(f"{seed} {each}") for each in Operation}

    def plan(operation: Operation) -> Fault:
        with lock:
            fault = _drawn(numbers[operation].random(), chances.get(operation, {}))
            if fault is Fault.NONE or in_a_row[operation] == most_in_a_row:
                in_a_row[operation] = 0
                return Fault.NONE
            in_a_row[operation] += 1
            return fault

    return plan


def _drawn(number: float, chances: Mapping[Fault, float]) -> Fault:
    for fault, chance in chances.items():
        if number < chance:
            return fault
        number -= chance
    return Fault.NONE


def _check(faults: Mapping[Operation, Sequence[Fault] | Mapping[Fault, float]]) -> None:
    for operation, each in faults.items():
        if impossible := set(each) - POSSIBLE[operation]:
            raise ValueError(f"{operation} has no {', '.join(fault.name for fault in impossible)}")
