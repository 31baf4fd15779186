"""A state as bytes: integers with seven bits per byte, and ascending ones as differences. Pure."""

from collections.abc import Iterable, Iterator
from itertools import accumulate, batched, islice, pairwise
from operator import sub
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
    return bytes([FORM]) + _bytes(numbers)


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
    days = days._replace(frauds=_next(numbers, len(days.numbers)))
    hours = hours._replace(frauds=(0,) * len(hours.numbers))
    return AccountState(last, hours, days, _partners(numbers, last))


def _next(numbers: Iterator[int], n: int) -> tuple[int, ...]:
    """The next `n` numbers; raises `StopIteration` if there are fewer."""
    taken = tuple(islice(numbers, n))
    if len(taken) < n:
        raise StopIteration
    return taken


def _buckets(numbers: Iterator[int], last: int) -> Buckets:
    n = next(numbers)
    steps, counts, sums = _next(numbers, n), _next(numbers, n), _next(numbers, n)
    found = accumulate(reversed(steps), sub, initial=last)
    _, *backwards = found
    return Buckets(tuple(reversed(backwards)), counts, sums)


def _partners(numbers: Iterator[int], last: int) -> Partners:
    since_forgotten, n = next(numbers), next(numbers)
    pairs = _next(numbers, 2 * n)
    kept = {partner: last - since for partner, since in batched(pairs, 2, strict=True)}
    return Partners(kept, last + 1 - since_forgotten if since_forgotten else None)


def _bytes(numbers: Iterable[int]) -> bytearray:
    data = bytearray()
    add = data.append
    for number in numbers:
        rest = number
        while rest > 0x7F:
            add(rest & 0x7F | 0x80)
            rest >>= 7
        add(rest)
    return data


def _numbers(data: bytes) -> Iterator[int]:
    numbers: list[int] = []
    add, number, shift = numbers.append, 0, 0
    for byte in data:
        if byte >= 0x80:
            number |= (byte & 0x7F) << shift
            shift += 7
        elif shift:
            add(number | byte << shift)
            number = shift = 0
        else:
            add(byte)
    if shift:
        raise PackedStateError("the state ends in the middle of a number")
    return iter(numbers)
