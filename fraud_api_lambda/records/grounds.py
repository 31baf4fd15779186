"""The grounds of a review: what an analyst sees beside the answer. Pure."""

import json
from typing import Final

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.payment import Payment


def grounds(scorer: Scorer, payment: Payment) -> str:
    """The grounds as JSON.

    The expected loss if the payment is approved, the explanation of its score, the currency with
    its decimals, and the names of the accounts.
    """
    bundle = scorer.bundle
    assessed = scorer.assess(payment, explain=True)
    explanation, costs = assessed.explanation, assessed.expected_costs
    if explanation is None or costs is None:
        raise ValueError("an assessment without an explanation")
    return _json(
        {
            "expected_loss": costs.approve,
            "currency": bundle.policy.currency,
            "decimals": bundle.plan.schema.decimals,
            "accounts": list(accounts_of(bundle.plan.schema)),
            "explanation": {
                "base_value": explanation.base_value,
                "margin": explanation.margin,
                "contributions": explanation.contributions,
            },
        }
    )


_json: Final = json.JSONEncoder(separators=(",", ":")).encode
