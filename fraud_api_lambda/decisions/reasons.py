"""Reasons: contributions of features as observations, from a closed list of codes. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fraud_api_lambda.decisions import history_observations
from fraud_api_lambda.decisions.observations import RISKY_TYPE, Observed
from fraud_api_lambda.domain.assessment import Reason
from fraud_api_lambda.features.feature import Feature

CODES: Final = (
    "EMPTIES_ACCOUNT",
    "SHARE_OF_BALANCE",
    "EXCEEDS_BALANCE",
    "NO_BALANCE",
    "LARGE_AMOUNT",
    "UNUSUALLY_SMALL_AMOUNT",
    "UNUSUAL_HOUR",
    "PAYEE_KIND",
    "HIGH_BALANCE_AT_RISK",
    "RISKY_VALUE",
    "UNUSUAL_VALUE",
    "FAR_AWAY",
    *history_observations.CODES,
    RISKY_TYPE,
    "LOW_EXPECTED_LOSS",
    "HIGH_EXPECTED_LOSS",
)
"""Every code, in the order that breaks ties; the last two are reasons of the policy."""

MAX_REASONS: Final = 3

OF_AN_ATTRIBUTE: Final = frozenset({"PAYEE_KIND", "RISKY_VALUE", "UNUSUAL_VALUE"})
"""Each attribute with such a code is a reason of its own."""


class Candidate(NamedTuple):
    """A possible reason, and the row with the reason's features set to their typical values."""

    reason: Reason
    as_usual: list[float]


def candidates(
    observed: Observed,
    features: Sequence[Feature],
    row: Sequence[float],
    contributions: Sequence[float],
) -> list[Candidate]:
    """Find the groups of features that together raised the log-odds, largest contribution first.

    A group is the features with the same code of the same account and, if the code is
    `OF_AN_ATTRIBUTE`, of the same attribute. A feature without an observation, such as an amount
    that equals the usual one, is in no group.

    Parameters
    ----------
    observed : Observed
    features, row, contributions : sequence of shape (n_features,)
        Features, their values, and their contributions to the log-odds.
    """
    groups: dict[tuple[str, str], list[int]] = {}
    for index, feature in enumerate(features):
        code = observed.code(feature, row[index])
        if code is not None:
            apart = feature.attribute if code in OF_AN_ATTRIBUTE else feature.account
            groups.setdefault((code, apart), []).append(index)
    possible = []
    for (code, _), members in groups.items():
        total = sum(contributions[index] for index in members)
        if total > 0:
            top = max(members, key=lambda index: contributions[index])
            text = observed.text(code, features[top], row[top])
            as_usual = list(row)
            for index in members:
                as_usual[index] = observed.usual[features[index].name]
            reason = Reason(code, features[top].name, float(row[top]), total, text)
            possible.append(Candidate(reason, as_usual))
    possible.sort(key=lambda candidate: _rank(candidate.reason))
    return possible


def choose(
    possible: Sequence[Candidate], margin: float, margins_as_usual: Sequence[float]
) -> tuple[Reason, ...]:
    """Choose up to three reasons that hold on their own, by contribution, with the type last.

    A contribution compares a payment with every payment that the model has seen; a reader takes it
    as a comparison with payments of the same type. So a candidate counts only if the log-odds would
    be lower with its features at their typical values for genuine payments of the type. The type
    itself has no typical value. It comes last, because it says least about this payment.

    Parameters
    ----------
    possible : sequence of Candidate, shape (n_candidates,)
        By contribution, the largest first.
    margin : float
        The payment's log-odds.
    margins_as_usual : sequence of shape (n_candidates,)
        The log-odds of each candidate's `as_usual`.
    """
    reasons = [
        candidate.reason
        for candidate, as_usual in zip(possible, margins_as_usual, strict=True)
        if candidate.reason.code == RISKY_TYPE or as_usual < margin
    ]
    top = reasons[:MAX_REASONS]
    return tuple(sorted(top, key=lambda reason: reason.code == RISKY_TYPE))


def low_expected_loss(amount: float) -> Reason:
    """Make the reason why the policy approves a payment that the threshold calls fraud."""
    text = "Stopping this payment is expected to save nothing."
    return Reason("LOW_EXPECTED_LOSS", "amount", amount, 0.0, text)


def high_expected_loss(amount: float) -> Reason:
    """Make the reason why the policy stops a payment for which no other reason holds."""
    text = "Letting this payment pass is expected to cost more than stopping it."
    return Reason("HIGH_EXPECTED_LOSS", "amount", amount, 0.0, text)


def _rank(reason: Reason) -> tuple[float, int]:
    return -reason.contribution, CODES.index(reason.code)
