"""Items of the table as rows of a part: those of the file, and those that are left out."""

import pyarrow as pa

from fraud_api_lambda.records.items import Item, has_expired
from training.memory import anchors
from training.memory.exporting.judged import LeftOut, Period
from training.memory.exporting.models import Schemas
from training.memory.exporting.rows import UNREADABLE, Cell, RowMaker, as_table
from training.memory.exporting.whole import OURS
from training.memory.logged import Log


class PartMaker:
    """Makes the rows of parts.

    Parameters
    ----------
    log : Log
    schemas : Schemas
    period : Period
    now : int
        Milliseconds since the epoch.

    Attributes
    ----------
    columns : pyarrow.Schema
        Of the file; a part has more.
    """

    def __init__(self, log: Log, schemas: Schemas, period: Period, now: int) -> None:
        plan = schemas.served.plan
        self._maker = RowMaker(plan.schema, plan.learned)
        self._log, self._schemas, self._period, self._now = log, schemas, period, now
        self.columns: pa.Schema = self._maker.columns
        self._all = pa.schema([*OURS, *self.columns])

    def table(self, items: list[Item]) -> pa.Table:
        """The rows of some items, those that are left out too."""
        return as_table(self._all, [self._row(item) for item in items])

    def _row(self, item: Item) -> list[Cell]:
        try:
            leaf = anchors.leaf(item)
        except ValueError:
            return self._left_out(LeftOut.UNREADABLE, None)
        try:
            return self._judged(item, leaf)
        except UNREADABLE:
            return self._left_out(LeftOut.UNREADABLE, leaf)

    def _judged(self, item: Item, leaf: anchors.Leaf) -> list[Cell]:
        logged = self._log.read(item)
        known = self._period.label(logged.later)
        reason = LeftOut.EXPIRED if has_expired(item, self._now) else None
        reason = reason or self._period.barred(logged)
        reason = reason or self._schemas.reason(logged.record.model_version)
        reason = reason or self._period.untold(logged, known)
        if reason is not None:
            return self._left_out(reason, leaf)
        ours = [None, logged.record.time, known.at is not None, *leaf]
        return [*ours, *self._maker.row(logged, known)]

    def _left_out(self, reason: LeftOut, leaf: anchors.Leaf | None) -> list[Cell]:
        return [str(reason), None, None, *(leaf or (None, None)), *[None] * len(self.columns)]
