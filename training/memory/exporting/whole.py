"""The parts of an export put together: counted, and written in the order of the payments."""

from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from training.files.atomic import replaced
from training.histories.stored import ARRIVED, PREDICTION
from training.memory.anchors import Day, digest_of
from training.memory.exporting.judged import LeftOut
from training.memory.exporting.result import Counts

LEFT_OUT: Final = "export:left out"
TIME: Final = "export:time"
DAY: Final = "export:day"
LEAF: Final = "export:leaf"
HAS_OUTCOME: Final = "export:has outcome"
"""Columns of a part that are not in the file."""

OURS: Final = pa.schema(
    {
        LEFT_OUT: pa.string(),
        TIME: pa.int64(),
        HAS_OUTCOME: pa.bool_(),
        DAY: pa.string(),
        LEAF: pa.binary(),
    }
)

AT_ONCE: Final = 300_000
"""Rows that are sorted in memory together: some 400 MB."""


class Whole:
    """All parts of an export.

    Parameters
    ----------
    paths : sequence of Path
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._parts = ds.dataset([str(path) for path in paths], format="parquet")
        self._is_kept = ds.field(LEFT_OUT).is_null()

    def days(self) -> dict[str, Day]:
        """The records of each day, those that are left out too."""
        leaves = self._parts.to_table([DAY, LEAF], filter=ds.field(DAY).is_valid()).sort_by(DAY)
        found, start = {}, 0
        for each in sorted(pc.value_counts(leaves[DAY]).to_pylist(), key=itemgetter("values")):
            day, number = each["values"], each["counts"]
            found[day] = digest_of(leaves[LEAF].slice(start, number).to_pylist())
            start += number
        return found

    def left_out(self) -> dict[LeftOut, int]:
        """How many records are left out, by reason."""
        column = self._parts.to_table([LEFT_OUT], filter=~self._is_kept)[LEFT_OUT]
        found = {each["values"]: each["counts"] for each in pc.value_counts(column).to_pylist()}
        return {reason: found[reason] for reason in LeftOut if reason in found}

    def counts(self, label: str) -> Counts:
        """The rows that are not left out."""
        kept = self._parts.to_table([label, HAS_OUTCOME], filter=self._is_kept)
        frauds, known = (pc.sum(kept[name]).as_py() or 0 for name in (label, HAS_OUTCOME))
        return Counts(len(kept), frauds, len(kept) - known)

    def write(self, out: Path, columns: pa.Schema) -> None:
        """Write the rows by payment, arrival and id; as a whole, or not at all."""
        with replaced(out) as (waiting,), pq.ParquetWriter(waiting, columns) as writer:
            for rows in self._in_order():
                writer.write_table(rows.select(columns.names).cast(columns))

    def _in_order(self) -> Iterator[pa.Table]:
        times = np.sort(self._parts.to_table([TIME], filter=self._is_kept)[TIME].to_numpy())
        cuts = np.unique(times[::AT_ONCE])
        for start, end in zip(cuts, [*cuts[1:], times[-1] + 1], strict=True):
            within = (ds.field(TIME) >= int(start)) & (ds.field(TIME) < int(end))
            table = self._parts.to_table(filter=self._is_kept & within)
            keys = (TIME, ARRIVED, PREDICTION)
            yield table.sort_by([(key, "ascending") for key in keys])
