"""Durations and sizes that determine the bill: from the last `make bench`, else typical ones."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from training.errors import InputError
from training.local.processes import ROOT

SERVING: Final = ROOT / "build" / "serving.json"
"""The file that `make bench` writes."""

GB: Final = 1024**3
MONTH_DAYS: Final = 730.5 / 24

WHOLE_CORE_MB: Final = 1769
"""Memory with which Lambda gives one whole core; CPU is proportional to memory."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Durations of a prediction, and sizes of stored data.

    Durations are for a whole core; with less memory Lambda takes and bills longer. A comment names
    the source of each value that no benchmark here measures.
    """

    source: str = "defaults, about what `make bench` gives; run it for your own"
    warm_ms: float = 0.3
    cold_ms: float = 400.0
    # From the runtime to the handler and back. No emulator measures it, so this is an upper bound.
    runtime_ms: float = 1.0
    # Share of payments that wait for a new container; bursty traffic has more.
    cold_share: float = 0.01
    heartbeat_ms: float = 1500.0  # a cold start, and the answers of four small requests
    # 234 to 379 bytes of JSON, 105 of headers, and some 400 of the gateway's headers.
    answer_bytes: int = 900
    # Log lines: 470 bytes of ours, 330 of Lambda's three, 470 of the gateway's; AWS adds 26 each.
    log_bytes: int = 1400
    log_compression: float = 0.15  # the ratio in AWS's own pricing examples
    image_mb: float = 180.0  # upper bound: AWS's base and our packages, compressed
    further_image_mb: float = 25.0  # our layers; images share the base
    # A payment's read and write of the table: an estimate. More CPU does not shorten the wait.
    table_ms: float = 15.0
    record_bytes: int = 1124  # at most 1 KB, and the 100 bytes that DynamoDB counts for each item
    state_bytes: int = 500  # an account's state, its seal and its key, and those 100 bytes
    states_per_payment: float = 0.2  # new accounts (assumed): most pay or are paid again
    days_kept: int = 400
    # The loop. Shares of payments (assumed): for review, and with an outcome of another source.
    reviews_share: float = 0.01
    outcomes_share: float = 0.005
    review_bytes: int = 4196  # a review's record, at most 4 KB, and those 100 bytes
    outcome_bytes: int = 400  # what outcomes add to a record
    review_answer_bytes: int = 2500  # a review in a list; with its accounts it has four times that
    reviews_per_page_read: int = 5  # closed before an analyst reads the queue again (assumed)
    outcomes_per_call: int = 20  # (assumed)
    watched_days: int = 35  # a week, and the four weeks whose outcomes are compared
    images_kept: int = 12  # the two in use, and the ten other releases that no rule expires
    model_mb: float = 0.5
    models_kept: int = 20

    def kept_gb(self, predictions: int, days: float | None = None) -> float:
        """The table's size with the payments of some days; of all that it keeps by default."""
        of_payment = self.record_bytes + self.states_per_payment * self.state_bytes
        return predictions * (days or self.days_kept) / MONTH_DAYS * of_payment / GB

    def billed_ms(self, memory_mb: float, *, cold: bool = False) -> int:
        """Milliseconds that Lambda bills for an answer, rounded up; `cold` includes the start."""
        core = min(1.0, memory_mb / WHOLE_CORE_MB)
        work = self.warm_ms + self.runtime_ms + (self.cold_ms if cold else 0.0)
        return math.ceil(work / core)


def read_measured(path: Path) -> Measured:
    """The figures of the last `make bench`, or the defaults if there are none.

    Raises
    ------
    InputError
        If the file is not one that `make bench` wrote.
    """
    if not path.exists():
        return Measured()
    try:
        figures = json.loads(path.read_bytes())["figures"]
        warm, cold = _median(figures, "approved payment"), _median(figures, "cold start")
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise InputError(f"{path.name} is not what `make bench` writes; run it again") from error
    return replace(Measured(), source=f"build/{path.name}", warm_ms=warm, cold_ms=cold)


def _median(figures: list[dict[str, Any]], measure: str) -> float:
    return next(
        float(figure["median"])
        for figure in figures
        if figure["measure"] == measure and figure["stack"] == "ours"
    )
