"""Payments that are watched, as columns: their numbers, answers and accounts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from fraud_api_lambda.domain.accounts import PAYER
from training.watch.clusters import design_effect, effective, ratio_effect
from training.watch.distributions import Counted
from training.watch.histograms import Bins, Histogram
from training.watch.measured import Subject

SCORE: Final = "score"
"""The name of the log-odds of the fraud probability among the watched numbers."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Payments as columns of shape (n_payments,).

    Attributes
    ----------
    values : dict of ndarray
        The watched numbers by subject; NaN is missing.
    unseen : dict of ndarray
        For each open category, whether the model does not know the value.
    probabilities : ndarray
        As answered.
    decided : ndarray of int
        0 to approve, 1 to review, 2 to block.
    weights : ndarray
    accounts : dict of ndarray of int
        By name of a history: the number of the account, from 0 without gaps.
    """

    values: Mapping[str, np.ndarray]
    unseen: Mapping[str, np.ndarray]
    probabilities: np.ndarray
    decided: np.ndarray
    weights: np.ndarray
    accounts: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        """The number of payments."""
        return len(self.weights)

    def __getitem__(self, chosen: np.ndarray) -> "Sample":
        """Select payments by a mask or by positions."""
        return Sample(
            values={name: column[chosen] for name, column in self.values.items()},
            unseen={name: column[chosen] for name, column in self.unseen.items()},
            probabilities=self.probabilities[chosen],
            decided=self.decided[chosen],
            weights=self.weights[chosen],
            accounts={name: numbered(column[chosen]) for name, column in self.accounts.items()},
        )

    def column(self, name: str) -> np.ndarray:
        """A watched number, or the log-odds of the answers."""
        if name != SCORE:
            return self.values[name]
        log_odds: np.ndarray = np.log(self.probabilities) - np.log1p(-self.probabilities)
        return log_odds

    def clusters(self, account: str = "") -> np.ndarray:
        """The account of each payment; the payer, unless another one is named."""
        found = self.accounts.get(account or PAYER)
        return np.arange(len(self)) if found is None else found

    def histogram(self, subject: Subject, bins: Bins) -> Histogram:
        """Count a watched number in bins."""
        values = self.column(subject.name)
        return Histogram.of(values, self.weights, self.clusters(subject.account), bins)

    def bins(self, subject: Subject) -> Bins:
        """Choose the bins of a watched number."""
        return Bins.of(self.column(subject.name), self.weights, tail=subject.name == SCORE)

    def counted(self, chosen: np.ndarray) -> Counted:
        """An effective count of payments; those of one payer resemble each other."""
        number = chosen.astype(int)
        effect = design_effect(number, 2, self.weights, self.clusters())
        n = effective(self.weights) / effect
        return Counted(n * _mean(chosen, self.weights), n, effect)

    def counted_in_bursts(self, amounts: np.ndarray) -> Counted:
        """An effective count of amounts between 0 and 1 that come in bursts, as frauds do."""
        return counted_in_bursts(amounts, self.weights, self.accounts)

    def burst(self, deviations: np.ndarray) -> float:
        """The largest design effect among the accounts of payments."""
        return _burst(self.weights * deviations, self.accounts)


SCORE_SUBJECT: Final = Subject(SCORE, "Fraud probability")


def counted_in_bursts(
    amounts: np.ndarray, weights: np.ndarray, accounts: Mapping[str, np.ndarray]
) -> Counted:
    """An effective count of amounts between 0 and 1, which come in bursts at any kind of account.

    Parameters
    ----------
    amounts, weights : ndarray of shape (n_payments,)
    accounts : dict of ndarray of shape (n_payments,)
        As of `Sample`.
    """
    mean = _mean(amounts, weights)
    effect = _burst(weights * (amounts - mean), accounts)
    n = effective(weights) / effect
    return Counted(n * mean, n, effect)


def _burst(deviations: np.ndarray, accounts: Mapping[str, np.ndarray]) -> float:
    return max((ratio_effect(deviations, each) for each in accounts.values()), default=1.0)


def numbered(ids: np.ndarray | Sequence[str]) -> np.ndarray:
    """Numbers from 0 without gaps, equal for equal ids."""
    found: np.ndarray = np.unique(np.asarray(ids), return_inverse=True)[1]
    return found


def _mean(amounts: np.ndarray, weights: np.ndarray) -> float:
    return float(np.average(amounts, weights=weights)) if len(weights) else 0.0
