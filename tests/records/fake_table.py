"""A table in memory that does, when it is told to, whatever a table of DynamoDB may do.

Its reads may see earlier versions, or two moments at once. Its requests may fail, get no answer, or
be done after the client has given them up.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from fraud_api_lambda.aws.dynamodb import KEY, MOST_READ, MOST_WRITTEN, Item, Page, Put, Query
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, LostError, TableError
from tests.records.plans import Fault, Operation

type Choose = Callable[[int], int]
"""Returns a number below another; 0 stands for what usually happens."""

_READ_FAULTS: Final = {Fault.THROTTLE, Fault.LOST_REQUEST, Fault.SILENT}
POSSIBLE: Final = {
    Operation.READ: _READ_FAULTS,
    Operation.WRITE: _READ_FAULTS | {Fault.CONFLICT, Fault.LOST_ANSWER, Fault.SLOW},
    Operation.FIND: _READ_FAULTS,
}
"""Others make no difference to the client; those for reads are the same if the read was done."""

NOT_EXISTS: Final = re.compile(r"attribute_not_exists\((\w+)\)")
COMPARISON: Final = re.compile(r"(\w+) ([=<]) (:\w+)")


@dataclass(frozen=True, slots=True)
class Whims:
    """What a table may do.

    Attributes
    ----------
    is_stale : bool
        Inconsistent reads may see any earlier version of each item.
    is_torn : bool
        Other requests may come between the items of a read.
    faults : sequence of Fault
        Ways of `POSSIBLE` in which requests may fail. SILENT is a time-out, and so is SLOW, but
        the write is done later, at any time.
    most_faults : int
        Limit for all requests together.
    """

    is_stale: bool = False
    is_torn: bool = False
    faults: Sequence[Fault] = ()
    most_faults: int = 1


STEADY: Final = Whims()


class FakeTable:
    """A table in memory, as `aws.dynamodb.Table`.

    Parameters
    ----------
    items : iterable of Item
    whims : Whims
    choose : Choose
        Decides which of its whims the table follows.
    before : callable
        Called with a description before each step that something else may come before.

    Attributes
    ----------
    items : dict of Item
        By key.
    late : list of callable
        Writes on their way whose client has given them up.
    """

    def __init__(
        self,
        items: Iterable[Item] = (),
        whims: Whims = STEADY,
        choose: Choose = lambda _: 0,
        before: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.items = {str(item[KEY]): item for item in items}
        self.late: list[Callable[[], None]] = []
        self._earlier: dict[str, list[Item | None]] = {}
        self._whims, self._choose, self._before = whims, choose, before
        self._faults_left = whims.most_faults

    def prepare(self) -> None:
        """Nothing is to be prepared."""

    def read(
        self,
        keys: Sequence[str],
        *,
        consistent: bool,
        deadline: float,  # noqa: ARG002  # as the real one's
    ) -> dict[str, Item]:
        _check(keys, MOST_READ)

        def read() -> dict[str, Item]:
            seen = {key: self._seen(key, consistent=consistent) for key in self._in_turn(keys)}
            return {key: item for key, item in seen.items() if item is not None}

        return self._asked(Operation.READ, 0, read)

    def find(self, key: str, *, deadline: float) -> Item | None:  # noqa: ARG002  # as the real one's
        return self._asked(Operation.FIND, 0, lambda: self.items.get(key))

    def page(self, query: Query, *, deadline: float) -> Page:  # noqa: ARG002  # as the real one's
        return self._asked(Operation.FIND, 0, lambda: self._page(query))

    def _page(self, query: Query) -> Page:
        index = [item for item in self.items.values() if item.get(query.name) == query.value]
        index.sort(key=_index_key, reverse=True)
        after = query.after
        rest = [item for item in index if after is None or _index_key(item) < _index_key(after)]
        keys = [{name: item[name] for name in ("pk", "q", "l")} for item in rest[: query.limit]]
        return Page(keys, keys[-1] if len(rest) >= query.limit else None)

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:  # noqa: ARG002  # the same
        _check([str(put.item[KEY]) for put in puts], MOST_WRITTEN)
        self._asked(Operation.WRITE, len(puts), lambda: self._write(puts))

    def _write(self, puts: Sequence[Put]) -> None:
        stored = [self.items.get(str(put.item[KEY])) for put in puts]
        failed = [not _holds(put, item) for put, item in zip(puts, stored, strict=True)]
        if any(failed):
            shown = [no and put.is_shown for no, put in zip(failed, puts, strict=True)]
            found = [
                item if is_shown else None for item, is_shown in zip(stored, shown, strict=True)
            ]
            raise CancelledError("a condition does not hold", failed, found)
        for put, item in zip(puts, stored, strict=True):
            key = str(put.item[KEY])
            self._earlier.setdefault(key, []).append(item)
            self.items[key] = dict(put.item)

    def _asked[T](self, operation: Operation, items: int, work: Callable[[], T]) -> T:
        """The result of a request, unless it fails or its answer does not come."""
        self._before(operation)
        fault = self._fault(operation)
        if fault is Fault.CONFLICT:
            raise CancelledError("simulated", [False] * items, [None] * items)
        if fault is Fault.THROTTLE:
            raise BusyError("simulated")
        if fault is Fault.NONE:
            return work()
        if fault is Fault.LOST_ANSWER:
            _try(work)
        elif fault is Fault.SLOW:
            self.late.append(lambda: _try(work))
        raise LostError("simulated", is_slow=fault in (Fault.SILENT, Fault.SLOW))

    def _fault(self, operation: Operation) -> Fault:
        if self._faults_left == 0:
            return Fault.NONE
        possible = [each for each in self._whims.faults if each in POSSIBLE[operation]]
        chosen = [Fault.NONE, *possible][self._choose(1 + len(possible))]
        self._faults_left -= chosen is not Fault.NONE
        return chosen

    def _in_turn(self, keys: Sequence[str]) -> Iterator[str]:
        for number, key in enumerate(keys):
            if number and self._whims.is_torn:
                self._before(f"{Operation.READ}, next item")
            yield key

    def _seen(self, key: str, *, consistent: bool) -> Item | None:
        versions = [self.items.get(key)]
        if self._whims.is_stale and not consistent:
            versions += reversed(self._earlier.get(key, []))
        return versions[self._choose(len(versions))]


def _index_key(item: Item) -> tuple[str, str]:
    return str(item["l"]), str(item["pk"])


def _try(work: Callable[[], object]) -> None:
    with suppress(TableError):
        work()


def _check(keys: Sequence[str], most: int) -> None:
    """Refuse what DynamoDB refuses."""
    if not 0 < len(keys) == len(set(keys)) <= most:
        raise TableError(f"{len(keys)} items, {len(set(keys))} of them different")


def _holds(put: Put, stored: Item | None) -> bool:
    return any(
        all(_is_true(each, put.values, stored or {}) for each in every.split(" AND "))
        for every in put.condition.split(" OR ")
    )


def _is_true(condition: str, values: Mapping[str, str | int | bytes], item: Item) -> bool:
    if absent := NOT_EXISTS.fullmatch(condition):
        return absent[1] not in item
    comparison = COMPARISON.fullmatch(condition)
    if comparison is None:
        raise ValueError(f"a condition that the fake does not know: {condition}")
    name, sign, value = comparison.groups()
    left, right = item.get(name), values[value]
    if sign == "=":
        return left == right
    return isinstance(left, int) and isinstance(right, int) and left < right
