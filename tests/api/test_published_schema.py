"""Real answers of many kinds keep to the schema that is published."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.payment import MAX_AMOUNT
from tests.api import snapshot, support
from tests.api.support import client_of
from tests.bundles import priced
from tests.transactions import TYPES

DOCUMENT = snapshot.paysim_document()

MONEY = (0.0, 1e-300, 0.01, 500.0, 950.0, 1_000.0, 5_000.0, MAX_AMOUNT)
PAYMENTS = [
    support.payment(
        type=kind,
        amount=amount,
        oldbalanceOrg=balance,
        nameDest="M1" if index % 3 else "C2",
        step=1 + index % 24,
        **({"transaction_id": "t-1"} if index % 2 else {}),
    )
    for index, (kind, amount, balance) in enumerate(product(TYPES, MONEY, MONEY))
]
"""320 payments."""

COSTS: dict[str, dict[str, float]] = {
    "usual": {},
    "approves all": {"block_fixed": 1e9},
    "blocks all": {"fraud_fixed": 1e15},
    "reviews": {"review_cost": 0.01, "review_catches": 0.9, "fraud_share": 0.1},
}
THRESHOLDS = {"approves all": 0.0, "blocks all": 1.0}

QUERIES = ("", "?explain=true")
DECISIONS = {"approve", "review", "block"}


def validator(path: str) -> Draft202012Validator:
    """The published schema of the answers of a route."""
    responses = DOCUMENT["paths"][path]["post"]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": DOCUMENT["components"]})


@pytest.fixture(scope="module")
def clients(scorer: Scorer) -> dict[str, TestClient]:
    """A client of the same model by each policy."""
    by_policy = {}
    for name, costs in COSTS.items():
        policy = priced(scorer.bundle.policy, **costs)
        threshold = THRESHOLDS.get(name, scorer.bundle.threshold)
        bundle = replace(scorer.bundle, policy=policy, threshold=threshold)
        by_policy[name] = client_of(Scorer(bundle))
    return by_policy


@pytest.fixture(scope="module")
def batches(clients: dict[str, TestClient]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The bodies of the answers in batches, by policy and query."""
    return {
        (name, query): [
            client.post(
                f"/predict/batch{query}", json={"transactions": PAYMENTS[first : first + 100]}
            ).json()
            for first in range(0, len(PAYMENTS), 100)
        ]
        for name, client in clients.items()
        for query in QUERIES
    }


def results(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of batches, without their ids."""
    return [answer | {"prediction_id": ""} for body in bodies for answer in body["results"]]


def test_batches_keep_the_published_schema(
    batches: dict[tuple[str, str], list[dict[str, Any]]],
) -> None:
    of_batches = validator("/predict/batch")

    for bodies in batches.values():
        for body in bodies:
            of_batches.validate(body)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("policy", COSTS)
def test_single_answers_keep_the_published_schema_and_are_those_of_a_batch(
    clients: dict[str, TestClient],
    batches: dict[tuple[str, str], list[dict[str, Any]]],
    policy: str,
    query: str,
) -> None:
    of_answers = validator("/predict")
    in_batch = results(batches[policy, query])

    for payment, expected in list(zip(PAYMENTS, in_batch, strict=True))[::7]:
        answer = clients[policy].post(f"/predict{query}", json=payment).json()
        of_answers.validate(answer)
        assert answer | {"prediction_id": ""} == expected


@pytest.mark.parametrize("policy", COSTS)
def test_to_explain_adds_explanation_and_costs_and_changes_nothing_else(
    batches: dict[tuple[str, str], list[dict[str, Any]]], policy: str
) -> None:
    plain, explained = (results(batches[policy, query]) for query in QUERIES)

    assert all(answer.pop("explanation")["contributions"] for answer in explained)
    assert all(answer.pop("expected_costs").keys() == DECISIONS for answer in explained)
    assert explained == plain


def test_these_answers_have_every_decision_and_the_reasons_of_the_policy(
    batches: dict[tuple[str, str], list[dict[str, Any]]],
) -> None:
    answers = [answer for bodies in batches.values() for answer in results(bodies)]

    assert {answer["decision"] for answer in answers} == DECISIONS
    codes = {reason["code"] for answer in answers for reason in answer["reasons"]}
    assert codes >= {"LOW_EXPECTED_LOSS", "HIGH_EXPECTED_LOSS", "EMPTIES_ACCOUNT"}
