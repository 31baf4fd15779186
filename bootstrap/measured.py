"""Durations and sizes that a bill rests on: what `make bench` measured, else what it once did."""

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from training.errors import InputError
from training.local.processes import ROOT

SERVING: Final = ROOT / "build" / "serving.json"
"""What `make bench` writes."""

WHOLE_CORE_MB: Final = 1769
"""Memory at which Lambda gives one core; less memory, less of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a prediction takes, and what is kept.

    The durations are of a whole core; Lambda bills those of the share that the memory buys. Those
    that no benchmark of ours measures say in a comment where they are from.
    """

    source: str = "defaults, about what `make bench` gives; run it for your own"
    warm_ms: float = 0.3
    cold_ms: float = 400.0
    # Between the runtime and our handler, and back. No emulator tells it apart: taken generously.
    runtime_ms: float = 1.0
    # Of payments that wait for a new container. It depends on how bursty the traffic is.
    cold_share: float = 0.01
    heartbeat_ms: float = 1500.0  # a cold start, and three small answers of AWS
    # 234 to 379 bytes of JSON and 105 of headers; the gateway adds some 400 of its own.
    answer_bytes: int = 900
    # 470 of our line, 330 of Lambda's three, 470 of the gateway's, 26 an event for AWS.
    log_bytes: int = 1400
    log_compression: float = 0.15  # AWS keeps lines compressed; its examples reckon with this
    image_mb: float = 180.0  # AWS's base and our packages, compressed, no more than this
    further_image_mb: float = 25.0  # the base is shared; our layers are built anew
    images_kept: int = 12  # the ten builds that the lifecycle rule leaves, and two releases
    model_mb: float = 0.5
    models_kept: int = 20

    def billed_ms(self, memory_mb: float, *, cold: bool = False) -> int:
        """What Lambda bills for an answer: whole milliseconds, a start included."""
        core = min(1.0, memory_mb / WHOLE_CORE_MB)
        work = self.warm_ms + self.runtime_ms + (self.cold_ms if cold else 0.0)
        return math.ceil(work / core)


def read_measured(path: Path) -> Measured:
    """What `make bench` measured last, or the defaults if it was never run.

    Raises
    ------
    InputError
        If the file is not of its making.
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
        float(each["median"])
        for each in figures
        if each["measure"] == measure and each["stack"] == "ours"
    )
