"""What the policy would have done to a window's payments, in counts and in money. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from fraud_api_lambda.policy import Policy, cutoffs
from fraud_api_lambda.transaction import Decision
from training.metrics.ranking import REPLICATES
from training.policy.costs import (
    APPROVE,
    BLOCK,
    REVIEW,
    Priced,
    cheapest_threshold,
    costs,
    decisions,
)

SHOWN_AMOUNTS: Final = (0.1, 0.5, 0.9, 0.99, 0.999)
"""Quantiles of the amounts for which the cutoffs are shown."""


def policy_outcome(
    rows: Priced, frame: pd.DataFrame, policy: Policy, *, seed: int
) -> dict[str, Any]:
    """What the policy decides on a window, what that costs, and what others would have cost.

    Parameters
    ----------
    rows : Priced
    frame : DataFrame
        The same rows: `step`, and `typology` where the data has it.
    policy : Policy
        Its `single_threshold` was the cheapest on the threshold window.
    seed : int
        Of the bootstrap of what is saved.

    Returns
    -------
    dict
        `by_decision`, `reviews_per_thousand`, `reviews_per_day`, `queue_precision`, `cost` by way
        to decide, `saved` against approving all and against the single threshold (with 95 %
        intervals), `cutoffs` for five amounts, and `by_typology` where it is known.
    """
    decided = decisions(rows.probabilities, rows.amounts, policy)
    ways = {
        "policy": decided,
        "approving all": np.full(len(decided), APPROVE),
        "single threshold": _blocked_from(rows, policy.single_threshold),
        "single threshold in hindsight": _blocked_from(rows, cheapest_threshold(rows, policy)),
    }
    spent = {name: costs(rows, way, policy) for name, way in ways.items()}
    reviewed = decided == REVIEW
    days = (frame["step"].max() - frame["step"].min() + 1) / 24
    figures: dict[str, Any] = {
        "by_decision": list(_by_decision(rows, decided, spent["policy"])),
        "reviews_per_thousand": float(1_000 * np.average(reviewed, weights=rows.weights)),
        "reviews_per_day": float(rows.weights[reviewed].sum() / days),
        "queue_precision": _share(rows.is_fraud[reviewed], rows.weights[reviewed]),
        "cost": {name: float(each.sum()) for name, each in spent.items()},
        "saved": {
            name: _saved(spent[name] - spent["policy"], float(spent[name].sum()), seed)
            for name in spent
            if name != "policy"
        },
        "cutoffs": list(_cutoffs(rows, policy)),
    }
    if "typology" in frame:
        against = spent["single threshold"] - spent["policy"]
        figures["by_typology"] = list(
            _by_typology(frame["typology"].astype("category"), rows.weights, decided, against)
        )
    return figures


def _blocked_from(rows: Priced, threshold: float) -> np.ndarray:
    return np.where(rows.probabilities >= threshold, BLOCK, APPROVE)


def _by_decision(rows: Priced, decided: np.ndarray, spent: np.ndarray) -> Iterator[dict[str, Any]]:
    for code, decision in enumerate(Decision):
        here = decided == code
        fraud, genuine = here & rows.is_fraud, here & ~rows.is_fraud
        yield {
            "decision": str(decision),
            "transactions": float(rows.weights[here].sum()),
            "frauds": float(rows.weights[fraud].sum()),
            "fraud_amount": float((rows.weights * rows.amounts)[fraud].sum()),
            "genuine_amount": float((rows.weights * rows.amounts)[genuine].sum()),
            "cost": float(spent[here].sum()),
        }


def _share(is_fraud: np.ndarray, weights: np.ndarray) -> float | None:
    return float(np.average(is_fraud, weights=weights)) if len(is_fraud) else None


def _saved(differences: np.ndarray, base: float, seed: int) -> dict[str, float | None]:
    """The sum of what rows save, with the 95 % interval of a Poisson bootstrap.

    Rows that cost the same either way add nothing in any draw, so only the others are drawn.
    """
    matter = differences[differences != 0]
    random = np.random.default_rng(seed)
    sums = [float(random.poisson(1.0, len(matter)) @ matter) for _ in range(REPLICATES)]
    low, high = np.quantile(sums, [0.025, 0.975])
    saved = float(differences.sum())
    share = saved / base if base else None
    return {"amount": saved, "low": float(low), "high": float(high), "share": share}


def _cutoffs(rows: Priced, policy: Policy) -> Iterator[dict[str, float]]:
    """The three probabilities where two decisions cost the same, None where it is never so."""
    amounts = np.quantile(rows.amounts, SHOWN_AMOUNTS)
    review, block = cutoffs(amounts, policy, np.where)
    no_review = replace(policy, review_catches=0.0, review_friction=0.0)
    without = cutoffs(amounts, no_review, np.where)
    for values in zip(SHOWN_AMOUNTS, amounts, review, block, without[1], strict=True):
        names = ("quantile", "amount", "review_above", "block_above", "block_above_without_review")
        yield dict(zip(names, map(float, values), strict=True))


def _by_typology(
    typology: pd.Series, weights: np.ndarray, decided: np.ndarray, saved: np.ndarray
) -> Iterator[dict[str, Any]]:
    for name in typology.cat.categories:
        here = (typology == name).to_numpy()
        if here.any():
            shares = [np.average(decided[here] == code, weights=weights[here]) for code in range(3)]
            yield {
                "name": str(name),
                "transactions": float(weights[here].sum()),
                **{str(each): float(x) for each, x in zip(Decision, shares, strict=True)},
                "saved": float(saved[here].sum()),
            }
