"""Default costs of decisions, unless a policy file gives others."""

from typing import Final

from fraud_api_lambda.domain.schema import Schema

NO_CURRENCY: Final = "the data's currency"

MEDIAN_MULTIPLES: Final = {
    "fraud_fixed": 0.05,
    "review_cost": 0.02,
    "review_friction": 0.005,
    "block_fixed": 0.05,
}
"""Defaults that are multiples of the median genuine amount."""

OTHER_DEFAULTS: Final = {
    "fraud_share": 1.0,
    "review_catches": 0.8,
    "block_share": 0.05,
    "reviews_per_thousand": 2.0,
}


def currency_of(schema: Schema) -> str:
    """The currency of amounts, in words if the schema names none."""
    return schema.currency or NO_CURRENCY
