"""Paired comparison of two models on data that neither has seen. Pure.

The criterion is cost: the share of the served model's cost that the candidate saves, each with its
own policy, both at the served model's prices. Cost depends on ranking and calibration. Average
precision would miss a drifted fraud rate, the usual reason to train again.
"""

from dataclasses import dataclass
from typing import Final, TypedDict

import numpy as np

from fraud_api_lambda.decisions.scorer import Scorer
from training.data.rows import Rows
from training.data.time_split import Window, WindowSteps, trained_window
from training.errors import CheckFailedError, InputError
from training.metrics.ranking import REPLICATES, average_precision_gain
from training.policy.costs import costs, decisions
from training.scoring.score import score_rows
from training.scoring.window_figures import WindowFigures, figures_of


@dataclass(frozen=True, slots=True)
class Contender:
    """A model, and the rows of the compared file as this model reads them.

    Two models may give a column another kind, or their attributes another order.
    """

    scorer: Scorer
    rows: Rows


def require_equal_facts(current: Contender, candidate: Contender) -> None:
    """Raise `CheckFailedError` unless both models read the same payments with the same labels."""
    for name, fact in _FACTS.items():
        both = (getattr(contender.rows, name) for contender in (current, candidate))
        if not np.array_equal(*both):
            raise CheckFailedError(
                f"{current.scorer.version} and {candidate.scorer.version} take {fact} from "
                "other columns, so their figures cannot be compared; serve the candidate without "
                "a comparison by `fraud publish --promote --schema-change`"
            )


_FACTS: Final = {
    "steps": "the time",
    "is_fraud": "the label",
    "amounts": "the amount",
    "weights": "the weight",
}


def common_window(
    current: Contender, candidate: Contender, *, start: int | None, end: int | None
) -> Window:
    """Choose the window to compare on.

    Raises
    ------
    CheckFailedError
        If either model was trained on steps of it, or there is no later data.
    InputError
        If it does not hold both classes.
    """
    rows = candidate.rows
    last, calendar = int(rows.steps.max()), rows.dataset.calendar
    later = max(_first_unseen(model.scorer) for model in (current, candidate))
    window = Window(later if start is None else start, last if end is None else end)
    if window.start > last:
        raise CheckFailedError(
            f"the data ends at {calendar.named_until(last)}, and the models were trained on "
            f"{calendar.plural}before {calendar.since(later)}: no later data to compare on; train "
            "the candidate with --no-refit, or give later data"
        )
    for name, model in (("served model", current.scorer), ("candidate", candidate.scorer)):
        trained = trained_window(model.bundle.trained_on)
        if window.overlaps(trained):
            raise CheckFailedError(
                f"the {name} {model.version} was trained on {trained.shown(calendar)}, and "
                f"{window.shown(calendar)} would flatter it; compare from "
                f"{calendar.named_since(later)} on, or leave out --from and --to"
            )
    chosen = rows.within(window)
    if not chosen.has_both_classes:
        raise InputError(
            f"{window.shown(calendar)} hold {len(chosen)} rows, {chosen.is_fraud.sum()} of them "
            "fraud; "
            "give data with both classes after the training of both models"
        )
    return window


class Estimate(TypedDict):
    """A value with its 95 % interval on paired draws."""

    value: float
    low: float
    high: float


class ComparedModel(WindowFigures):
    """The figures of one model, and its cost at the served model's prices."""

    version: str
    cost: float


class PairedComparison(TypedDict):
    """Two models on one window; `cost_saved` is a share of the served model's cost."""

    window: WindowSteps
    margin: float
    currency: str
    current: ComparedModel
    candidate: ComparedModel
    cost_saved: Estimate
    average_precision_gain: Estimate
    better: bool


def compared(
    current: Contender, candidate: Contender, window: Window, *, margin: float
) -> PairedComparison:
    """Compare two models on a window.

    Returns
    -------
    dict
        `window`, `margin`, `currency`, and for `current` and `candidate` their `version`, their
        `cost` at the served model's prices and all that `figures_of` returns; `cost_saved`, a share
        of the served model's cost, and `average_precision_gain`, each with the `low` and `high` of
        its 95 % interval on paired draws; and `better`: at least `margin` of the cost is saved, and
        the interval lies above 0.
    """
    seed = int(candidate.scorer.bundle.trained_on["seed"])
    prices = current.scorer.bundle.policy
    scores, spent = [], []
    figures: list[ComparedModel] = []
    for contender in (current, candidate):
        scorer, rows = contender.scorer, contender.rows.within(window)
        policy = scorer.bundle.policy
        scored = score_rows(scorer, rows)
        scores.append(scored.predicted)
        decided = decisions(scored.probabilities, rows.amounts, policy)
        spent.append(costs(rows, decided, prices))
        all_figures = figures_of(
            scored, threshold=scorer.bundle.threshold, policy=policy, seed=seed
        )
        figures.append({"version": scorer.version, "cost": float(spent[-1].sum()), **all_figures})
    saved = cost_saved(spent[0], spent[1], seed=seed)
    gain = average_precision_gain(scores[0], scores[1].scores, seed=seed)
    return {
        "window": window.as_dict(candidate.rows.dataset.calendar),
        "margin": margin,
        "currency": prices.currency,
        "current": figures[0],
        "candidate": figures[1],
        "cost_saved": _estimate(saved),
        "average_precision_gain": _estimate(gain),
        "better": saved[0] >= margin and saved[1] > 0,
    }


def cost_saved(
    current: np.ndarray, candidate: np.ndarray, *, seed: int
) -> tuple[float, float, float]:
    """The share of the current model's cost that the candidate saves, with its 95 % interval.

    Parameters
    ----------
    current, candidate : ndarray of shape (n_transactions,)
        The cost of each row under either model.
    seed : int

    Returns
    -------
    share, low, high : float
        From a paired Poisson bootstrap; 0 if the current model costs nothing.
    """
    matter = (current != 0) | (candidate != 0)
    current, saved = current[matter], (current - candidate)[matter]
    if not current.any():
        return 0.0, 0.0, 0.0
    random = np.random.default_rng(seed)
    shares = []
    for _ in range(REPLICATES):
        drawn = random.poisson(1.0, len(current))
        base = float(drawn @ current)
        shares.append(float(drawn @ saved) / base if base else np.nan)
    low, high = np.nanquantile(shares, [0.025, 0.975])
    return float(saved.sum() / current.sum()), float(low), float(high)


def _estimate(values: tuple[float, float, float]) -> Estimate:
    value, low, high = values
    return {"value": value, "low": low, "high": high}


def _first_unseen(scorer: Scorer) -> int:
    """The first step a model has not seen; without a refit, the first after the label delay."""
    trained_on = scorer.bundle.trained_on
    if trained_on["refitted"]:
        return trained_window(trained_on).end + 1
    return int(trained_on["evaluated_on"]["start"])
