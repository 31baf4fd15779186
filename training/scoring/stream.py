"""Scores for every row of a file of any size, in constant memory; an interrupted run can resume.

Parts of the result are written atomically into a folder beside it and concatenated at the end. The
model and the input are recorded with them: with another model or input, scoring starts over.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Decision
from training.data.matrix import feature_matrix, packed
from training.errors import InputError
from training.files.parts import parts_of
from training.files.paths import require_apart, require_writable
from training.files.row_count import estimated_rows
from training.files.sources import is_parquet
from training.files.tables import Chunk, read_chunks, schema_of
from training.files.writing import check_columns, concatenate, write_table
from training.fitting.calibration import probabilities_of
from training.policy.costs import decisions
from training.reading.columns import require_columns
from training.reading.dataset import payments_of, scored_columns

ROWS: Final = 200_000
"""Rows in a part: some 250 MB in memory, and the work that an interruption loses."""

ADDED: Final = pa.schema(
    {"fraud_probability": pa.float64(), "is_fraud": pa.bool_(), "decision": pa.string()}
)


def scoring_steps(data: Path, *, rows: int = ROWS) -> int:
    """The approximate number of calls of `progress` by `score_stream`."""
    return ceil(estimated_rows(data) / rows) + 1


def score_stream(
    scorer: Scorer, data: Path, out: Path, progress: Callable[[str], None], *, rows: int = ROWS
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
    total, written = 0, []
    with parts_of(out, _job(scorer, data, rows)) as parts:
        if parts.done:
            progress(f"resuming after {len(parts.done)} parts of {rows:,} rows")
        for number, chunk in enumerate(_read_ahead(_not_empty(data, read_chunks(data, rows)))):
            part = parts.path(number, out.suffix.lower())
            total += len(chunk.table)
            written.append(part)
            if part.name not in parts.done:
                progress(f"scoring {data} up to row {total:,}")
                write_table(_scored(scorer, data, chunk, out), part, header=number == 0)
        progress(f"writing {out}")
        concatenate(written, out, numbers=() if is_parquet(data) else _numbers(scorer))
    return total


def _job(scorer: Scorer, data: Path, rows: int) -> dict[str, Any]:
    """Describe the model and the input, so that only the same job resumes."""
    stat = data.stat()
    of_file = {"path": str(data.resolve()), "size": stat.st_size, "changed": stat.st_mtime_ns}
    return {"model": scorer.version, "data": of_file, "rows": rows}


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


def _scored(scorer: Scorer, data: Path, chunk: Chunk, out: Path) -> pa.Table:
    plan = scorer.bundle.plan
    payments = payments_of(
        data, chunk.frame(_needed(scorer)), plan.schema, plan.learned, above=chunk.above
    )
    rows = feature_matrix(payments.facts, plan)
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
