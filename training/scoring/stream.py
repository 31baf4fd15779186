"""Scores for every row of a file of any size, in constant memory; interrupted, it goes on later.

Parts of the result are written one by one into a directory beside it, each whole or not at all,
and put together at the end. What they were made of is written down with them: another model or
another input begins anew.
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

from fraud_api_lambda.scoring import Scorer
from fraud_api_lambda.transaction import Decision
from training.data.columns import AFTERWARDS, FLAG, LABEL, REQUIRED, TEXT, WEIGHT, require_columns
from training.data.matrix import feature_matrix, packed
from training.data.transactions import checked, to_facts
from training.errors import InputError
from training.files.parts import parts_of
from training.files.paths import require_apart, require_writable
from training.files.row_count import estimated_rows
from training.files.sources import is_parquet
from training.files.tables import Chunk, read_chunks, schema_of
from training.files.writing import check_columns, put_together, write_table
from training.fitting.calibration import probabilities_of
from training.policy.costs import decisions

ROWS: Final = 200_000
"""Rows at a time: some 250 MB in memory, and what is lost when it is interrupted."""

ADDED: Final = pa.schema(
    {"fraud_probability": pa.float64(), "is_fraud": pa.bool_(), "decision": pa.string()}
)
NUMBERS: Final = (LABEL, FLAG, WEIGHT, *AFTERWARDS)
"""Columns that become numbers in Parquet where all their cells are some; those scored always."""


def scoring_steps(data: Path, *, rows: int = ROWS) -> int:
    """About how often `score_stream` calls `progress`."""
    return ceil(estimated_rows(data) / rows) + 1


def score_stream(
    scorer: Scorer, data: Path, out: Path, progress: Callable[[str], None], *, rows: int = ROWS
) -> int:
    """Write `data` with `fraud_probability`, `is_fraud` and `decision` added; return its rows.

    Parameters
    ----------
    scorer : Scorer
    data : Path
        Any file that `tables.read_chunks` reads. Its other columns stay as they are.
    out : Path
        CSV or Parquet, by its ending. Beside it lies ``.NAME.parts`` until all is done.
    progress : callable
    rows : int
        At a time.

    Raises
    ------
    InputError
        If `data` cannot be read or `out` not be written, before anything is; if a row cannot be
        scored, and then what comes before it is not lost.
    """
    require_writable(out)
    require_apart(out, data)
    schema = schema_of(data)
    require_columns(data, schema.names, REQUIRED)
    check_columns([*(field for field in schema if field.name not in ADDED.names), *ADDED], out)
    total, written = 0, []
    with parts_of(out, _job(scorer, data, rows)) as parts:
        if parts.done:
            progress(f"going on after {len(parts.done)} parts of {rows:,} rows")
        for number, chunk in enumerate(_ahead(_not_empty(data, read_chunks(data, rows)))):
            part = parts.path(number, out.suffix.lower())
            total += len(chunk.table)
            written.append(part)
            if part.name not in parts.done:
                progress(f"scoring {data} up to row {total:,}")
                write_table(_scored(scorer, data, chunk, out), part, header=number == 0)
        progress(f"writing {out}")
        put_together(written, out, numbers=() if is_parquet(data) else NUMBERS)
    return total


def _job(scorer: Scorer, data: Path, rows: int) -> dict[str, Any]:
    """What the parts are made of."""
    stat = data.stat()
    of_file = {"path": str(data.resolve()), "size": stat.st_size, "changed": stat.st_mtime_ns}
    return {"model": scorer.version, "data": of_file, "rows": rows}


def _not_empty(data: Path, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    first = next(chunks, None)
    if first is None:
        raise InputError(f"{data}: no rows below the header; give at least one transaction")
    return chain([first], chunks)


def _ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same chunks, each read while the one before it is worked on."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(next, chunks, None)
        while (chunk := coming.result()) is not None:
            coming = reader.submit(next, chunks, None)
            yield chunk


def _scored(scorer: Scorer, data: Path, chunk: Chunk, out: Path) -> pa.Table:
    typed = checked(data, chunk.frame(REQUIRED), above=chunk.above)
    rows = feature_matrix(to_facts(typed), scorer.bundle.features)
    margins = scorer.margins(packed(rows))
    probabilities = probabilities_of(np.array(margins), scorer.bundle.calibration)
    decided = decisions(probabilities, typed["amount"].to_numpy(), scorer.bundle.policy)
    columns = (
        pa.array(probabilities),
        pa.array(probabilities >= scorer.bundle.threshold),
        pa.array(list(Decision)).cast(pa.string()).take(pa.array(decided)),
    )
    table = chunk.table if is_parquet(data) or not is_parquet(out) else _numbered(chunk, typed)
    table = table.select(
        [index for index, name in enumerate(table.column_names) if name not in ADDED.names]
    )
    for field, column in zip(ADDED, columns, strict=True):
        table = table.append_column(field, column)
    return table.replace_schema_metadata(None)


def _numbered(chunk: Chunk, typed: pd.DataFrame) -> pa.Table:
    """The text of a CSV file, with what was scored as numbers."""
    table = chunk.table
    for name in REQUIRED:
        if name not in TEXT:
            index = table.column_names.index(name)
            table = table.set_column(index, name, pa.array(typed[name]))
    return table
