"""Shortcuts in the data that flatter a model, said in plain words wherever its figures appear."""

import numpy as np

from training.data.matrix import feature_matrix
from training.data.rows import Data

MOSTLY = 0.8
HARDLY = 0.02


def artefacts(data: Data) -> list[str]:
    """One sentence for each shortcut found; empty for data that cannot be solved that way."""
    return [sentence for sentence in (_emptied(data), _sleepless(data)) if sentence]


def _emptied(data: Data) -> str | None:
    emptied = feature_matrix(data.facts, ["emptied"])[:, 0] == 1
    payout = (data.facts.type == "TRANSFER") | (data.facts.type == "CASH_OUT")
    genuine = payout & ~data.is_fraud
    if not genuine.any():
        return None
    of_frauds = np.average(emptied[data.is_fraud], weights=data.weights[data.is_fraud])
    of_genuine = np.average(emptied[genuine], weights=data.weights[genuine])
    if of_frauds < MOSTLY or of_genuine > HARDLY:
        return None
    return (
        f"In this data amount == oldbalanceOrg holds for {of_frauds:.1%} of frauds and "
        f"{of_genuine:.1%} of genuine TRANSFER and CASH_OUT rows, so decision-time can score near "
        "1.0 by memorising it: an artefact of how the data was made, not skill."
    )


def _sleepless(data: Data) -> str | None:
    night = np.asarray(data.facts.hour) < 6
    of_frauds = np.average(night[data.is_fraud], weights=data.weights[data.is_fraud])
    of_genuine = np.average(night[~data.is_fraud], weights=data.weights[~data.is_fraud])
    if data.steps.max() - data.steps.min() < 24 or of_frauds < 5 * of_genuine:
        return None
    return (
        f"{of_frauds:.1%} of frauds but {of_genuine:.1%} of genuine rows happen between midnight "
        "and six: hour alone buys a large part of strict+hour, an artefact of this data."
    )
