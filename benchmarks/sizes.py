"""Latency and price of the function by memory size, and the rule that chooses a size. Pure."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from bootstrap.measured import WHOLE_CORE_MB, Measured
from bootstrap.prices import PRICES
from fraud_api_lambda.deployment.provider import DEADLINE_S

P99_MS: Final = 100.0
MILLION: Final = 1_000_000

NOISE: Final = 0.05
"""Smaller relative differences in price are noise."""

RULE: Final = (
    f"of the sizes whose slowest cold start is under {DEADLINE_S} s, the deadline for loading a "
    f"model, and whose p99 is under {P99_MS:.0f} ms, the cheapest; of those that cost at most "
    f"{NOISE:.0%} more than it, the one that starts fastest"
)


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of a memory size: times in ms, and Lambda's share of the price in US dollars."""

    memory_mb: int
    share: float
    cold: float
    slowest_cold: float
    median: float
    p99: float
    usd_per_million: float

    @property
    def is_fast_enough(self) -> bool:
        """Whether the size meets the rule's limits on cold starts and p99."""
        return self.slowest_cold < 1_000 * DEADLINE_S and self.p99 < P99_MS


def share_of(memory_mb: int) -> float:
    """The number of cores that Lambda gives a function of this size."""
    return memory_mb / WHOLE_CORE_MB


def usd_per_million(memory_mb: int, warm_ms: float, cold_ms: float) -> float:
    """Lambda's share of the bill for a million payments, at list prices.

    Parameters
    ----------
    memory_mb : int
    warm_ms, cold_ms : float
        Mean time of a warm call and median time of a cold start, as measured at this size.
    """
    core = min(1.0, share_of(memory_mb))
    measured = replace(Measured(), warm_ms=warm_ms * core, cold_ms=cold_ms * core)
    cold = MILLION * measured.cold_share
    billed_ms = (MILLION - cold) * measured.billed_ms(memory_mb)
    billed_ms += cold * measured.billed_ms(memory_mb, cold=True)
    gb_seconds = billed_ms / 1000 * memory_mb / 1024
    requests, busy = PRICES["Lambda requests"], PRICES["Lambda GB-seconds"]
    return requests.of(MILLION, 0) + busy.of(gb_seconds, 0)


def row(memory_mb: int, cold: list[float], warm: list[float]) -> Row:
    """The figures of a size, from its samples in ms."""
    median_cold = float(np.median(cold))
    return Row(
        memory_mb=memory_mb,
        share=share_of(memory_mb),
        cold=median_cold,
        slowest_cold=max(cold),
        median=float(np.median(warm)),
        p99=float(np.quantile(warm, 0.99)),
        usd_per_million=usd_per_million(memory_mb, float(np.mean(warm)), median_cold),
    )


def chosen(rows: list[Row]) -> Row | None:
    """The size that `RULE` names; None if none is fast enough."""
    fast = [size for size in rows if size.is_fast_enough]
    most = (1 + NOISE) * min((size.usd_per_million for size in fast), default=0.0)
    cheap = [size for size in fast if size.usd_per_million <= most]
    return min(cheap, key=lambda size: size.cold, default=None)


def verdict(rows: list[Row], default_mb: int) -> str:
    """The size that the rule chooses, compared with template.yaml's default."""
    best = chosen(rows)
    if best is None:
        return f"No size meets the rule; template.yaml's default is {default_mb} MB."
    if best.memory_mb == default_mb:
        return f"{default_mb} MB follows, and is template.yaml's default."
    ours = next((size for size in rows if size.memory_mb == default_mb), None)
    compared = "was not measured"
    if ours is not None:
        compared = f"costs {ours.usd_per_million:.2f} USD and starts in {ours.cold:,.0f} ms"
        if not ours.is_fast_enough:
            compared = "breaks the rule"
    return (
        f"{best.memory_mb} MB follows: {best.usd_per_million:.2f} USD a million, starts in "
        f"{best.cold:,.0f} ms; "
        f"template.yaml's default of {default_mb} MB {compared}."
    )
