"""Shortcuts in the data: simple rules that flatter a model and say nothing about its skill."""

import numpy as np

from training.analysis.findings import Finding, warning
from training.data.matrix import feature_matrix
from training.data.rows import Rows

MOSTLY = 0.8
HARDLY = 0.02


def shortcuts(rows: Rows) -> list[Finding]:
    """Warn of each shortcut in the data."""
    return [finding for finding in (_emptied(rows), _night(rows)) if finding]


def _emptied(rows: Rows) -> Finding | None:
    emptied = feature_matrix(rows.facts, ["emptied"])[:, 0] == 1
    payout = (rows.facts.type == "TRANSFER") | (rows.facts.type == "CASH_OUT")
    genuine = payout & ~rows.is_fraud
    if not genuine.any():
        return None
    of_frauds = np.average(emptied[rows.is_fraud], weights=rows.weights[rows.is_fraud])
    of_genuine = np.average(emptied[genuine], weights=rows.weights[genuine])
    if of_frauds < MOSTLY or of_genuine > HARDLY:
        return None
    return warning(
        "emptied-accounts",
        "Shortcut in the data",
        f"amount == oldbalanceOrg holds for {of_frauds:.1%} of frauds and {of_genuine:.1%} of "
        "genuine TRANSFER and CASH_OUT rows, so decision-time can score near 1.0 by memorising "
        "it: an artefact of how the data was made, not skill.",
    )


def _night(rows: Rows) -> Finding | None:
    night = np.asarray(rows.facts.hour) < 6
    of_frauds = np.average(night[rows.is_fraud], weights=rows.weights[rows.is_fraud])
    of_genuine = np.average(night[~rows.is_fraud], weights=rows.weights[~rows.is_fraud])
    if rows.steps.max() - rows.steps.min() < 24 or of_frauds < 5 * of_genuine:
        return None
    return warning(
        "night",
        "Shortcut in the data",
        f"{of_frauds:.1%} of frauds but {of_genuine:.1%} of genuine rows happen between midnight "
        "and 06:00, so strict+hour owes much of its skill to the hour: an artefact of this data.",
    )
