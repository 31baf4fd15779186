"""Shortcuts in the data: simple rules that flatter a model and say nothing about its skill."""

import numpy as np

from fraud_api_lambda.features.balance import HALF_A_CENT
from training.analysis.findings import Finding, warning
from training.data.rows import Rows

MOSTLY = 0.8
HARDLY = 0.02
MOST_NAMED = 4


def shortcuts(rows: Rows) -> list[Finding]:
    """Warn of each shortcut in the data."""
    return [finding for finding in (_emptied(rows), _night(rows)) if finding]


def _emptied(rows: Rows) -> Finding | None:
    """Warn if frauds empty the account, and genuine payments of the same peer groups do not."""
    roles = rows.dataset.schema.roles
    if roles.balance is None:
        return None
    balances = np.asarray(rows.facts.balance)
    emptied = (balances > 0) & (np.abs(rows.amounts - balances) <= HALF_A_CENT)
    is_peer, named = _peers_of_frauds(rows)
    genuine = is_peer & ~rows.is_fraud
    if not genuine.any():
        return None
    of_frauds = np.average(emptied[rows.is_fraud], weights=rows.weights[rows.is_fraud])
    of_genuine = np.average(emptied[genuine], weights=rows.weights[genuine])
    if of_frauds < MOSTLY or of_genuine > HARDLY:
        return None
    return warning(
        "emptied-accounts",
        "Shortcut in the data",
        f"{roles.amount} == {roles.balance} holds for {of_frauds:.1%} of frauds and "
        f"{of_genuine:.1%} of genuine {named}rows, so decision-time can score near 1.0 by "
        "memorising it: an artefact of how the data was made, not skill.",
    )


def _peers_of_frauds(rows: Rows) -> tuple[np.ndarray, str]:
    """The rows in peer groups with frauds, shape (n_transactions,), and the groups' names."""
    peers = rows.peers
    if peers is None:
        return np.ones(len(rows), dtype=bool), ""
    groups = sorted(set(peers[rows.is_fraud].dropna()))
    named = f"{' and '.join(groups)} " if len(groups) <= MOST_NAMED else ""
    return np.asarray(peers.isin(groups)), named


def _night(rows: Rows) -> Finding | None:
    roles = rows.dataset.schema.roles
    if not roles.time.has_hours:
        return None
    night = np.asarray(rows.facts.hour) < 6
    of_frauds = np.average(night[rows.is_fraud], weights=rows.weights[rows.is_fraud])
    of_genuine = np.average(night[~rows.is_fraud], weights=rows.weights[~rows.is_fraud])
    if rows.steps.max() - rows.steps.min() < 24 or of_frauds < 5 * of_genuine:
        return None
    with_hour = "decision-time" if roles.balance is None else "strict+hour"
    return warning(
        "night",
        "Shortcut in the data",
        f"{of_frauds:.1%} of frauds but {of_genuine:.1%} of genuine rows happen between midnight "
        f"and 06:00, so {with_hour} owes much of its skill to the hour: an artefact of this data.",
    )
