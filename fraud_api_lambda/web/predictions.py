"""The routes that score payments, without a memory."""

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum
from functools import partial
from typing import Final, TypedDict

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.domain.assessment import Assessment
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.web import openapi, queries
from fraud_api_lambda.web.answers import AnswerOut, BatchOut, answer, new_ids
from fraud_api_lambda.web.problem_kinds import INVALID_VALUE
from fraud_api_lambda.web.problems import Problem, problem
from fraud_api_lambda.wire.faults import Fault
from fraud_api_lambda.wire.wire import Wires

type Current = Callable[[], Awaitable[LoadedModel]]
"""Returns the model in service; raises `ModelUnavailableError`."""


class Declaration(TypedDict):
    """A route, as the OpenAPI document describes it."""

    operation_id: str
    summary: str
    tags: list[str | Enum]
    openapi_extra: JsonObject
    response_model: type[BaseModel]
    responses: dict[int | str, JsonObject]


PREDICT: Final[Declaration] = {
    "operation_id": "predict",
    "summary": "Score a payment",
    "tags": [openapi.SCORING],
    "openapi_extra": openapi.PARAMETERS,
    "response_model": AnswerOut,
    "responses": openapi.answers(openapi.ANSWER, *openapi.WITH_BODY, *openapi.WITH_MODEL),
}
PREDICT_BATCH: Final[Declaration] = {
    "operation_id": "predict_batch",
    "summary": "Score up to 100 payments",
    "tags": [openapi.SCORING],
    "openapi_extra": openapi.PARAMETERS,
    "response_model": BatchOut,
    "responses": openapi.answers(
        {"results": [openapi.ANSWER]}, *openapi.WITH_BODY, *openapi.WITH_MODEL
    ),
}


def add(app: FastAPI, current: Current) -> None:
    """Add the routes of an API without a memory."""
    wires = Wires()

    @app.post("/predict", **PREDICT)
    async def predict(request: Request) -> Response:
        """Score one payment; ?explain=true adds contributions and expected costs."""
        explain = queries.explain(request)
        model = await current()
        payment = wires.of(model.scorer.bundle).payment(await request.body())
        assessment = model.scorer.assess(payment, explain=explain)
        (prediction_id,) = new_ids(1)
        request.state.log |= {
            "model_version": model.version,
            "prediction_id": prediction_id,
            "fraud_probability": assessment.fraud_probability,
            "decision": assessment.decision,
            "degraded": model.temporary + payment.degraded,
        }
        return json_response(_answer(model, payment, assessment, prediction_id))

    @app.post("/predict/batch", **PREDICT_BATCH)
    async def predict_batch(request: Request) -> Response:
        """Score up to 100 payments independently; a faulty one does not affect the others."""
        explain = queries.explain(request)
        model = await current()
        read = wires.of(model.scorer.bundle).batch(await request.body())
        payments = [item for item in read if isinstance(item, Payment)]
        assessments = model.scorer.assess_many(payments, explain=explain)
        answers = map(partial(_answer, model), payments, assessments, new_ids(len(payments)))
        refused = partial(refused_item, request_id=request.state.request_id)
        results = [next(answers) if isinstance(item, Payment) else refused(item) for item in read]
        request.state.log |= {
            "model_version": model.version,
            "transactions": len(read),
            "refused": len(read) - len(payments),
            "degraded": _degraded(model, payments),
        }
        return json_response({"results": results})


def refused_item(errors: list[Fault], request_id: str) -> dict[str, Problem]:
    """The result of a payment of a batch that is not valid."""
    return {"problem": problem(INVALID_VALUE, request_id, errors=errors)}


def _degraded(model: LoadedModel, payments: Iterable[Payment]) -> tuple[str, ...]:
    """The limitations of any answer to some payments that should pass, each once."""
    of_payments = (each for payment in payments for each in payment.degraded)
    return tuple(dict.fromkeys((*model.temporary, *of_payments)))


def _answer(
    model: LoadedModel, payment: Payment, assessment: Assessment, prediction_id: str
) -> dict[str, object]:
    return answer(
        assessment,
        payment,
        prediction_id=prediction_id,
        model_version=model.version,
        degraded=model.degraded + payment.degraded,
    )


def json_response(content: object) -> Response:
    """Content as JSON."""
    return Response(to_json(content), media_type="application/json")
