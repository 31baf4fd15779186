"""The matured records of a table, written as a file that `train` takes."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from fraud_api_lambda.domain.plain_schema import schema_as_dict
from training.errors import InputError
from training.files.parts import parts_of
from training.memory import anchors
from training.memory.exporting.models import Schemas
from training.memory.exporting.parts import Segments
from training.memory.exporting.reading import PartMaker
from training.memory.exporting.result import Anchored, Exported
from training.memory.exporting.wanted import Wanted
from training.memory.exporting.whole import Whole
from training.memory.logged import SEGMENTS, Log
from training.reading.schema_of_file import OF_EXPORT
from training.registry.anchor_store import AnchorStore
from training.registry.store import Registry
from training.registry.table import MemoryTable

type Progress = Callable[[str], None]
type Origin = dict[str, str | int]

ABOUT: Final = b"fraud:export"
"""The key of the origin of an export, as JSON, in its metadata."""


def export(
    table: MemoryTable,
    registry: Registry,
    out: Path,
    wanted: Wanted,
    *,
    progress: Progress = lambda _: None,
    now: Callable[[], float] = time.time,
) -> Exported:
    """Write the matured records of a table to a Parquet file, and an anchor to the bucket.

    If it is interrupted, do it again: what was read is kept beside the file.

    Raises
    ------
    InputError
        If there is no such table, secret or model, no record has matured, or the file cannot be
        written.
    CommandError
        If AWS refuses.
    """
    schemas, log = Schemas(registry), Log(table)
    origin = wanted.origin(table.name)
    job = {**origin, "model": schemas.served.version, "segments": SEGMENTS}
    maker = PartMaker(log, schemas, wanted.period, round(now() * 1_000))
    with parts_of(out, job) as parts:
        segments = Segments(parts)
        _read(log, maker, segments, lambda: progress(f"reading the records of {table.name}"))
        whole = Whole(segments.paths)
        done = Exported(
            wanted,
            whole.counts(schemas.served.plan.schema.roles.label),
            whole.left_out(),
            _anchored(whole, table.name, AnchorStore(registry.bucket), wanted.as_of, now()),
        )
        if done.rows.number:
            progress(f"writing {out}")
            whole.write(out, _described(maker.columns, schemas, origin))
    if not done.rows.number:
        raise InputError("\n".join([f"{out}: not written, as no payment is left", *done.lines()]))
    return done


def _read(log: Log, maker: PartMaker, segments: Segments, progress: Callable[[], None]) -> None:
    """Read what is not in the parts yet."""
    progress()
    for number, page in log.pages(segments.left):
        segments.add(number, maker.table(page.items), page.last)
        progress()


def _anchored(
    whole: Whole, table: str, store: AnchorStore, as_of: datetime, now: float
) -> Anchored:
    """Write the digests of the days that are over, and of which nothing has expired."""
    alive = datetime.fromtimestamp(now, UTC)
    days = {
        day: found
        for day, found in whole.days().items()
        if anchors.is_settled(day, as_of) and anchors.begins_to_expire(day) > alive
    }
    key = anchors.key_of(table, as_of)
    is_new = store.add(key, anchors.anchor(table, as_of, days))
    return Anchored(store.place(key), len(days), is_new)


def _described(columns: pa.Schema, schemas: Schemas, origin: Origin) -> pa.Schema:
    """The columns, with the schema and the origin of the file in their metadata."""
    schema = json.dumps(schema_as_dict(schemas.served.plan.schema))
    return columns.with_metadata({OF_EXPORT: schema.encode(), ABOUT: json.dumps(origin).encode()})
