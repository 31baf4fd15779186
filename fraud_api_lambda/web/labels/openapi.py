"""The OpenAPI document of outcomes and reviews."""

from collections.abc import Sequence
from typing import Final

from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.web.answers import ProblemOut
from fraud_api_lambda.web.labels.models import NAME, OutcomesIn, ReviewIn
from fraud_api_lambda.web.labels.responses import (
    ClosedOut,
    OutcomesOut,
    ReviewClosedOut,
    ReviewDetailsOut,
    ReviewsOut,
)
from fraud_api_lambda.web.problem_kinds import (
    INTERNAL,
    INVALID_VALUE,
    MALFORMED_JSON,
    MEMORY_UNAVAILABLE,
    NO_KEY,
    NO_PREDICTION,
    NO_REVIEW,
    OTHER_KEY,
    REVIEW_CLOSED,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNSUPPORTED_ENCODING,
    UNSUPPORTED_MEDIA_TYPE,
    Kind,
)
from fraud_api_lambda.web.problems import MEDIA_TYPE, problem

TAG: Final = "labels"
TAGS: Final = [{"name": TAG, "description": "Say what payments turned out to be, and review them."}]

_RIGHT: Final = (NO_KEY, OTHER_KEY)
_WITH_BODY: Final = (
    MALFORMED_JSON,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    UNSUPPORTED_ENCODING,
    INVALID_VALUE,
)
_TABLE: Final = (TOO_MANY_REQUESTS, INTERNAL, MEMORY_UNAVAILABLE)

_MODELS: Final = (
    OutcomesIn,
    ReviewIn,
    OutcomesOut,
    ReviewsOut,
    ReviewDetailsOut,
    ClosedOut,
    ReviewClosedOut,
    ProblemOut,
)
_TEMPLATE: Final = "#/components/schemas/{model}"

_REQUEST_ID: Final = "7c1f8a52-8d0e-4b7e-9d6b-0f5a3c2e1d4b"

_ID: Final[JsonObject] = {
    "name": "prediction_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
}
_QUERY: Final[list[JsonObject]] = [
    {
        "name": "limit",
        "in": "query",
        "required": False,
        "description": "At most this many reviews. There may be fewer though `next` is not null.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    },
    {
        "name": "after",
        "in": "query",
        "required": False,
        "description": "`next` of the answer before.",
        "schema": {"type": "string"},
    },
    {
        "name": "by",
        "in": "query",
        "required": False,
        "description": "The reviews that this analyst closed, the latest first.",
        "schema": {"type": "string", "pattern": NAME},
    },
]


def add(document: JsonObject) -> None:
    """Add the routes and their models to a document."""
    _, found = models_json_schema(
        [(model, "validation") for model in _MODELS], ref_template=_TEMPLATE
    )
    known = document["components"]["schemas"]
    # As FastAPI: a default of null is not valid where null is not.
    document["components"]["schemas"] = jsonable_encoder(found["$defs"], exclude_none=True) | known
    document["paths"] |= {
        "/outcomes": {"post": _outcomes()},
        "/reviews": {"get": _reviews()},
        "/reviews/{prediction_id}": {"get": _review(), "post": _close()},
    }
    document["tags"] = [*document["tags"], *TAGS]


def _outcomes() -> JsonObject:
    return {
        **_operation("outcomes", "Say what payments turned out to be"),
        "description": "Takes up to 100 outcomes in order; a faulty one does not affect the "
        "others. Late, repeated and contradicting outcomes end the same in any order: of each "
        "source the latest word counts, and of the sources the first in the order chargeback, "
        "customer, analyst.",
        "requestBody": _body(OutcomesIn),
        "responses": {"200": _answer(OutcomesOut)} | _problems(*_WITH_BODY, *_RIGHT, *_TABLE),
    }


def _reviews() -> JsonObject:
    return {
        **_operation("reviews", "List the payments for review"),
        "description": "Those with the largest expected loss first.",
        "parameters": _QUERY,
        "responses": {"200": _answer(ReviewsOut)} | _problems(INVALID_VALUE, *_RIGHT, *_TABLE),
    }


def _review() -> JsonObject:
    problems = _problems(INVALID_VALUE, *_RIGHT, NO_PREDICTION, NO_REVIEW, *_TABLE)
    return {
        **_operation("review", "Show a payment for review"),
        "description": "With its explanation, and the histories of its accounts.",
        "parameters": [_ID],
        "responses": {"200": _answer(ReviewDetailsOut)} | problems,
    }


def _close() -> JsonObject:
    kinds = (*_WITH_BODY, *_RIGHT, NO_PREDICTION, NO_REVIEW, REVIEW_CLOSED, *_TABLE)
    return {
        **_operation("close_review", "Close a review"),
        "description": "Also counts as the analyst's outcome. The same request again has the same "
        "answer; that of a second analyst has status 409, with who and when.",
        "parameters": [_ID],
        "requestBody": _body(ReviewIn),
        "responses": {"200": _answer(ClosedOut)} | _problems(*kinds),
    }


def _operation(operation_id: str, summary: str) -> JsonObject:
    return {
        "operationId": operation_id,
        "summary": summary,
        "tags": [TAG],
        "security": [{"apiKey": []}],
    }


def _body(model: type[BaseModel]) -> JsonObject:
    return {"required": True, "content": {"application/json": {"schema": _reference(model)}}}


def _answer(model: type[BaseModel]) -> JsonObject:
    content = {"application/json": {"schema": _reference(model)}}
    return {"description": "Successful Response", "content": content}


def _problems(*kinds: Kind) -> JsonObject:
    """The problems of a route by status."""
    by_status: dict[str, list[Kind]] = {}
    for kind in kinds:
        by_status.setdefault(str(kind.status), []).append(kind)
    return {status: _of_status(same) for status, same in sorted(by_status.items())}


def _of_status(kinds: Sequence[Kind]) -> JsonObject:
    model = ReviewClosedOut if REVIEW_CLOSED in kinds else ProblemOut
    return {
        "description": "; ".join(kind.title for kind in kinds),
        "content": {
            MEDIA_TYPE: {
                "schema": _reference(model),
                "examples": {kind.name: {"value": _example(kind)} for kind in kinds},
            }
        },
    }


def _example(kind: Kind) -> JsonObject:
    wrong = [{"detail": "this field is required", "pointer": "#/label"}]
    made = problem(kind, _REQUEST_ID, errors=wrong if kind is INVALID_VALUE else None)
    if kind is REVIEW_CLOSED:
        return {**made, "label": "genuine", "by": "Ada", "at": "2026-11-24T03:00:00Z"}
    return {**made}


def _reference(model: type[BaseModel]) -> JsonObject:
    return {"$ref": _TEMPLATE.format(model=model.__name__)}
