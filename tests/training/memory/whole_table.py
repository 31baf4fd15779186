"""The table of an API of this process as `replay` and `erase` read and change it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, NoReturn

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.deployment.pointer import PinnedModel
from fraud_api_lambda.records.items import Item
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.seals import LATER, seal, seal_later
from tests.faulty_aws import PINNED
from tests.records.support import KEYS, NOW_S, Memory
from tests.transactions import body
from training.memory.replay import replay
from training.memory.replaying.differences import Replayed
from training.registry.store import Registry
from training.registry.table_changes import COMPARED, Change, ChangingTable

_moments: Final = count(1)

AT_ONCE: Final = 7
"""Items of a page."""


class WholeTable(ChangingTable):
    """A table of this process.

    Parameters
    ----------
    items : dict of Item
        By key.

    Attributes
    ----------
    before : callable
        Called with what is asked for before each request, which it may make fail.
    """

    def __init__(self, items: dict[str, Item]) -> None:
        super().__init__("fraud-table", "/secret")
        self.stored = items
        self.before: Callable[[str], None] = lambda _: None

    def keys(self) -> Keys:
        return KEYS

    def items(self, *beginnings: str) -> Iterator[list[Item]]:
        keys = sorted(key for key in self.stored if key.startswith(beginnings))
        for start in range(0, len(keys), AT_ONCE):
            self.before("page")
            page = keys[start : start + AT_ONCE]
            yield [dict(self.stored[key]) for key in page if key in self.stored]

    def find(self, keys: Sequence[str]) -> dict[str, Item]:
        self.before("find")
        return {key: dict(self.stored[key]) for key in keys if key in self.stored}

    def change(self, changes: Sequence[Change]) -> bool:
        self.before("change")
        if not all(self._is_as_read(each) for each in changes):
            return False
        for key, _, new in changes:
            if new is None:
                del self.stored[key]
            else:
                self.stored[key] = new
        return True

    def _is_as_read(self, change: Change) -> bool:
        stored = self.stored.get(change.key)
        if stored is None or change.old is None:
            return stored is change.old is None
        return all(stored.get(name) == change.old.get(name) for name in COMPARED)


class OneModel(Registry):
    """A bucket with one model, whatever version is asked for."""

    def __init__(self, data: bytes) -> None:
        super().__init__(bucket="models", parameter="/model")
        self._data = data

    def read_pointer(self) -> NoReturn:
        raise NotFoundError("no model was promoted")

    def find(self, version: str) -> tuple[PinnedModel, bytes]:
        del version
        return PINNED, self._data


def whole(memory: Memory) -> WholeTable:
    """The table of an API."""
    return WholeTable(memory.table.items)


def replayed(memory: Memory, data: bytes, anchors: Mapping[str, bytes] | None = None) -> Replayed:
    """What a replay finds in the table of an API, a minute after its start."""
    return replay(
        whole(memory), OneModel(data), lambda _: None, lambda: NOW_S + 3_600, anchors or {}
    )


def record_of(memory: Memory, transaction_id: str) -> dict[str, Any]:
    return dict(memory.table.items[f"P#{KEYS.prediction(transaction_id)}"])


def rewrite(memory: Memory, item: Mapping[str, Any]) -> None:
    """Write an item with right seals."""
    unsealed = {name: value for name, value in item.items() if name not in {"m", "u"}}
    sealed = unsealed | {"m": seal(unsealed, KEYS)}
    if any(name in sealed for name in LATER):
        sealed |= {"u": seal_later(sealed, KEYS)}
    memory.table.items[str(item["pk"])] = sealed


def pay(memory: Memory, number: int, **changes: Any) -> dict[str, Any]:
    """The answer to one of payments among a few accounts, which pay each other."""
    usual = {
        "step": 10 + number // 4,
        "amount": 100.0 + number,
        "nameOrig": f"C{number % 3}",
        "nameDest": f"C{number % 4 + 1}" if number % 5 else "M1",
        "transaction_id": f"t{number}",
    }
    return memory.ask(**{**body(), **usual, **changes})


def tell(memory: Memory, transaction_id: str, label: str, source: str = "customer") -> None:
    """Post an outcome, which is later than those before."""
    at = f"2026-11-28T18:00:00.{next(_moments):06d}+00:00"
    outcome = {"transaction_id": transaction_id, "label": label, "source": source, "at": at}
    answer = memory.client.post("/outcomes", json={"outcomes": [outcome]})
    assert "problem" not in answer.text, answer.text


def close(memory: Memory, transaction_id: str, label: str, note: str = "") -> None:
    """Close a review."""
    answer = memory.client.post(
        f"/reviews/{KEYS.prediction(transaction_id)}",
        json={"label": label, "by": "Ada"} | ({"note": note} if note else {}),
    )
    assert answer.status_code == 200, answer.text
