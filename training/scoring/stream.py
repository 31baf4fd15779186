"""Scores for every row of a file of any size, in constant memory; an interrupted run can resume.

Parts of the result are written atomically into a folder beside it and concatenated at the end. The
model and the input are recorded with them: with another model or input, scoring starts over.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import chain, count, takewhile
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.features.plan import Plan
from training.data.matrix import feature_matrix, packed
from training.errors import InputError
from training.files.parts import Parts, parts_of
from training.files.paths import require_apart, require_writable
from training.files.row_count import estimated_rows
from training.files.sources import is_parquet
from training.files.tables import Chunk, read_chunks, schema_of
from training.files.writing import check_columns, concatenate, write_table
from training.fitting.calibration import probabilities_of
from training.histories.chunks import FileHistories, file_histories
from training.histories.feature_sets import refuse_earlier, require_use
from training.histories.stored import (
    is_exported,
    require_stored,
    stored_columns,
    stored_histories,
)
from training.policy.costs import decisions
from training.reading.columns import require_columns
from training.reading.dataset import Dataset, payments_of, scored_columns

ROWS: Final = 200_000
"""Rows in a part: some 250 MB in memory, and the work that an interruption loses."""

ADDED: Final = pa.schema(
    {"fraud_probability": pa.float64(), "is_fraud": pa.bool_(), "decision": pa.string()}
)


def scoring_steps(data: Path, *, rows: int = ROWS) -> int:
    """The approximate number of calls of `progress` by `score_stream`."""
    return ceil(estimated_rows(data) / rows) + 1


def score_stream(
    scorer: Scorer,
    data: Path,
    out: Path,
    progress: Callable[[str], None],
    *,
    rows: int = ROWS,
    history_from: Path | None = None,
) -> int:
    """Write `data` with `fraud_probability`, `is_fraud` and `decision` added; return its rows.

    Parameters
    ----------
    scorer : Scorer
    data : Path
        Any file that `tables.read_chunks` reads. Its other columns stay unchanged.
    out : Path
        CSV or Parquet, by its ending. The folder ``.NAME.parts`` beside it holds the parts.
    progress : callable
    rows : int
        Number of rows in a part.
    history_from : Path, optional
        A file of earlier payments, which only fill the account histories.

    Raises
    ------
    InputError
        Before any work, if `data` cannot be read or `out` cannot be written; later, if a row cannot
        be scored: the parts before it are kept.
    """
    require_writable(out)
    require_apart(out, data)
    schema = schema_of(data)
    needed = _needed(scorer)
    require_columns(data, schema.names, needed, known=scorer.bundle.plan.schema.columns())
    check_columns([*(field for field in schema if field.name not in ADDED.names), *ADDED], out)
    plan = scorer.bundle.plan
    require_use(history_from, plan.feature_set)
    stored = plan.learned.histories if plan.needs_histories and is_exported(data) else ()
    if stored:
        refuse_earlier(history_from, data)
        require_stored(data, plan.schema, stored)
    total, written = 0, []
    with (
        parts_of(out, _job(scorer, data, rows, history_from)) as parts,
        nullcontext() if stored else _histories(plan, parts, out.suffix.lower()) as histories,
    ):
        if parts.done:
            progress(f"resuming after {len(parts.done)} parts of {rows:,} rows")
        if histories is not None and history_from is not None:
            histories.fill(history_from, progress)
        for number, chunk in enumerate(_read_ahead(_not_empty(data, read_chunks(data, rows)))):
            part = parts.path(number, out.suffix.lower())
            total += len(chunk.table)
            written.append(part)
            is_done = part.name in parts.done
            if is_done and (histories is None or number < histories.done):
                continue
            progress(f"scoring {data} up to row {total:,}")
            payments = _payments(plan, data, chunk, histories, stored)
            if not is_done:
                table = _scored(scorer, data, chunk, out, payments)
                write_table(table, part, header=number == 0)
            if histories is not None:
                histories.commit(done=number + 1)
        progress(f"writing {out}")
        concatenate(written, out, numbers=() if is_parquet(data) else _numbers(scorer))
    return total


def _histories(
    plan: Plan, parts: Parts, ending: str
) -> AbstractContextManager[FileHistories | None]:
    if not plan.needs_histories:
        return nullcontext()
    written = takewhile(lambda number: parts.path(number, ending).name in parts.done, count())
    return file_histories(plan, parts.states, sum(1 for _ in written))


def _job(scorer: Scorer, data: Path, rows: int, history_from: Path | None) -> dict[str, Any]:
    """Describe the model and the input, so that only the same job resumes."""
    earlier = None if history_from is None else _file(history_from)
    return {"model": scorer.version, "data": _file(data), "rows": rows, "history": earlier}


def _file(path: Path) -> dict[str, Any]:
    stat = path.stat()
    return {"path": str(path.resolve()), "size": stat.st_size, "changed": stat.st_mtime_ns}


def _not_empty(data: Path, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    first = next(chunks, None)
    if first is None:
        raise InputError(f"{data}: no rows below the header; give at least one transaction")
    return chain([first], chunks)


def _read_ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same chunks, with the next one read while the current one is scored."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(next, chunks, None)
            yield chunk


def _payments(
    plan: Plan, data: Path, chunk: Chunk, histories: FileHistories | None, stored: Sequence[str]
) -> Dataset:
    """The payments of a chunk, with the histories that they see, or have in their columns."""
    needed = scored_columns(plan.schema, plan.learned)
    payments = payments_of(data, chunk.frame(needed), plan.schema, plan.learned, above=chunk.above)
    if stored:
        seen = stored_histories(data, chunk.frame(stored_columns(stored)), stored)
        return replace(payments, facts=payments.facts._replace(histories=seen))
    if histories is None:
        return payments
    return replace(payments, facts=histories.facts(data, chunk, payments))


def _scored(scorer: Scorer, data: Path, chunk: Chunk, out: Path, payments: Dataset) -> pa.Table:
    rows = feature_matrix(payments.facts, scorer.bundle.plan)
    margins = scorer.margins(packed(rows))
    probabilities = probabilities_of(np.array(margins), scorer.bundle.calibration)
    decided = decisions(probabilities, np.asarray(payments.facts.amount), scorer.bundle.policy)
    columns = (
        pa.array(probabilities),
        pa.array(probabilities >= scorer.bundle.threshold),
        pa.array(list(Decision)).cast(pa.string()).take(pa.array(decided)),
    )
    table = (
        chunk.table if is_parquet(data) or not is_parquet(out) else _numbered(chunk, payments.frame)
    )
    table = table.select(
        [index for index, name in enumerate(table.column_names) if name not in ADDED.names]
    )
    for field, column in zip(ADDED, columns, strict=True):
        table = table.append_column(field, column)
    return table.replace_schema_metadata(None)


def _numbered(chunk: Chunk, typed: pd.DataFrame) -> pa.Table:
    """The text of a CSV file, with the scored columns as numbers."""
    table = chunk.table
    for name in typed:
        if pd.api.types.is_numeric_dtype(typed[name]):
            index = table.column_names.index(name)
            table = table.set_column(index, name, pa.array(typed[name]))
    return table


def _needed(scorer: Scorer) -> list[str]:
    """The columns that a score needs."""
    plan = scorer.bundle.plan
    return scored_columns(plan.schema, plan.learned)


def _numbers(scorer: Scorer) -> list[str]:
    """Text columns of CSV that become numbers in Parquet if every cell is a number."""
    schema = scorer.bundle.plan.schema
    roles = schema.roles
    names = (roles.label, roles.weight, roles.payee_balance, *roles.after, *schema.ignore)
    return [name for name in names if name is not None]
