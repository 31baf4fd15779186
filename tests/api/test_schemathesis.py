"""Schemathesis asks what the OpenAPI document allows, and what not, by all of its checks."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from starlette.types import ASGIApp

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.problem_kinds import NO_KEY
from fraud_api_lambda.web.problems import respond
from tests.api.cards import cards_bundle
from tests.api.support import BUNDLE
from tests.fakes import ReadyProvider

load_all_checks()
(negative_data_rejection,) = CHECKS.get_by_names(["negative_data_rejection"])
(positive_data_acceptance,) = CHECKS.get_by_names(["positive_data_acceptance"])
KEY = "example-key"
OPEN = ("/health", "/openapi.json")


def behind_a_gateway(app: ASGIApp) -> ASGIApp:
    """The app as callers meet it: API Gateway asks for the key, the app itself never does."""

    async def gateway(scope: Any, receive: Any, send: Any) -> None:
        asked = app
        if scope["path"] not in OPEN and (b"x-api-key", KEY.encode()) not in scope["headers"]:
            asked = respond(NO_KEY, "of-the-gateway")
        await asked(scope, receive, send)

    return gateway


def check(case: schemathesis.Case[Any]) -> None:
    """Ask, and look at the answer by every check that applies to it."""
    sent = {"x-api-key": KEY}
    response = case.call(headers=sent)
    # A batch is answered though a payment in it is refused: that refusal is the rejection.
    excluded: list[Any] = [negative_data_rejection] if refused_in_a_batch(case, response) else []
    if of_no_answer_before(response):
        excluded.append(positive_data_acceptance)
    case.validate_response(response, headers=sent, excluded_checks=excluded)


def refused_in_a_batch(case: schemathesis.Case[Any], response: schemathesis.Response) -> bool:
    return (
        case.path in ("/predict/batch", "/outcomes")
        and response.status_code == 200
        and any("problem" in result for result in response.json()["results"])
    )


def of_no_answer_before(response: schemathesis.Response) -> bool:
    """Whether a cursor is refused: no schema can say which ones there are."""
    return response.status_code == 422 and [
        fault["pointer"] for fault in response.json()["errors"]
    ] == ["#/query/after"]


# We send the key ourselves, so a case that is wrong for want of it would not be wrong.
CONFIG = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})


def schema_of(bundle: Bundle) -> BaseSchema:
    """The document of an app that serves a bundle."""
    app = create_app(ReadyProvider(Scorer.from_bundle(bundle)), docs=True)
    return schemathesis.openapi.from_asgi("/openapi.json", behind_a_gateway(app), config=CONFIG)


paysim = schema_of(BUNDLE)
cards = schema_of(cards_bundle()).include(path_regex="/predict")
OFTEN = settings(max_examples=2_000, suppress_health_check=[HealthCheck.too_slow])


@paysim.parametrize()
@settings(max_examples=60)
def test_the_app_does_what_its_document_says(case: schemathesis.Case[Any]) -> None:
    check(case)


@cards.parametrize()
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_the_app_does_the_same_with_other_columns(case: schemathesis.Case[Any]) -> None:
    check(case)


@pytest.mark.soak
@paysim.parametrize()
@OFTEN
def test_the_app_does_what_its_document_says_thousands_of_times(
    case: schemathesis.Case[Any],
) -> None:
    check(case)


@pytest.mark.soak
@cards.parametrize()
@OFTEN
def test_the_app_does_the_same_with_other_columns_thousands_of_times(
    case: schemathesis.Case[Any],
) -> None:
    check(case)
