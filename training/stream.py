"""Scores for every row of a file of any size, in constant memory; interrupted, it goes on later.

Parts of the result are written one by one into a directory beside it, each whole or not at all,
and put together at the end. What they were made of is written down with them: another model or
another input begins anew.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fraud_api_lambda.scoring import Scorer
from fraud_api_lambda.transaction import Decision
from training.calibrate import probabilities_of
from training.costs import decisions
from training.dataset import checked, to_facts
from training.errors import InputError
from training.files import write_files
from training.output import put_together, write_table
from training.paths import require_writable
from training.pipeline import feature_matrix, packed
from training.tables import Chunk, read_chunks

ROWS: Final = 200_000
"""Rows at a time: some 250 MB in memory, and what is lost when it is interrupted."""

JOB: Final = "job.json"
ADDED: Final = ("fraud_probability", "is_fraud", "decision")


def score_stream(
    scorer: Scorer, data: Path, out: Path, progress: Callable[[str], None], *, rows: int = ROWS
) -> int:
    """Write `data` with `fraud_probability`, `is_fraud` and `decision` added; return its rows.

    Parameters
    ----------
    scorer : Scorer
    data : Path
        CSV, the one CSV file of a zip, or Parquet. Its other columns stay as they are.
    out : Path
        CSV or Parquet, by its ending. Beside it lies ``.NAME.parts`` until all is done.
    progress : callable
    rows : int
        At a time.

    Raises
    ------
    InputError
        If a row cannot be scored: then what comes before it is not lost.
    """
    require_writable(out)
    parts = out.with_name(f".{out.name}.parts")
    done = _begun(parts, _job(scorer, data, rows), progress)
    total, written = 0, []
    for number, chunk in enumerate(_ahead(_not_empty(data, read_chunks(data, rows)))):
        part = parts / f"{number:06}{out.suffix.lower()}"
        total += len(chunk.frame)
        written.append(part)
        if part.name not in done:
            progress(f"scoring {data} up to row {total:,}")
            write_table(_scored(scorer, data, chunk, out), part, header=number == 0)
    progress(f"writing {out}")
    put_together(written, out)
    shutil.rmtree(parts)
    return total


def _job(scorer: Scorer, data: Path, rows: int) -> dict[str, Any]:
    """What the parts are made of."""
    try:
        stat = data.stat()
    except OSError as error:
        raise InputError(f"{data}: {error.strerror}; give a CSV or Parquet file") from error
    of_file = {"path": str(data.resolve()), "size": stat.st_size, "changed": stat.st_mtime_ns}
    return {"model": scorer.version, "data": of_file, "rows": rows}


def _begun(parts: Path, job: dict[str, Any], progress: Callable[[str], None]) -> set[str]:
    """The parts that an interrupted run of the same job has left; those of another one go."""
    known = (json.dumps(job, indent=2) + "\n").encode()
    note = parts / JOB
    if note.exists() and note.read_bytes() == known:
        done = {path.name for path in parts.iterdir()} - {JOB}
        progress(f"going on after {len(done)} parts of {job['rows']:,} rows")
        return done
    if parts.exists():
        shutil.rmtree(parts)
    write_files(parts, {JOB: known})
    return set()


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
    typed = checked(data, chunk.frame, labelled=False, above=chunk.above)
    rows = feature_matrix(to_facts(typed), scorer.bundle.features)
    margins = scorer.margins(packed(rows))
    probabilities = probabilities_of(np.array(margins), scorer.bundle.calibration)
    decided = decisions(probabilities, typed["amount"].to_numpy(), scorer.bundle.policy)
    columns = (
        pa.array(probabilities),
        pa.array(probabilities >= scorer.bundle.threshold),
        pa.array(list(Decision)).cast(pa.string()).take(pa.array(decided)),
    )
    # Cells stay as they were written, but in Parquet numbers of a CSV file become numbers.
    as_written = out.suffix.lower() == ".csv"
    table = chunk.table
    if table is None:
        frame = chunk.frame if as_written else typed.astype({"type": "str"})
        table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.drop_columns([name for name in ADDED if name in table.column_names])
    for name, column in zip(ADDED, columns, strict=True):
        table = table.append_column(name, column)
    return table.replace_schema_metadata(None)
