"""Features have words for people: those of the schema, and for roles those of the demo."""

import ast
from pathlib import Path

import pytest

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.features.account_history import NUMBERS, AccountHistory
from fraud_api_lambda.features.feature import Feature, Measure
from training.analysis.feature_words import ROLES, feature_words
from training.schemas.built_in import built_in

DEMO = Path(__file__).parents[3] / "demo" / "console" / "words.py"
CARDS, PAYSIM = built_in("cards"), built_in("paysim")


def test_the_demo_has_the_same_words_for_roles() -> None:
    found = [
        ast.literal_eval(node.value)
        for node in ast.parse(DEMO.read_text()).body
        if isinstance(node, ast.AnnAssign) and node.value and ast.unparse(node.target) == "FEATURES"
    ]

    assert found == [ROLES]


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (Feature("share_leaving", Measure.SHARE), "Share sent"),
        (Feature("country_NL", Measure.LEVEL, "country", "NL"), "Country of the merchant: NL"),
        (Feature("category_rate", Measure.RATE, "category"), "Category, by its fraud rate"),
        (Feature("device_is_known", Measure.FLAG, "device_is_known"), "Device seen before"),
        (
            Feature("home_shop_km", Measure.DISTANCE, "home", other="shop"),
            "Distance, home to shop",
        ),
        (Feature("shop_latitude", Measure.COORDINATE, "shop"), "Shop, latitude"),
        (
            Feature("x", Measure.HISTORY, account="device", number="count_24h"),
            "Device: payments in 24 hours",
        ),
        (
            Feature("x", Measure.HISTORY, account="received", number="mean_24h"),
            "Payer's receipts: mean amount in 24 hours",
        ),
        (
            Feature("x", Measure.HISTORY, account="payer", number="new_partner"),
            "Payer: first payment to this payee",
        ),
    ],
)
def test_a_feature_has_words(feature: Feature, words: str) -> None:
    assert feature_words(feature, CARDS) == words


def test_a_kind_of_payee_and_a_shouted_value_are_words_too() -> None:
    merchant = Feature("payee_is_merchant", Measure.FLAG, "payee_is_merchant")
    transfer = Feature("type_TRANSFER", Measure.LEVEL, "type", "TRANSFER")

    assert feature_words(merchant, PAYSIM) == "Payee is a merchant"
    assert feature_words(transfer, PAYSIM) == "Type: transfer"


def test_every_number_of_every_history_has_words_of_its_own() -> None:
    for schema in (CARDS, PAYSIM):
        words = [
            feature_words(feature, schema)
            for name in accounts_of(schema)
            for feature in AccountHistory(0, 0, name, 0, 100.0, has_partners=True).features
        ]

        assert len(set(words)) == len(words) == len(NUMBERS) * len(accounts_of(schema))
        assert not [each for each in words if "_" in each]
