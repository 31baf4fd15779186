"""The words for a feature, for people who do not know the names of the booster. Pure."""

from typing import Final

from fraud_api_lambda.decisions.reason_texts import value_in_words, words_of
from fraud_api_lambda.domain.accounts import PAYEE, PAYER, RECEIVED
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.account_history import NEW_PARTNER
from fraud_api_lambda.features.feature import Feature, Measure

ROLES: Final = {
    "amount": "Amount",
    "hour": "Hour of day",
    "balance": "Balance before",
    "share_leaving": "Share sent",
    "emptied": "Empties account",
    "nearly_emptied": "Nearly empties",
    "exceeds_balance": "Exceeds balance",
    "balance_zero": "Balance is 0",
}
"""The words for the features of roles; the demo has the same."""

ACCOUNTS: Final = {PAYER: "Payer", PAYEE: "Payee", RECEIVED: "Payer's receipts"}

NUMBERS: Final = {
    "count_24h": "payments in 24 hours",
    "count_30d": "payments in 30 days",
    "mean_24h": "mean amount in 24 hours",
    "amount_ratio_7d": "amount against mean of 7 days",
    "amount_ratio_30d": "amount against mean of 30 days",
    "since_last_s": "time since the last payment",
    "fraud_share_7d": "known frauds in 7 days",
    "fraud_share_30d": "known frauds in 30 days",
}
"""The words for the numbers of an account's history."""

NEW_PARTNERS: Final = {
    PAYER: "first payment to this payee",
    PAYEE: "first payment from this payer",
}
"""The words for a pair that has not met; of an entity, the number's own name."""


def feature_words(feature: Feature, schema: Schema) -> str:
    """The words for a feature, such as "Payer: payments in 24 hours"."""
    words = _of_attribute(feature, schema) if feature.attribute else _of_payment(feature)
    return f"{words[:1].upper()}{words[1:]}"


def _of_payment(feature: Feature) -> str:
    """The words for a feature of a role, or of an account's history."""
    if feature.measure is not Measure.HISTORY:
        return ROLES.get(feature.name, feature.name)
    account, number = feature.account, feature.number
    told = NEW_PARTNERS.get(account) if number == NEW_PARTNER else NUMBERS.get(number)
    return f"{ACCOUNTS.get(account) or value_in_words(account)}: {told or value_in_words(number)}"


def _of_attribute(feature: Feature, schema: Schema) -> str:
    """The words for a feature that is made of an attribute."""
    words = _words(feature.attribute, schema)
    match feature.measure:
        case Measure.LEVEL:
            return f"{words}: {value_in_words(feature.level)}"
        case Measure.RATE:
            return f"{words}, by its fraud rate"
        case Measure.DISTANCE:
            return f"distance, {words} to {_words(feature.other, schema)}"
        case Measure.COORDINATE:
            return f"{words}, {feature.name.rpartition('_')[2]}"
    return words


def _words(name: str, schema: Schema) -> str:
    attribute = schema.attributes[name]
    is_kind_of_payee = attribute.prefix is not None and attribute.label
    return f"payee is {words_of(attribute)}" if is_kind_of_payee else words_of(attribute)
