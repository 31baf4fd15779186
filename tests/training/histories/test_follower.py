"""Following accounts through a file gives the same bits as columns, whatever the batches."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.history.state import DAY_S
from fraud_api_lambda.history.view import History
from training.data.rows import Rows
from training.histories.columns import minor_units, with_histories
from training.histories.follower import MOST_IN_MEMORY, Batch, Follower
from training.histories.store import opened_store
from training.reading.dataset import Dataset
from training.schemas.built_in import built_in
from training.simulator.by_schema import SIMULATORS

ROWS = 4_000


@pytest.fixture(scope="module", params=["paysim", "cards"])
def rows(request: pytest.FixtureRequest) -> Rows:
    """Simulated payments with label times, an entity, and equal seconds."""
    schema = replace(built_in(request.param), label_delay_s=DAY_S)
    frame = SIMULATORS[request.param].simulate(ROWS, 1, days=9)
    return with_histories(Rows.of(Dataset.of(frame, schema)))


def batch_of(rows: Rows) -> Batch:
    dataset = rows.dataset
    columns = {
        column
        for each in accounts_of(dataset.schema).values()
        for column in (each.column, each.counted)
    }
    return Batch(
        times=dataset.seconds.tolist(),
        amounts=minor_units(dataset).tolist(),
        is_fraud=rows.is_fraud.tolist(),
        known_at=dataset.known_at.tolist(),
        ids={
            column: [None if each != each else str(each) for each in dataset.frame[column]]  # noqa: PLR0124
            for column in columns
        },
    )


def followed(
    rows: Rows,
    states: Path,
    at_once: int,
    *,
    reopen: bool = False,
    in_memory: int = MOST_IN_MEMORY,
) -> list[History]:
    """The histories that the payments see, in batches."""
    schema = rows.dataset.schema
    histories = [accounts_of(schema)[name] for name in rows.histories]
    found: list[list[History]] = []
    parts = list(batch_of(rows).parts(at_once))
    with opened_store(states) as store:
        current = Follower(histories, schema.label_delay_s, store, in_memory=in_memory)
        for part in parts:
            found.append(current.follow(part))
            if reopen:
                current.commit()
                current = Follower(histories, schema.label_delay_s, store)
    return [_joined(parts) for parts in zip(*found, strict=True)]


def _joined(parts: Iterable[History]) -> History:
    return History(*map(np.concatenate, zip(*parts, strict=True)))


def assert_same(rows: Rows, found: list[History]) -> None:
    for name, expected, history in zip(rows.histories, rows.facts.histories, found, strict=True):
        for number, wanted, got in zip(History._fields, expected, history, strict=True):
            assert (np.asarray(wanted) == got).all(), (name, number)


@pytest.mark.parametrize("at_once", [37, ROWS])
def test_batches_change_nothing(rows: Rows, tmp_path: Path, at_once: int) -> None:
    assert_same(rows, followed(rows, tmp_path / "states", at_once))


def test_states_that_were_stored_and_read_again_change_nothing(rows: Rows, tmp_path: Path) -> None:
    assert_same(rows, followed(rows, tmp_path / "states", 400, reopen=True))


def test_more_accounts_than_memory_holds_change_nothing(rows: Rows, tmp_path: Path) -> None:
    assert_same(rows, followed(rows, tmp_path / "states", 100, in_memory=50))


def test_a_payment_sees_something_of_each_account(rows: Rows) -> None:
    for name, history in zip(rows.histories, rows.facts.histories, strict=True):
        seen = History(*history)
        assert np.asarray(seen.count_24h).max() > 0, name
    assert any(np.asarray(History(*each).frauds_30d).max() > 0 for each in rows.facts.histories)


def test_local_times_that_a_clock_skips_are_followed_in_the_order_of_time(tmp_path: Path) -> None:
    """In Berlin 02:30 does not exist on this day: it is after 03:00, which a file has below it."""
    schema = replace(built_in("cards"), timezone="Europe/Berlin")
    minutes = range(0, 1_200, 3)
    clock = [f"2026-03-29 {minute // 60:02}:{minute % 60:02}:00" for minute in minutes]
    frame = SIMULATORS["cards"].simulate(1_000, 1, days=3).head(400).assign(time=clock)
    as_filed = with_histories(Rows.of(Dataset.of(frame, schema)))
    order = np.argsort(as_filed.dataset.seconds, kind="stable")

    in_order = with_histories(Rows.of(Dataset.of(frame.iloc[order], schema)))

    assert (order != np.arange(400)).any()
    for filed, ordered in zip(as_filed.facts.histories, in_order.facts.histories, strict=True):
        for one, other in zip(filed, ordered, strict=True):
            assert (one[order] == other).all()
    assert_same(in_order, followed(in_order, tmp_path / "states", 70))


def test_states_are_kept_by_a_commit_only(rows: Rows, tmp_path: Path) -> None:
    schema = rows.dataset.schema
    histories = [accounts_of(schema)[name] for name in rows.histories]
    with opened_store(tmp_path / "states") as store:
        Follower(histories, schema.label_delay_s, store).follow(batch_of(rows))

    with opened_store(tmp_path / "states") as store:
        assert len(store) == 0


@pytest.mark.parametrize(
    ("decimals", "expected"), [(0, [2, 12]), (2, [250, 1234]), (3, [2500, 12_340])]
)
def test_amounts_are_counted_in_the_minor_units_of_the_schema(
    decimals: int, expected: list[int]
) -> None:
    schema = replace(built_in("cards"), decimals=decimals)
    frame = SIMULATORS["cards"].simulate(1_000, 1, days=3).head(2).assign(amount=[2.5, 12.34])

    assert minor_units(Dataset.of(frame, schema)).tolist() == expected


def test_further_entities_have_histories_too(rows: Rows) -> None:
    expected = {"paysim": ("payer", "payee", "received"), "cards": ("payer", "payee", "device")}

    assert rows.histories == expected[rows.dataset.schema.name]
