"""The API with a memory in a table of this process, which fails as a test wants it to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from fastapi.testclient import TestClient

from fraud_api_lambda.aws.dynamodb import Item, Put
from fraud_api_lambda.aws.table_errors import TableError
from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.records.items import Record
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.log import DecisionLog
from fraud_api_lambda.records.requests import Waits
from fraud_api_lambda.service import Service
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.recorded import render
from tests.bundles import make_history_bundle
from tests.faulty_aws import PINNED
from tests.records.fake_table import FakeTable
from tests.transactions import body

KEYS: Final = Keys(b"a secret of the tests, 32 bytes.")
NOW_S: Final = 1_795_888_800.0


@dataclass
class Done:
    """An error of a write that was done all the same: its answer was lost."""

    error: TableError


type Trouble = TableError | Done | None


@dataclass
class Troubles:
    """The errors of the next requests; None for none."""

    reads: list[Trouble] = field(default_factory=list)
    writes: list[Trouble] = field(default_factory=list)


class TroubledTable(FakeTable):
    """A table with scripted errors, which counts its requests."""

    def __init__(self, items: Iterable[Item] = ()) -> None:
        super().__init__(items)
        self.troubles = Troubles()
        self.reads: list[bool] = []
        self.writes: list[int] = []
        self.before_write: Callable[[], None] = lambda: None
        self.patience: Callable[[float], None] = lambda _: None

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Item]:
        self.reads.append(consistent)
        trouble = next_of(self.troubles.reads)
        if isinstance(trouble, TableError):
            self.patience(deadline)
            raise trouble
        return super().read(keys, consistent=consistent, deadline=deadline)

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        self.writes.append(len(puts))
        self.before_write()
        trouble = next_of(self.troubles.writes)
        if trouble is not None:
            self.patience(deadline)
        if trouble is None or isinstance(trouble, Done):
            super().write(puts, deadline=deadline)
        if isinstance(trouble, Done):
            raise trouble.error
        if trouble is not None:
            raise trouble

    @property
    def records(self) -> list[Record]:
        return [Record.of(item) for key, item in self.items.items() if key.startswith("P#")]


def next_of(troubles: list[Trouble]) -> Trouble:
    return troubles.pop(0) if troubles else None


@dataclass
class Clock:
    """A clock that goes on only by what is waited for."""

    now: float = 0.0
    waits: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Provider:
    """A provider of the model that a test gives it."""

    def __init__(self, model: LoadedModel) -> None:
        self.model = model

    def peek(self) -> LoadedModel | None:
        return self.model

    def get(self) -> LoadedModel:
        return self.model


class Memory:
    """The API with a memory, and what is in its table."""

    def __init__(
        self,
        *,
        data: bytes | None = None,
        keys: Keys | None = KEYS,
        now: Callable[[], float] = lambda: NOW_S,
    ) -> None:
        self.table, self.clock = TroubledTable(), Clock()
        waits = Waits(lambda: self.clock.now, self.clock.sleep, lambda low, _: low)
        self.log = DecisionLog(self.table, waits)
        self.service = Service(self.log, lambda: keys, render, now)
        self.provider = Provider(model_of(data))
        self.client = TestClient(create_app(self.provider, service=self.service))

    def post(self, query: str = "", **changes: Any) -> Any:
        """The response to a plain transfer, with changes."""
        return self.client.post(f"/predict{query}", json=body(**changes))

    def ask(self, query: str = "", **changes: Any) -> dict[str, Any]:
        response = self.post(query, **changes)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@cache
def model_of(data: bytes | None) -> LoadedModel:
    """The model of a bundle, by default of one with histories."""
    bundle = read(make_history_bundle() if data is None else data)
    return LoadedModel.of(bundle, PINNED, has_memory=True)


def ticking(step_s: float = 1.0) -> Callable[[], float]:
    """A clock of arrivals that goes on with each request."""
    moments: Iterator[float] = iter(NOW_S + step_s * number for number in range(10**9))
    return lambda: next(moments)
