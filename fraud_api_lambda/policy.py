"""What to do about a payment, given how likely fraud is. Pure."""

from fraud_api_lambda.transaction import Decision


def decide(fraud_probability: float, threshold: float) -> Decision:
    """Block when the probability reaches the threshold (inclusive), else approve."""
    return Decision.BLOCK if fraud_probability >= threshold else Decision.APPROVE
