"""The OpenAPI document of an API with a memory, and whether the app does what it says."""

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import settings
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.openapi import document
from tests.api.test_schemathesis import CONFIG, behind_a_gateway, check
from tests.records.support import Memory, Provider, model_of

LAST_S: Final = 253_402_300_799.0
"""The end of the year 9999: no schema can say what an hour ahead is."""

MEMORY = Memory(now=lambda: LAST_S + 86_400)
APP = create_app(Provider(model_of(None)), docs=True, service=MEMORY.service)
DOCUMENT = document(APP, model_of(None).scorer.bundle)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", behind_a_gateway(APP), config=CONFIG)


def responses(path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][path][method]["responses"]
    return found


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_a_reused_id_is_written() -> None:
    (content,) = responses("/predict", "post")["422"]["content"].values()

    assert content["examples"].keys() == {"invalid-value", "transaction-id-reused"}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/predict", "post"),
        ("/predictions/{prediction_id}", "get"),
        ("/outcomes", "post"),
        ("/reviews", "get"),
        ("/reviews/{prediction_id}", "get"),
        ("/reviews/{prediction_id}", "post"),
    ],
)
def test_examples_are_true_to_their_schemas(path: str, method: str) -> None:
    for response in responses(path, method).values():
        for content in response["content"].values():
            schema = {**content["schema"], "components": DOCUMENT["components"]}
            for example in content.get("examples", {}).values():
                assert not list(Draft202012Validator(schema).iter_errors(example["value"]))


def test_every_status_of_a_prediction_is_written() -> None:
    statuses = responses("/predictions/{prediction_id}", "get").keys()

    assert statuses == {"200", "403", "404", "422", "429", "500", "503"}


@SCHEMA.include(path_regex="/(predict|outcomes|reviews)").parametrize()
@settings(max_examples=15)
def test_the_app_does_what_its_document_says(case: schemathesis.Case[Any]) -> None:
    MEMORY.table.items.clear()  # no schema can say which ids are taken
    check(case)
