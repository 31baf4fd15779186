"""A state as bytes: integers with seven bits per byte, and ascending ones as differences. Pure."""

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Final

from fraud_api_lambda.history.state import (
    DAY_S,
    HOUR_S,
    UNKNOWN,
    AccountState,
    Buckets,
    Partners,
)

FORM: Final = 1
"""The first byte: the version of the format."""

EARLIEST_S: Final = -62_135_596_800
"""0001-01-01T00:00:00Z: times are written as seconds since then, which are never negative."""


class PackedStateError(ValueError):
    """Raise when bytes are not a state in a form that this program knows."""


def pack(state: AccountState) -> bytes:
    """The bytes of a state: under 1 KB with every bucket full, for a label delay of a week."""
    last, hours, days, partners = state
    numbers: list[int] = []
    if state.has_payments:
        numbers.append(last - EARLIEST_S)
        numbers += _bucket_numbers(hours, last // HOUR_S)
        numbers += [*_bucket_numbers(days, last // DAY_S), *days.frauds]
        numbers += _partner_numbers(partners, last)
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
    if len(data) == 1:
        return UNKNOWN
    try:
        numbers = _numbers(data[1:])
        state = _state(numbers)
    except (StopIteration, RuntimeError) as error:
        raise PackedStateError("the state ends too early") from error
    if next(numbers, None) is not None:
        raise PackedStateError("bytes follow the end of the state")
    return state


def _bucket_numbers(buckets: Buckets, last: int) -> Iterator[int]:
    numbers, counts, sums, _ = buckets
    yield len(numbers)
    yield from (later - earlier for earlier, later in pairwise((*numbers, last)))
    yield from counts
    yield from sums


def _partner_numbers(partners: Partners, last: int) -> Iterator[int]:
    kept, forgotten = partners
    yield 0 if forgotten is None else last - forgotten + 1
    yield len(kept)
    for partner, time in sorted(kept.items()):
        yield partner
        yield last - time


def _state(numbers: Iterator[int]) -> AccountState:
    last = next(numbers) + EARLIEST_S
    hours = _buckets(numbers, last // HOUR_S)
    days = _buckets(numbers, last // DAY_S)
    days = days._replace(frauds=tuple(next(numbers) for _ in days.numbers))
    hours = hours._replace(frauds=(0,) * len(hours.numbers))
    return AccountState(last, hours, days, _partners(numbers, last))


def _buckets(numbers: Iterator[int], last: int) -> Buckets:
    n = next(numbers)
    steps, counts, sums = ([next(numbers) for _ in range(n)] for _ in range(3))
    found = accumulate(reversed(steps), lambda later, step: later - step, initial=last)
    _, *backwards = found
    return Buckets(tuple(reversed(backwards)), tuple(counts), tuple(sums))


def _partners(numbers: Iterator[int], last: int) -> Partners:
    since_forgotten = next(numbers)
    kept = {next(numbers): last - next(numbers) for _ in range(next(numbers))}
    return Partners(kept, last + 1 - since_forgotten if since_forgotten else None)


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
