"""Additions to FastAPI's OpenAPI document: payments, problems, API key, examples."""

from itertools import groupby
from operator import attrgetter
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.web.answers import ProblemOut
from fraud_api_lambda.web.model_answers import ModelOut
from fraud_api_lambda.web.problem_kinds import (
    INTERNAL,
    INVALID_VALUE,
    MALFORMED_JSON,
    MEMORY_UNAVAILABLE,
    MODEL_UNAVAILABLE,
    NO_KEY,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    TRANSACTION_ID_REUSED,
    UNSUPPORTED_ENCODING,
    UNSUPPORTED_MEDIA_TYPE,
    Kind,
)
from fraud_api_lambda.web.problems import MEDIA_TYPE, problem
from fraud_api_lambda.wire import json_schemas

WITH_BODY: Final = (
    MALFORMED_JSON,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    UNSUPPORTED_ENCODING,
    INVALID_VALUE,
)
WITH_MODEL: Final = (NO_KEY, TOO_MANY_REQUESTS, MODEL_UNAVAILABLE, INTERNAL)
WITH_TABLE: Final = (NO_KEY, TOO_MANY_REQUESTS, MEMORY_UNAVAILABLE, INTERNAL)

DESCRIPTION: Final = (
    "Scores a payment before the money moves: fraud probability, decision and reasons. "
    "Errors follow RFC 9457. Each response carries X-Request-Id, set by the service; a value in "
    "the request is ignored. Call the API from your servers: in a browser the key would be public, "
    "so there is no CORS."
)

SERVERS: Final[list[JsonObject]] = [
    {
        "url": "{address}",
        "description": "Your deployment.",
        "variables": {
            "address": {
                "default": "http://127.0.0.1:8000",
                "description": "The stack's output ApiUrl, your own domain, or the address that "
                "`make run` prints.",
            }
        },
    },
    {"url": "/", "description": "The host that serves this document."},
]

SCORING: Final = "scoring"
SERVICE: Final = "service"
TAGS: Final = [
    {"name": SCORING, "description": "Score payments before the money moves."},
    {"name": SERVICE, "description": "Describe the model in service, and check the process."},
]

PARAMETERS: Final[JsonObject] = {
    "parameters": [
        {
            "name": "explain",
            "in": "query",
            "required": False,
            "description": "Add `explanation` and `expected_costs` to each answer.",
            "schema": {"type": "boolean", "default": False, "title": "Explain"},
        },
        {
            "name": "record",
            "in": "query",
            "required": False,
            "description": "false: answer with the histories of the accounts, but write nothing. "
            "An API without a memory never writes.",
            "schema": {"type": "boolean", "default": True, "title": "Record"},
        },
    ]
}
"""The query parameters; the routes read them themselves."""

REQUEST_ID: Final = "7c1f8a52-8d0e-4b7e-9d6b-0f5a3c2e1d4b"

ANSWER: Final[JsonObject] = {
    "prediction_id": "0a4b2c9e-6f1d-4c57-8b3a-5d2e7f9c1a60",
    "transaction_id": "payment-1001",  # FastAPI leaves null out of the document
    "is_fraud": True,
    "fraud_probability": 0.62,
    "threshold": 0.04,
    "decision": "block",
    "reasons": [
        {
            "code": "LARGE_AMOUNT",
            "feature": "amount",
            "value": 1300000.0,
            "contribution": 3.1,
            "text": "The amount is larger than usual for payments.",
        }
    ],
    "model_version": "0123456789abcdef",
    "degraded": [],
}

PREDICTION: Final[JsonObject] = {
    "prediction_id": ANSWER["prediction_id"],
    "time": "2026-11-24T03:00:00.120Z",
    "answer": ANSWER,
    "facts": {"type": "PAYMENT", "amount": 1300000.0},
}

MODEL: Final[JsonObject] = {
    "version": "0123456789abcdef",
    "threshold": 0.04,
    "calibration": {"method": "platt", "slope": 0.93, "intercept": -0.11},
    "policy": {"currency": "EUR", "fraud_fixed": 3.5, "fraud_share": 1.0, "review_cost": 1.4},
    "trained_on": {"rows": 200000, "frauds": 260},
    "metrics": {"average_precision": 0.49},
}
"""An example but for the parts that follow from a schema."""

EXAMPLE_ANSWERS: Final[JsonObject] = {
    "stopped": {"fraud_probability": 0.97, "decision": "block"},
    "approved": {"fraud_probability": 0.0004, "decision": "approve"},
}

WRONG_FIELD: Final = {"detail": "this field is required", "pointer": "#/amount"}
REUSED_ID: Final = {
    "detail": "this id belongs to another payment",
    "pointer": "#/transaction_id",
}
WRONG_PARAMETER: Final = {
    "detail": "this query parameter is not known",
    "pointer": "#/query/verbose",
}


def answers(example: JsonObject | None, *kinds: Kind) -> dict[int | str, JsonObject]:
    """The `responses` of a route: its example, if no model matters to it, and its problems."""
    by_status: dict[int | str, JsonObject] = {} if example is None else {200: _usual(example)}
    fault = WRONG_FIELD if set(WITH_BODY) <= set(kinds) else WRONG_PARAMETER
    faults = {INVALID_VALUE: [fault], TRANSACTION_ID_REUSED: [REUSED_ID]}
    for status, group in groupby(kinds, key=attrgetter("status")):
        same = list(group)
        examples = {
            kind.name: {"value": problem(kind, REQUEST_ID, errors=faults.get(kind))}
            for kind in same
        }
        by_status[status] = {
            "description": "; ".join(kind.title for kind in same),
            "model": ProblemOut,
            "content": {MEDIA_TYPE: {"examples": examples}},
        }
    return by_status


def _usual(example: JsonObject) -> JsonObject:
    return {"content": {"application/json": {"examples": {"usual": {"value": example}}}}}


def document(app: FastAPI, bundle: Bundle | None) -> JsonObject:
    """The OpenAPI document of an app that serves a bundle.

    Without a bundle, a payment is any JSON object.
    """
    model = "no model is loaded" if bundle is None else f"model {bundle.version}"
    schema = get_openapi(
        title=app.title,
        version=f"{app.version} ({model})",
        description=DESCRIPTION,
        routes=app.routes,
        servers=SERVERS,
        tags=TAGS,
        separate_input_output_schemas=False,
    )
    _problems_as_their_own_type(schema)
    _request_bodies(schema, bundle)
    _key_for_all_but_health(schema)
    if any(isinstance(route, Route) and route.path == "/outcomes" for route in app.routes):
        from fraud_api_lambda.web.labels import openapi as labels  # noqa: PLC0415  # not at a start

        labels.add(schema)
    if bundle is not None:
        answered = schema["paths"]["/model"]["get"]["responses"]["200"]["content"]
        answered["application/json"]["examples"] = {"usual": {"value": _model(bundle)}}
    return schema


def _model(bundle: Bundle) -> JsonObject:
    """The example of `GET /model`: the bundle's schema, with numbers that no model depends on."""
    examples = {"stopped": bundle.examples.stopped, "approved": bundle.examples.approved}
    return {
        **ModelOut.of(bundle).model_dump(mode="json", by_alias=True),
        **MODEL,
        "examples": {
            name: example and {**example.as_dict(), "answer": EXAMPLE_ANSWERS[name]}
            for name, example in examples.items()
        },
    }


def _request_bodies(schema: JsonObject, bundle: Bundle | None) -> None:
    """Add the bodies, which the routes read themselves."""
    schema["components"]["schemas"] |= json_schemas.of(bundle)
    for path, name in (("/predict", "TransactionIn"), ("/predict/batch", "BatchIn")):
        reference = {"$ref": f"#/components/schemas/{name}"}
        schema["paths"][path]["post"]["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": reference}},
        }


def _operations(schema: JsonObject) -> list[JsonObject]:
    return [operation for path in schema["paths"].values() for operation in path.values()]


def _problems_as_their_own_type(schema: JsonObject) -> None:
    """Move problems from application/json, FastAPI's only type, to their media type."""
    for operation in _operations(schema):
        for response in operation["responses"].values():
            content = response["content"]
            if MEDIA_TYPE in content:
                content[MEDIA_TYPE]["schema"] = content.pop("application/json")["schema"]


def _key_for_all_but_health(schema: JsonObject) -> None:
    schema["components"]["securitySchemes"] = {
        "apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}
    }
    for operation in _operations(schema):
        operation["security"] = [] if operation["operationId"] == "health" else [{"apiKey": []}]
