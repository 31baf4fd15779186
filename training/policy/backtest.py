"""Backtest of a policy on a window, in counts and in money. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.decisions.policy import Policy, cutoffs
from fraud_api_lambda.domain.assessment import Decision
from training.data.rows import Rows, ScoredRows
from training.metrics.ranking import REPLICATES
from training.policy.costs import (
    APPROVE,
    BLOCK,
    REVIEW,
    cheapest_threshold,
    costs,
    decisions,
)
from training.policy.figures import (
    Cutoffs,
    DecisionFigures,
    PolicyOutcome,
    Saving,
    TypologyDecisions,
)
from training.reading.columns import TYPOLOGY

SHOWN_AMOUNTS: Final = (0.1, 0.5, 0.9, 0.99, 0.999)
"""Quantiles of the amounts for which the cutoffs are shown."""


def policy_outcome(scored: ScoredRows, policy: Policy, *, seed: int) -> PolicyOutcome:
    """Backtest a policy on the rows of a window: its decisions, their cost, and alternatives.

    Parameters
    ----------
    scored : ScoredRows
    policy : Policy
        Its `single_threshold` was the cheapest on the threshold window.
    seed : int
        Seed of the bootstrap of the savings.

    Returns
    -------
    dict
        `by_decision`, `reviews_per_thousand`, `reviews_per_day`, `queue_precision`, `cost` by
        strategy, `saved` relative to approving all and to single thresholds (with 95 % intervals),
        `cutoffs` for five amounts, and `by_typology` where the data has a typology.
    """
    rows = scored.rows
    decided = decisions(scored.probabilities, rows.amounts, policy)
    hindsight = cheapest_threshold(scored, policy)
    strategies = {
        "policy": decided,
        "approving all": np.full(len(decided), APPROVE),
        "single threshold": _blocked_from(scored, policy.single_threshold),
        "single threshold in hindsight": _blocked_from(scored, hindsight),
    }
    spent = {name: costs(rows, decided, policy) for name, decided in strategies.items()}
    reviewed = decided == REVIEW
    days = (rows.steps.max() - rows.steps.min() + 1) / 24
    figures: PolicyOutcome = {
        "by_decision": list(_by_decision(rows, decided, spent["policy"])),
        "reviews_per_thousand": float(1_000 * np.average(reviewed, weights=rows.weights)),
        "reviews_per_day": float(rows.weights[reviewed].sum() / days),
        "queue_precision": _share(rows.is_fraud[reviewed], rows.weights[reviewed]),
        "cost": {name: float(cost.sum()) for name, cost in spent.items()},
        "saved": {
            name: _saved(spent[name] - spent["policy"], float(spent[name].sum()), seed)
            for name in spent
            if name != "policy"
        },
        "cutoffs": list(_cutoffs(rows, policy)),
    }
    if TYPOLOGY in rows.dataset.frame:
        saved = spent["single threshold"] - spent["policy"]
        figures["by_typology"] = list(_by_typology(rows, decided, saved))
    return figures


def _blocked_from(scored: ScoredRows, threshold: float) -> np.ndarray:
    return np.where(scored.probabilities >= threshold, BLOCK, APPROVE)


def _by_decision(rows: Rows, decided: np.ndarray, spent: np.ndarray) -> Iterator[DecisionFigures]:
    for code, decision in enumerate(Decision):
        chosen = decided == code
        fraud, genuine = chosen & rows.is_fraud, chosen & ~rows.is_fraud
        yield {
            "decision": str(decision),
            "transactions": float(rows.weights[chosen].sum()),
            "frauds": float(rows.weights[fraud].sum()),
            "fraud_amount": float((rows.weights * rows.amounts)[fraud].sum()),
            "genuine_amount": float((rows.weights * rows.amounts)[genuine].sum()),
            "cost": float(spent[chosen].sum()),
        }


def _share(is_fraud: np.ndarray, weights: np.ndarray) -> float | None:
    return float(np.average(is_fraud, weights=weights)) if len(is_fraud) else None


def _saved(differences: np.ndarray, base: float, seed: int) -> Saving:
    """The sum of the differences in cost, with the 95 % interval of a Poisson bootstrap.

    Rows without a difference add nothing to any replicate, so only the others are drawn.
    """
    nonzero = differences[differences != 0]
    random = np.random.default_rng(seed)
    sums = [float(random.poisson(1.0, len(nonzero)) @ nonzero) for _ in range(REPLICATES)]
    low, high = np.quantile(sums, [0.025, 0.975])
    saved = float(differences.sum())
    share = saved / base if base else None
    return {"amount": saved, "low": float(low), "high": float(high), "share": share}


def _cutoffs(rows: Rows, policy: Policy) -> Iterator[Cutoffs]:
    """The probabilities above which the decision changes, at some quantiles of the amount."""
    amounts = np.quantile(rows.amounts, SHOWN_AMOUNTS)
    review, block = cutoffs(amounts, policy, np.where)
    no_review = replace(policy, review_catches=0.0, review_friction=0.0)
    without = cutoffs(amounts, no_review, np.where)
    for n, quantile in enumerate(SHOWN_AMOUNTS):
        yield {
            "quantile": quantile,
            "amount": float(amounts[n]),
            "review_above": float(review[n]),
            "block_above": float(block[n]),
            "block_above_without_review": float(without[1][n]),
        }


def _by_typology(rows: Rows, decided: np.ndarray, saved: np.ndarray) -> Iterator[TypologyDecisions]:
    typology = pd.Categorical(rows.column(TYPOLOGY))
    for name in typology.categories:
        chosen = np.asarray(typology == name)
        if chosen.any():
            weights = rows.weights[chosen]
            approve, review, block = (
                float(np.average(decided[chosen] == code, weights=weights))
                for code in (APPROVE, REVIEW, BLOCK)
            )
            yield {
                "name": str(name),
                "transactions": float(weights.sum()),
                "approve": approve,
                "review": review,
                "block": block,
                "saved": float(saved[chosen].sum()),
            }
