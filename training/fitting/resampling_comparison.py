"""Compare resampling methods with SMOTE, on the same rows and the same bootstrap draws."""

from typing import Final

import numpy as np

from training.data.rows import Rows
from training.fitting.figures import Comparison, ResamplingComparison
from training.fitting.fitted_model import FittedModel
from training.fitting.resampling import DEFAULT
from training.metrics.calibration import Z_95, log_loss, log_losses
from training.metrics.labelled_scores import LabelledScores
from training.metrics.ranking import average_precision_gain

BETTER_AVERAGE_PRECISION: Final = 0.01
BETTER_LOG_LOSS: Final = 0.05


def comparisons_in(
    models: dict[str, FittedModel], rows: Rows, *, seed: int
) -> list[ResamplingComparison]:
    """Compare every resampling method that reached the goal with SMOTE, on the same rows."""
    others = [
        name for name, model in models.items() if name != DEFAULT and model.threshold is not None
    ]
    if DEFAULT not in models or not others:
        return []
    default = models[DEFAULT].score(rows).predicted
    return [
        {
            "resampling": name,
            **comparison(default, models[name].score(rows).probabilities, seed=seed),
        }
        for name in others
    ]


def comparison(default: LabelledScores, other: np.ndarray, *, seed: int) -> Comparison:
    """Compare the probabilities of a model, `other`, with those of the default, pair by pair.

    Returns
    -------
    dict
        `frauds` of the window; `average_precision_gain` and `log_loss_saved` (a share of the
        default's, above 0 if `other` is better), each with `_low` and `_high` of its 95 % interval,
        and whether it is `better`: by more than 0.01 or 5 %, with an interval above 0.
    """
    gain, gain_low, gain_high = average_precision_gain(default, other, seed=seed)
    saved, saved_low, saved_high = log_loss_saved(default, other)
    return {
        "frauds": int(default.is_fraud.sum()),
        "average_precision_gain": gain,
        "average_precision_gain_low": gain_low,
        "average_precision_gain_high": gain_high,
        "log_loss_saved": saved,
        "log_loss_saved_low": saved_low,
        "log_loss_saved_high": saved_high,
        "better": (gain > BETTER_AVERAGE_PRECISION and gain_low > 0)
        or (saved > BETTER_LOG_LOSS and saved_low > 0),
    }


def log_loss_saved(predicted: LabelledScores, other: np.ndarray) -> tuple[float, float, float]:
    """The share of the log loss of `predicted` that `other` saves, with its 95 % interval.

    The interval is the limit of a paired Poisson bootstrap: if each row is drawn Poisson(1) times,
    the variance of the sum is the sum of the squared terms.
    """
    weights = predicted.weights
    saved = log_losses(predicted) - log_losses(predicted.with_scores(other))
    base = log_loss(predicted)
    mean = float(np.average(saved, weights=weights))
    spread = float(np.sqrt((weights**2 * (saved - mean) ** 2).sum()) / weights.sum())
    return mean / base, (mean - Z_95 * spread) / base, (mean + Z_95 * spread) / base


def best_resampling(comparisons: list[ResamplingComparison]) -> str | None:
    """The better method that saves the most log loss; None if no method is better."""
    better = [other for other in comparisons if other["better"]]
    if not better:
        return None
    return max(better, key=lambda other: other["log_loss_saved"])["resampling"]


def verdict(
    comparisons: list[ResamplingComparison], on_test: list[ResamplingComparison], published: str
) -> str:
    """The comparison on the threshold window in words, and whether the test window agrees."""
    best = best_resampling(comparisons)
    if best is None:
        others = " or ".join(str(other["resampling"]) for other in comparisons)
        return (
            f"No other method ({others}) beats smote by more than 5 % of log loss or 0.01 of "
            f"average precision on the threshold window ({comparisons[0]['frauds']:,} frauds)."
        )
    now, later = (_of(best, window) for window in (comparisons, on_test))
    agrees = "agrees" if later["better"] else "disagrees"
    consequence = "It is published" if published == best else "--resampling auto would publish it"
    return (
        f"{best} beats smote on the threshold window ({_figures(now)}). "
        f"The test window {agrees} ({_figures(later)}). {consequence}."
    )


def _of(resampling: str, comparisons: list[ResamplingComparison]) -> ResamplingComparison:
    return next(other for other in comparisons if other["resampling"] == resampling)


def _figures(comparison: ResamplingComparison) -> str:
    loss = "{log_loss_saved:+.1%} ({log_loss_saved_low:+.1%} to {log_loss_saved_high:+.1%})"
    gain = (
        "{average_precision_gain:+.3f} ({average_precision_gain_low:+.3f} to "
        "{average_precision_gain_high:+.3f})"
    )
    return f"{{frauds:,}} frauds: log loss saved {loss}, average precision {gain}".format_map(
        comparison
    )
