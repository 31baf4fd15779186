"""A state as bytes: integers with seven bits per byte, and ascending ones as differences. Pure."""

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final

from fraud_api_lambda.history.state import UNKNOWN, AccountState, Buckets

FORM: Final = 1
"""The first byte: the version of the format."""


class PackedStateError(ValueError):
    """Raise when bytes are not a state in a form that this program knows."""


def pack(state: AccountState) -> bytes:
    """The bytes of a state, under 1 KB with every bucket full."""
    numbers = [state.first, state.last - state.first]
    for buckets in (state.hours, state.days):
        numbers += [len(buckets.numbers), *_steps(buckets.numbers)]
        numbers += [*buckets.counts, *buckets.sums]
    numbers += state.days.frauds
    numbers.append(len(state.partners))
    for partner, time in state.partners.items():
        numbers += [partner, state.last - time]
    return bytes([FORM, *_bytes(numbers)])


def unpack(data: bytes) -> AccountState:
    """The state that `pack` wrote.

    Raises
    ------
    PackedStateError
        If it was written in another form, or the bytes are damaged.
    """
    if data[:1] != bytes([FORM]):
        raise PackedStateError(f"not a state of form {FORM}")
    try:
        numbers = _numbers(data[1:])
        state = _state(numbers)
    except (StopIteration, RuntimeError) as error:
        raise PackedStateError("the state ends too early") from error
    if next(numbers, None) is not None:
        raise PackedStateError("bytes follow the end of the state")
    return state


def _state(numbers: Iterator[int]) -> AccountState:
    first = next(numbers)
    last = first + next(numbers)
    hours = _buckets(numbers)
    days = _buckets(numbers)
    days = days._replace(frauds=tuple(next(numbers) for _ in days.numbers))
    hours = hours._replace(frauds=(0,) * len(hours.numbers))
    pairs = [(next(numbers), last - next(numbers)) for _ in range(next(numbers))]
    return AccountState(first, last, hours, days, dict(pairs)) if first else UNKNOWN


def _buckets(numbers: Iterator[int]) -> Buckets:
    n = next(numbers)
    steps, counts, sums = ([next(numbers) for _ in range(n)] for _ in range(3))
    return Buckets(tuple(accumulate(steps)), tuple(counts), tuple(sums))


def _steps(numbers: tuple[int, ...]) -> Iterator[int]:
    yield from numbers[:1]
    yield from (later - earlier for earlier, later in pairwise(numbers))


def _bytes(numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        rest = number
        while rest > 0x7F:
            yield rest & 0x7F | 0x80
            rest >>= 7
        yield rest


def _numbers(data: bytes) -> Iterator[int]:
    number, shift = 0, 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield number
            number, shift = 0, 0
    if shift:
        raise PackedStateError("the state ends in the middle of a number")
