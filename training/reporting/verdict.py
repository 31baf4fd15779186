"""Whether to serve a model: its checks as traffic lights, and the sentence that follows. Pure.

A red light is a no-go. The verdict is of the model alone: `promote` refuses a model of simulated
data too, and `challenge` compares a model with the served one.
"""

from training.reporting.checks import CHECKS
from training.reporting.figures import Check, Light, Verdict
from training.reporting.formats import listed
from training.reporting.schema import RunMetrics


def with_verdict(metrics: RunMetrics) -> RunMetrics:
    """The metrics of a run, with the verdict that follows from them."""
    return {**metrics, "verdict": verdict(metrics)}


def verdict(metrics: RunMetrics) -> Verdict:
    """Judge a model by the checks of its run."""
    found = [(name, check(metrics)) for name, check in CHECKS.items()]
    checks: list[Check] = [{"name": name, **result} for name, result in found if result]
    return {
        "is_go": not _reasons(checks, "red"),
        "sentence": _sentence(checks),
        "checks": checks,
    }


def _sentence(checks: list[Check]) -> str:
    stops, doubts = _reasons(checks, "red"), _reasons(checks, "amber")
    if not stops and not doubts:
        return "Every check passes."
    first = f"Do not serve it, because {listed(stops)}." if stops else "No check speaks against it."
    return f"{first} Before you decide, note that {listed(doubts)}." if doubts else first


def _reasons(checks: list[Check], light: Light) -> list[str]:
    """The reasons of a light, each once."""
    return list(dict.fromkeys(each["reason"] for each in checks if each["light"] == light))
