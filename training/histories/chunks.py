"""The histories that the rows of a file see, chunk by chunk, with the states in a file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.view import History
from training.errors import InputError
from training.files.tables import Chunk, read_chunks, row_in_editor
from training.histories.columns import minor_units, require_whole
from training.histories.follower import Batch, Follower, Number, hashed
from training.histories.store import StateStore, opened_store
from training.histories.stored import refuse_export
from training.reading.cells import Rule, checked, sentence
from training.reading.columns import require_columns
from training.reading.dataset import NO_ROWS, Dataset, payments_of, scored_columns
from training.reading.label_times import known_times
from training.reading.rules import label_rule

ROWS: Final = 200_000
"""Rows of a file of earlier payments that are read at a time."""

AT_ONCE: Final = 20_000
"""Rows whose states are in memory together."""


class FileHistories:
    """Follows the accounts of one or two files, in order of time.

    Parameters
    ----------
    plan : Plan
        Names the histories.
    store : StateStore
    number : callable
        Numbers partners.
    """

    def __init__(self, plan: Plan, store: StateStore, number: Number = hashed) -> None:
        accounts = accounts_of(plan.schema)
        histories = [accounts[name] for name in plan.learned.histories]
        self._plan, self._store = plan, store
        self._follower = Follower(histories, plan.schema.label_delay_s, store, number=number)
        self._columns = {column for each in histories for column in (each.column, each.counted)}
        self._columns |= {each.partner for each in histories if each.partner is not None}
        self._last = store.fact("last")
        self._before: Path | None = None

    @property
    def done(self) -> int:
        """The number of chunks that the states include."""
        return self._store.fact("done") or 0

    def facts(
        self, path: Path, chunk: Chunk, payments: Dataset, *, labelled: bool = False
    ) -> Facts:
        """The facts of a chunk's rows, with histories.

        Parameters
        ----------
        path : Path
        chunk : Chunk
        payments : Dataset
        labelled : bool
            Refuse cells that are no label; otherwise, they tell nothing, as empty ones do.

        Raises
        ------
        InputError
            If a row is earlier than the row before it, it stands for several payments, or a
            label's time is not one.
        """
        self._require_order(path, chunk, payments.seconds)
        _require_whole(path, chunk, payments.schema)
        is_fraud, known_at = _labels(path, chunk, payments, labelled=labelled)
        batch = Batch(
            times=payments.seconds.tolist(),
            amounts=minor_units(payments).tolist(),
            is_fraud=is_fraud.tolist(),
            known_at=known_at.tolist(),
            ids={column: _ids(payments.frame[column]) for column in self._columns},
        )
        parts = [self._follower.follow(part) for part in batch.parts(AT_ONCE)]
        histories = (
            History(*map(np.concatenate, zip(*of_one, strict=True)))
            for of_one in zip(*parts, strict=True)
        )
        return payments.facts._replace(histories=tuple(histories))

    def commit(self, **facts: int) -> None:
        """Keep the states."""
        self._follower.commit(**facts, **({} if self._last is None else {"last": self._last}))

    def fill(self, path: Path, progress: Callable[[str], None]) -> None:
        """Count the labelled payments of a file that are not in the states yet."""
        plan, schema = self._plan, self._plan.schema
        needed = scored_columns(schema, plan.learned)
        refuse_export(path)
        number = -1
        for number, chunk in enumerate(read_chunks(path, ROWS)):
            if number == 0:
                names = chunk.table.column_names
                require_columns(path, names, [*needed, schema.roles.label], known=schema.columns())
            if number < (self._store.fact("earlier") or 0):
                continue
            progress(f"following the accounts of {path} from row {chunk.above + 1:,}")
            frame = chunk.frame(needed)
            payments = payments_of(path, frame, schema, plan.learned, above=chunk.above)
            self.facts(path, chunk, payments, labelled=True)
            self.commit(earlier=number + 1)
        if number < 0:
            raise InputError(f"{path}: {NO_ROWS}")
        self._before = path

    def _require_order(self, path: Path, chunk: Chunk, seconds: np.ndarray) -> None:
        last = seconds[0] if self._last is None else self._last
        early = np.flatnonzero(seconds < np.append(last, seconds[:-1]))
        if early.size and early[0] == 0 and chunk.above == 0 and self._before is not None:
            raise InputError(
                f"--history-from {self._before}: it ends after {path} begins; give earlier "
                "payments only"
            )
        if early.size:
            row = row_in_editor(path, chunk.above + int(early[0]))
            raise InputError(
                f"{path}, row {row}: earlier than the row before it, and account histories need "
                f"the order of time; sort the file by {self._plan.schema.roles.time.column}"
            )
        self._last = int(seconds[-1])


@contextmanager
def file_histories(plan: Plan, states: Path, parts: int) -> Iterator[FileHistories]:
    """Follow the accounts of a file whose first `parts` chunks have been scored.

    States that include later chunks are of no use, so they begin anew.
    """
    with opened_store(states) as store:
        if (store.fact("done") or 0) > parts:
            store.clear()
        yield FileHistories(plan, store)


def _ids(column: pd.Series) -> list[str | None]:
    return [None if pd.isna(each) else str(each) for each in column.tolist()]


def _require_whole(path: Path, chunk: Chunk, schema: Schema) -> None:
    weight = schema.roles.weight
    if weight is None or chunk.table.column_names.count(weight) != 1:
        return
    cells, _ = checked(chunk.frame([weight]), [Rule(weight, False, None, "", optional=True)])
    require_whole(path, schema, cells[weight].dropna().to_numpy(dtype=float))


def _labels(
    path: Path, chunk: Chunk, payments: Dataset, *, labelled: bool
) -> tuple[np.ndarray, np.ndarray]:
    """The known frauds of a chunk, if it has labels, and when they become known."""
    schema = payments.schema
    roles, names = schema.roles, chunk.table.column_names

    def line_of(index: int) -> int:
        return row_in_editor(path, chunk.above + index)

    is_fraud = np.zeros(len(payments.seconds), dtype=bool)
    if names.count(roles.label) == 1:
        rule = replace(label_rule(schema), optional=True)
        cells, faults = checked(chunk.frame([roles.label]), [rule])
        if faults and labelled:
            raise InputError(f"{path}, {sentence(faults, line_of)}")
        is_fraud = (cells[roles.label] == 1).to_numpy(dtype=bool)
    times = None
    if roles.label_time is not None and names.count(roles.label_time) == 1:
        times = chunk.frame([roles.label_time])[roles.label_time]
    known_at = known_times(
        times, payments.seconds, schema, lambda index: f"{path}, row {line_of(index)}"
    )
    return is_fraud, known_at
