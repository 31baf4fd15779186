"""Monthly usage of the loop: reviews, outcomes, and the commands that read the whole table."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bootstrap.measured import GB, MONTH_DAYS, Measured

type Used = tuple[str, float]
"""A part of the bill, and its units."""

STATE_UNITS: Final = 4
"""Write units of both moved states, each twice in a transaction."""

ENTRY_UNITS: Final = 2
"""Write units of an entry in the index; AWS does not say that a transaction counts it once."""

ENTRY_BYTES: Final = 200
"""An entry's keys, and the 100 bytes that DynamoDB counts for each item."""

PAGE: Final = 20
"""Reviews of a page of the queue."""

LATEST: Final = 16
"""Earlier decisions that an open review shows, eight of each account."""

MONTH_WEEKS: Final = MONTH_DAYS / 7

SCANNED_BYTES: Final = 4096
"""Of a read unit; a read that may lack the last second costs half."""


@dataclass(frozen=True, slots=True)
class Loop:
    """The loop of a stack that scores this many predictions a month.

    Parameters
    ----------
    measured : Measured
    predictions : int
    memory_mb : int
        Of the function.
    months_logged : float
        Retention of its log lines.
    """

    measured: Measured
    predictions: int
    memory_mb: int
    months_logged: float

    def activities(self) -> Mapping[str, Callable[[], Iterator[Used]]]:
        """What uses something, in the order of the bill."""
        return {
            "reviews opened": self._opened,
            "reviews shown": self._shown,
            "reviews closed": self._closed,
            "outcomes": self._outcomes,
            "weekly watch": self._watch,
            "monthly export": self._export,
            "monthly replay": self._replay,
        }

    def used(self) -> Iterator[Used]:
        """Yield the usage of all activities."""
        for activity in self.activities().values():
            yield from activity()

    @property
    def _reviews(self) -> float:
        return self.predictions * self.measured.reviews_share

    def _opened(self) -> Iterator[Used]:
        """Yield the index, and what the record of a review has beyond an approved one's."""
        size = self.measured.review_bytes
        units = ENTRY_UNITS + _record_units(size) - _record_units(self.measured.record_bytes)
        yield "DynamoDB writes", self._reviews * units
        more = size - self.measured.record_bytes + ENTRY_BYTES
        kept_gb = self._reviews * self.measured.days_kept / MONTH_DAYS * more / GB
        yield "DynamoDB storage", kept_gb
        yield "DynamoDB backups", kept_gb

    def _shown(self) -> Iterator[Used]:
        """Yield a page of the queue for some reviews, and each of them with its accounts."""
        pages = self._reviews / self.measured.reviews_per_page_read
        yield "DynamoDB reads", pages * (0.5 + PAGE)
        yield "DynamoDB reads", self._reviews * (1 + 2 + LATEST)
        yield from self._calls(pages, 2, PAGE * self.measured.review_answer_bytes)
        yield from self._calls(self._reviews, 3, 4 * self.measured.review_answer_bytes)

    def _closed(self) -> Iterator[Used]:
        """Yield each review closed, as if its label moved both accounts."""
        units = _record_units(self.measured.review_bytes) + STATE_UNITS + 2 * ENTRY_UNITS
        yield "DynamoDB writes", self._reviews * units
        yield "DynamoDB reads", self._reviews * 3
        yield from self._calls(self._reviews, 3, self.measured.answer_bytes)

    def _outcomes(self) -> Iterator[Used]:
        """Yield the outcomes of other sources, as if each moved both accounts."""
        outcomes = self.predictions * self.measured.outcomes_share
        size = self.measured.record_bytes + self.measured.outcome_bytes
        yield "DynamoDB writes", outcomes * (_record_units(size) + STATE_UNITS)
        yield "DynamoDB reads", outcomes * 3
        each = self.measured.outcomes_per_call
        yield from self._calls(outcomes / each, 3 * each, each * 150 + self.measured.answer_bytes)

    def _calls(self, calls: float, exchanges: float, answer_bytes: float) -> Iterator[Used]:
        """Yield some calls of the API, each with this many requests to the table."""
        busy_ms = self.measured.billed_ms(self.memory_mb)
        busy_ms += math.ceil(exchanges * self.measured.table_ms / 2)
        yield "Lambda requests", calls
        yield "Lambda GB-seconds", calls * busy_ms / 1000 * self.memory_mb / 1024
        yield "API Gateway REST calls", calls
        yield "Data transfer out", calls * answer_bytes / GB
        logged_gb = calls * self.measured.log_bytes / GB
        yield "CloudWatch logs in", logged_gb
        yield "CloudWatch logs kept", logged_gb * self.measured.log_compression * self.months_logged

    def _watch(self) -> Iterator[Used]:
        """Yield two scans a week; the payments of the days that they compare leave AWS."""
        yield from self._scans(2 * MONTH_WEEKS, 0.5)
        sent_gb = self.measured.kept_gb(self.predictions, self.measured.watched_days)
        yield "Data transfer out", MONTH_WEEKS * sent_gb
        yield from _command(MONTH_WEEKS)

    def _export(self) -> Iterator[Used]:
        yield from self._scans(1, 0.5)
        yield "Data transfer out", self._table_gb
        yield "S3 writes", 1  # the anchor
        yield from _command(1)

    def _replay(self) -> Iterator[Used]:
        """Yield two scans, of states and of records, as they are now."""
        yield from self._scans(2, 1)
        yield "Data transfer out", self._table_gb
        yield from _command(1)

    def _scans(self, scans: float, unit: float) -> Iterator[Used]:
        """Yield scans of the table once it is as full as it gets; an empty one costs a unit."""
        units = 1 + self._table_gb * GB / SCANNED_BYTES
        yield "DynamoDB reads", scans * units * unit

    @property
    def _table_gb(self) -> float:
        return self.measured.kept_gb(self.predictions)


def _record_units(size: float) -> int:
    """Write units of a record in a transaction; DynamoDB's 100 bytes count for storage alone."""
    return 2 * math.ceil((size - 100) / 1024)


def _command(times: float) -> Iterator[Used]:
    """Yield what a command reads beside the table: the secret and the model."""
    yield "KMS requests", times
    yield "S3 reads", times
