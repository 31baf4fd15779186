"""The routes that score payments with a memory, and the recorded predictions."""

import asyncio
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json

from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.domain.assessment import Assessment
from fraud_api_lambda.domain.fields import id_field
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.labelling import MemoryUnavailableError
from fraud_api_lambda.records.answering import Decided
from fraud_api_lambda.records.asked import Asked, FutureTimeError
from fraud_api_lambda.records.items import Record
from fraud_api_lambda.service import Answers, Form, Question, Service
from fraud_api_lambda.web import openapi, queries
from fraud_api_lambda.web.answers import PredictionOut, answer
from fraud_api_lambda.web.predictions import (
    PREDICT,
    PREDICT_BATCH,
    Current,
    Declaration,
    json_response,
    refused_item,
)
from fraud_api_lambda.web.problem_kinds import (
    INVALID_VALUE,
    MEMORY_UNAVAILABLE,
    NO_PREDICTION,
    TRANSACTION_ID_REUSED,
)
from fraud_api_lambda.web.problems import ProblemError, problem
from fraud_api_lambda.wire.body_faults import BATCH
from fraud_api_lambda.wire.faults import Fault, fault
from fraud_api_lambda.wire.wire import InvalidBodyError, Values, Wire, Wires

REPLAYED: Final = {"Idempotent-Replayed": "true"}
"""The header of an answer that was given before."""

REPLAYABLE: Final[Declaration] = {
    **PREDICT,
    "responses": openapi.answers(
        openapi.ANSWER, *openapi.WITH_BODY, TRANSACTION_ID_REUSED, *openapi.WITH_MODEL
    ),
}

PREDICTION_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

RETRY_AFTER: Final = {"Retry-After": "1"}


def add(app: FastAPI, current: Current, service: Service) -> None:
    """Add the routes of an API with a memory."""
    wires = Wires()

    @app.post("/predict", **REPLAYABLE)
    async def predict(request: Request) -> Response:
        """Score one payment and record the answer; the same payment again has the same answer."""
        question = _question(request)
        model = await current()
        wire = wires.of(model.scorer.bundle)
        asked = _asked(service, model, wire.values(await request.body()), question)
        if isinstance(asked, list):
            raise InvalidBodyError(asked)
        answers = await _answers(request, partial(service.answer, model, [asked], question))
        (decided,) = answers.decided
        request.state.log |= _log(decided, asked, answers)
        if decided.is_reused:
            raise ProblemError(TRANSACTION_ID_REUSED, errors=[_reused(wire)])
        headers = REPLAYED if decided.is_replayed else None
        return Response(decided.answer, headers=headers, media_type="application/json")

    @app.post("/predict/batch", **PREDICT_BATCH)
    async def predict_batch(request: Request) -> Response:
        """Score up to 100 payments in order; a faulty one does not affect the others."""
        question = _question(request)
        model = await current()
        wire = wires.of(model.scorer.bundle)
        read = [
            each if isinstance(each, list) else _asked(service, model, each, question, index)
            for index, each in enumerate(wire.batch_values(await request.body()))
        ]
        payments = [each for each in read if isinstance(each, Asked)]
        answers = await _answers(request, partial(service.answer, model, payments, question))
        request.state.log |= _batch_log(model, answers, len(read))
        decided = iter(answers.decided)
        request_id: str = request.state.request_id
        results = [
            _refused(request_id, each)
            if isinstance(each, list)
            else _result(next(decided), request_id, _reused(wire, BATCH, index))
            for index, each in enumerate(read)
        ]
        body = f'{{"results":[{",".join(results)}]}}'
        return Response(body, media_type="application/json")

    @app.get(
        "/predictions/{prediction_id}",
        operation_id="prediction",
        summary="Read a recorded prediction",
        tags=[openapi.SCORING],
        response_model=PredictionOut,
        responses=openapi.answers(
            openapi.PREDICTION,
            NO_PREDICTION,
            INVALID_VALUE,
            *openapi.WITH_TABLE,
        ),
    )
    async def prediction(prediction_id: str) -> Response:
        """Read a decision as it was recorded: the answer, and the facts without ids."""
        if not PREDICTION_ID.fullmatch(prediction_id):
            raise ProblemError(NO_PREDICTION)
        try:
            record = await asyncio.to_thread(service.find, prediction_id)
        except MemoryUnavailableError as error:
            raise ProblemError(MEMORY_UNAVAILABLE, headers=RETRY_AFTER) from error
        if record is None:
            raise ProblemError(NO_PREDICTION)
        return json_response(_prediction(record))


def render(assessment: Assessment, payment: Payment, form: Form) -> str:
    """An answer as JSON."""
    fields = answer(
        assessment,
        payment,
        prediction_id=form.prediction_id,
        model_version=form.model_version,
        degraded=form.degraded,
    )
    return to_json(fields | {"test": True} if form.is_test else fields).decode()


async def _answers(request: Request, answer: Callable[[], Answers]) -> Answers:
    """The answers of the service, which waits for the table.

    That must not hold up the other requests of this process, except in Lambda, where there is none.
    """
    return answer() if "aws.event" in request.scope else await asyncio.to_thread(answer)


def _question(request: Request) -> Question:
    return Question(queries.explain(request), queries.record(request))


def _asked(
    service: Service,
    model: LoadedModel,
    values: Values,
    question: Question,
    index: int | None = None,
) -> Asked | list[Fault]:
    """The payment of some values, or its faults."""
    try:
        return service.asked(model, values, question)
    except FutureTimeError as error:
        within = () if index is None else (BATCH, index)
        return [fault(str(error), *within, error.field, known=values)]


def _reused(wire: Wire, *within: str | int) -> Fault:
    """The fault of an id that belongs to another payment."""
    name = id_field(wire.bundle.plan.schema)
    return fault("this id belongs to another payment", *within, name, known=[name])


def _result(decided: Decided, request_id: str, reused: Fault) -> str:
    """The JSON of an item of a batch."""
    if not decided.is_reused:
        return decided.answer
    found = problem(TRANSACTION_ID_REUSED, request_id, errors=[reused])
    return to_json({"problem": found}).decode()


def _refused(request_id: str, errors: list[Fault]) -> str:
    return to_json(refused_item(errors, request_id)).decode()


def _log(decided: Decided, asked: Asked, answers: Answers) -> dict[str, object]:
    """The facts of the request's log line."""
    fields = json.loads(decided.answer) if decided.answer else {}
    told = ("model_version", "fraud_probability", "decision", "degraded")
    return {
        "prediction_id": asked.prediction_id,
        **{name: fields[name] for name in told if name in fields},
        **_times(answers),
        **({"replayed": True} if decided.is_replayed else {}),
    }


def _batch_log(model: LoadedModel, answers: Answers, transactions: int) -> dict[str, object]:
    degraded = (
        each
        for decided in answers.decided
        if decided.answer
        for each in json.loads(decided.answer)["degraded"]
    )
    return {
        "model_version": model.version,
        "transactions": transactions,
        "refused": transactions - len(answers.decided),
        "degraded": list(dict.fromkeys(degraded)),
        **_times(answers),
    }


def _times(answers: Answers) -> dict[str, object]:
    return {"table_ms": round(1_000 * answers.table_s, 3), "attempts": answers.writes}


def _prediction(record: Record) -> dict[str, object]:
    when = datetime.fromtimestamp(record.arrived / 1_000, UTC)
    return {
        "prediction_id": record.prediction_id,
        "time": when.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "answer": json.loads(record.answer),
        "facts": json.loads(record.facts),
    }
