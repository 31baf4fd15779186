"""A model's two example payments, chosen from its training data. Pure."""

from typing import Final

import numpy as np

from fraud_api_lambda.decisions.model_examples import Example, Examples
from fraud_api_lambda.domain.transaction import (
    MERCHANT_PREFIX,
    Decision,
    Transaction,
    TransactionType,
    hour_of_step,
)
from training.analysis.findings import Finding, warning
from training.data.rows import Rows
from training.data.time_split import Window
from training.fitting.calibration import probabilities_of
from training.fitting.fitted_model import FittedModel
from training.policy.costs import APPROVE, BLOCK, decisions

CLEAR: Final = 0.01
"""Least distance in log-odds to a cutoff: thousands of times the rounding error of float32."""

PAYER: Final = "CPAYER"
PAYEE: Final = "CPAYEE"
MERCHANT: Final = f"{MERCHANT_PREFIX}PAYEE"
"""Placeholders, because a model must not contain real account ids."""


class DecidedRows:
    """Rows with a model's decisions, and whether each is clear of the policy's cutoffs."""

    def __init__(self, fitted: FittedModel, rows: Rows) -> None:
        scored = fitted.score(rows)

        def decided(shift: float) -> np.ndarray:
            shifted = probabilities_of(scored.margins + shift, fitted.calibration)
            return decisions(shifted, rows.amounts, fitted.policy)

        self.rows, self.probabilities = rows, scored.probabilities
        self.decided = decisions(self.probabilities, rows.amounts, fitted.policy)
        self.is_clear = (decided(-CLEAR) == self.decided) & (decided(CLEAR) == self.decided)
        self.is_flagged = self.probabilities >= (
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
        if not found.size:
            return None
        order = np.lexsort((found, self.rows.steps[found], rank[found]))
        return self._example(int(found[order[-1]]))

    def _example(self, index: int) -> Example:
        row = self.rows.record(index)
        is_merchant = row["nameDest"].startswith(MERCHANT_PREFIX)
        payment = Transaction(
            type=TransactionType(row["type"]),
            amount=float(row["amount"]),
            hour=int(hour_of_step(row["step"])),
            origin=PAYER,
            destination=MERCHANT if is_merchant else PAYEE,
            origin_balance=float(row["oldbalanceOrg"]),
        )
        decision = list(Decision)[self.decided[index]]
        return Example(payment, float(self.probabilities[index]), decision)


def find_examples(fitted: FittedModel, rows: Rows, latest: Window) -> Examples:
    """Find a payment that the model stops and one that it approves, away from the policy's cutoffs.

    Parameters
    ----------
    fitted : FittedModel
    rows : Rows
    latest : Window
        Searched first; all the data is searched if it holds no such payment.
    """
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
