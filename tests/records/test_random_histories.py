"""Random histories of payments and outcomes through the API end as the naive fold of them does."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

import pytest

from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, LostError
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import RECORD, STATE, Record, has_expired
from fraud_api_lambda.records.seals import is_sealed
from tests.records.naive_fold import DAY_S, EXPIRES_S, NaiveFold
from tests.records.support import KEYS, NOW_S, Done, Memory, Trouble
from tests.records.words import STRONGEST_FIRST, Told
from tests.transactions import body

USUAL: Final = range(60)
BLOCKS: Final = [range(first, first + 1_000) for first in range(0, 10_000, 1_000)]

SEEN: Final = (
    "count_7d",
    "count_30d",
    "sum_7d",
    "sum_30d",
    "matured_7d",
    "matured_30d",
    "frauds_7d",
    "frauds_30d",
)

PASSING: Final[Sequence[Trouble]] = (
    BusyError("simulated"),
    LostError("simulated", is_slow=False),
    Done(LostError("simulated", is_slow=False)),
    CancelledError("simulated", [False], [None]),
)


class Run:
    """A random history, through the API and through the naive fold."""

    def __init__(self, memory: Memory, clock: list[float], chance: Random) -> None:
        self._memory, self._clock, self._chance = memory, clock, chance
        self._fold = NaiveFold()
        self._clock[0], self._step = NOW_S, 24 * 50
        self.frauds = 0
        memory.table.items.clear()

    @property
    def _now(self) -> float:
        return self._clock[0]

    def go(self) -> None:
        for _ in range(self._chance.randint(3, 9)):
            self._wait()
            if self._chance.random() < 0.15:
                self._memory.table.troubles.writes = [self._chance.choice(PASSING)]
            if self._chance.random() < 0.5:
                self._pay()
            else:
                self._tell()
            self._memory.table.troubles.writes = []
        self._check()

    def _wait(self) -> None:
        waits = (0, 0, 1, 60, 3_600, 20 * DAY_S, EXPIRES_S, EXPIRES_S + 1, -1)
        self._clock[0] += self._chance.choices(waits, (9, 9, 9, 9, 9, 3, 1, 1, 3))[0]

    def _pay(self) -> None:
        bodies = [self._body() for _ in range(self._chance.choice((1, 1, 2, 4)))]
        if len(bodies) == 1:
            response = self._memory.client.post("/predict", json=bodies[0])
        else:
            response = self._memory.client.post("/predict/batch", json={"transactions": bodies})
        assert response.status_code in {200, 422}, response.text
        for each in bodies:
            seen = self._fold.pay(each, self._now)
            if seen is not None:
                assert self._recorded(each["transaction_id"]) == seen

    def _body(self) -> dict[str, Any]:
        chance = self._chance
        self._step += chance.choices((0, 1, 24, 24 * 33), (9, 9, 3, 1))[0]
        return body(
            transaction_id=f"t{chance.randrange(12)}",
            step=max(1, self._step - chance.choices((0, 25, 24 * 31, 24 * 32), (9, 3, 1, 1))[0]),
            amount=chance.choice((0.01, 10.0, 250.25)),
            nameOrig=f"C{chance.randrange(3)}",
            nameDest=chance.choice(("C0", "C1", "M0")),
        )

    def _recorded(self, transaction_id: str) -> list[list[int]]:
        """What a payment saw according to its record."""
        record = Record.of(self._memory.table.items[RECORD + KEYS.prediction(transaction_id)])
        assert record.histories is not None
        return [[int(getattr(each, name)) for name in SEEN] for each in record.histories]

    def _tell(self) -> None:
        said = [(f"t{self._chance.randrange(12)}", self._word()) for _ in range(4)]
        outcomes = [self._outcome(transaction_id, told) for transaction_id, told in said]
        response = self._memory.client.post("/outcomes", json={"outcomes": outcomes})
        assert response.status_code == 200, response.text
        for (transaction_id, told), result in zip(said, response.json()["results"], strict=True):
            end = self._fold.tell(transaction_id, told, self._now)
            if end is None:
                assert result["problem"]["status"] == 404
            else:
                known = result["source"], result["label"] == "fraud"
                assert known == (end.source, end.is_fraud)

    def _word(self) -> Told:
        chance = self._chance
        at = int(NOW_S - chance.randint(1, 4) * DAY_S) * 1_000_000
        return Told(chance.choice(STRONGEST_FIRST), at, chance.random() < 0.6)

    def _outcome(self, transaction_id: str, told: Told) -> Mapping[str, str]:
        if self._chance.random() < 0.5:
            whose = {"transaction_id": transaction_id}
        else:
            whose = {"prediction_id": KEYS.prediction(transaction_id)}
        label = "fraud" if told.is_fraud else "genuine"
        at = datetime.fromtimestamp(told.at / 1_000_000, UTC).isoformat()
        return {**whose, "label": label, "source": told.source, "at": at}

    def _check(self) -> None:
        """The table is what the fold gives."""
        items = self._memory.table.items
        assert all(is_sealed(item, KEYS) for item in items.values())
        words = {
            RECORD + KEYS.prediction(transaction_id): paid.end.words
            for transaction_id, paid in self._fold.paid.items()
        }
        assert words == {
            key: item.get("o", "{}") for key, item in items.items() if key.startswith(RECORD)
        }
        assert dict(self._stored()) == {
            STATE + KEYS.account(*account): days
            for account in self._fold.kept
            if (days := self._fold.days(account, self._now))
        }

    def _stored(self) -> Iterator[tuple[str, object]]:
        """The days of each account that has not expired."""
        for key, item in self._memory.table.items.items():
            state = item.get("s")
            if isinstance(state, bytes) and not has_expired(item, round(1_000 * self._now)):
                numbers, *of = Account.unpack(state).state.days
                self.frauds += sum(of[-1])
                yield key, dict(zip(numbers, zip(*of, strict=True), strict=True))


def run_all(seeds: range) -> int:
    """Run histories; return the number of frauds in the end."""
    now = [NOW_S]
    memory = Memory(now=lambda: now[0])
    frauds = 0
    for seed in seeds:
        try:
            run = Run(memory, now, Random(seed))
            run.go()
        except Exception as error:
            error.add_note(f"in history {seed}")
            raise
        frauds += run.frauds
    return frauds


def test_random_histories_end_as_the_fold_does() -> None:
    assert run_all(USUAL) > len(USUAL)


@pytest.mark.soak
@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda seeds: str(seeds.start))
def test_ten_thousand_random_histories_end_as_the_fold_does(seeds: range) -> None:
    assert run_all(seeds) > len(seeds)
