"""The decision follows the threshold, inclusive."""

import pytest

from fraud_api_lambda.policy import decide
from fraud_api_lambda.transaction import Decision


@pytest.mark.parametrize(
    ("probability", "decision"),
    [(0.29, Decision.APPROVE), (0.3, Decision.BLOCK), (0.31, Decision.BLOCK)],
)
def test_a_probability_equal_to_the_threshold_is_blocked(
    probability: float, decision: Decision
) -> None:
    assert decide(probability, 0.3) is decision
