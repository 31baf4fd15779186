"""A model's two example payments, chosen from its training data."""

from typing import Final

import numpy as np

from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.checks import JsonObject
from training.analysis.findings import Finding, warning
from training.bundling.bundle_content import plan_of
from training.bundling.example_bodies import body_of
from training.data.rows import Rows
from training.data.time_split import Window
from training.fitting.boosting import margins_of
from training.fitting.calibration import probabilities_of
from training.fitting.fitted_model import FittedModel
from training.histories.columns import never_seen
from training.policy.costs import APPROVE, BLOCK, decisions

CLEAR: Final = 0.01
"""Least distance in log-odds to a cutoff: thousands of times the rounding error of float32."""

TRIED: Final = 50
"""Candidates that are tried: with rounded places, a payment may be decided otherwise."""


class DecidedRows:
    """Rows with a model's decisions, and whether each is clear of the policy's cutoffs."""

    def __init__(self, fitted: FittedModel, rows: Rows) -> None:
        scored = fitted.score(rows)

        def decided(shift: float) -> np.ndarray:
            shifted = probabilities_of(scored.margins + shift, fitted.calibration)
            return decisions(shifted, rows.amounts, fitted.policy)

        self.rows, self.fitted = rows, fitted
        self.decided = decisions(scored.probabilities, rows.amounts, fitted.policy)
        self.is_clear = (decided(-CLEAR) == self.decided) & (decided(CLEAR) == self.decided)
        self.is_flagged = scored.probabilities >= (
            1.0 if fitted.threshold is None else fitted.threshold
        )

    def stopped(self) -> Example | None:
        """The example that is stopped: blocked if there is one, and if possible a flagged fraud."""
        rank = 2 * (self.decided == BLOCK) + (self.rows.is_fraud & self.is_flagged)
        return self._latest(self.decided != APPROVE, rank)

    def approved(self) -> Example | None:
        """The example that is approved: if possible, a genuine payment that is not flagged."""
        return self._latest(self.decided == APPROVE, ~self.rows.is_fraud & ~self.is_flagged)

    def _latest(self, is_candidate: np.ndarray, rank: np.ndarray) -> Example | None:
        """The latest clear candidate of the highest rank."""
        found = np.flatnonzero(is_candidate & self.is_clear)
        order = np.lexsort((found, self.rows.steps[found], rank[found]))
        for index in found[order[::-1][:TRIED]]:
            example = self._example(int(index))
            if example is not None:
                return example
        return None

    def _example(self, index: int) -> Example | None:
        """The example of a row; None if its body is decided otherwise."""
        body = body_of(self.rows, index, plan_of(self.fitted))
        answered = [answer_to(body, self.fitted, shift) for shift in (-CLEAR, 0.0, CLEAR)]
        wanted = list(Decision)[self.decided[index]]
        if any(example.decision is not wanted for example in answered):
            return None
        return answered[1]


def answer_to(body: JsonObject, fitted: FittedModel, shift: float) -> Example:
    """A model's answer to a request, with log-odds that are shifted."""
    plan = plan_of(fitted)
    payment = plan.reader.payment(body)
    row = np.array([plan.row(payment.facts)], dtype=np.float32)
    margins = margins_of(fitted.boosted.booster, row) + shift
    probabilities = probabilities_of(margins, fitted.calibration)
    decided = decisions(probabilities, np.array([payment.facts.amount]), fitted.policy)
    return Example(body, payment, float(probabilities[0]), list(Decision)[decided[0]])


def find_examples(fitted: FittedModel, rows: Rows, latest: Window) -> Examples:
    """Find a payment that the model stops and one that it approves, away from the policy's cutoffs.

    Parameters
    ----------
    fitted : FittedModel
    rows : Rows
    latest : Window
        Searched first; all the data is searched if it holds no such payment.

    Notes
    -----
    Account ids are replaced in examples, so their accounts have no history.
    """
    rows = never_seen(rows)
    decided = DecidedRows(fitted, rows.within(latest))
    stopped, approved = decided.stopped(), decided.approved()
    if stopped is None or approved is None:
        decided = DecidedRows(fitted, rows)
        stopped, approved = stopped or decided.stopped(), approved or decided.approved()
    return Examples(stopped, approved)


def missing(examples: Examples) -> list[Finding]:
    """Warn of a model that stops no payment, or approves none."""
    look = "look at the policy and at the figures before you publish it."
    findings = []
    if examples.stopped is None:
        findings.append(warning("stops-nothing", "This model stops no payment of its data", look))
    if examples.approved is None:
        findings.append(
            warning("approves-nothing", "This model approves no payment of its data", look)
        )
    return findings
