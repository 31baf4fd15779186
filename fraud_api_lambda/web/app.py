"""The HTTP API: four routes on top of a model provider."""

import asyncio
from functools import partial
from typing import Final, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from pydantic import ValidationError
from pydantic_core import to_json

from fraud_api_lambda import __version__
from fraud_api_lambda.deployment.provider import LoadedModel
from fraud_api_lambda.domain.transaction import Assessment, Transaction
from fraud_api_lambda.web import faults, openapi, queries
from fraud_api_lambda.web.answers import AnswerOut, BatchOut, HealthOut, ModelOut, answer, new_ids
from fraud_api_lambda.web.bodies import StrictRoute
from fraud_api_lambda.web.logs import RequestLog
from fraud_api_lambda.web.problems import (
    INTERNAL,
    INVALID_VALUE,
    Problem,
    add_problem_handlers,
    problem,
    respond,
)
from fraud_api_lambda.web.requests import BatchIn, TransactionIn

TITLE: Final = "Fraud API"

NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would look for a listener in each request; the image has none."""


class Provider(Protocol):
    """Provides the model in service."""

    def peek(self) -> LoadedModel | None:
        """The model, if it can be served without waiting."""

    def get(self) -> LoadedModel:
        """The model; loads it if necessary."""


def create_app(provider: Provider, *, docs: bool = False) -> FastAPI:
    """Build the app on a model provider; `docs` serves /docs and /openapi.json."""
    app = _bare_app(docs=docs)
    # Not `include_router`: it looks up the route three times in each request.
    app.router.route_class = StrictRoute
    _add_predictions(app, provider)
    _add_health(app)
    app.router.redirect_slashes = False  # a redirect repeats the caller's Host
    app.add_middleware(RequestLog, crashed=partial(respond, INTERNAL))
    add_problem_handlers(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]  # as FastAPI documents
    return app


def _bare_app(*, docs: bool) -> FastAPI:
    if not docs:
        return FastAPI(
            title=TITLE,
            version=__version__,
            openapi_url=None,
            strict_content_type=False,  # `StrictRoute` checks it
            telemetry=NO_TELEMETRY,
        )
    try:
        from fastapi_offline import FastAPIOffline as Documented  # noqa: PLC0415  # not in the image
    except ModuleNotFoundError:
        Documented = FastAPI  # its pages load their scripts from a CDN
    app: FastAPI = Documented(title=TITLE, version=__version__)
    return app


def _add_health(app: FastAPI) -> None:
    @app.get(
        "/health",
        operation_id="health",
        summary="Check that the process is up",
        tags=[openapi.SERVICE],
        responses=openapi.answers({"status": "ok"}, INVALID_VALUE),
    )
    async def health() -> HealthOut:
        """Report that the process is up."""
        return HealthOut()


def _add_predictions(app: FastAPI, provider: Provider) -> None:
    async def current() -> LoadedModel:
        # Loading waits for S3, which must not hold up the other requests of this process.
        loaded = provider.peek()
        return await asyncio.to_thread(provider.get) if loaded is None else loaded

    @app.post(
        "/predict",
        operation_id="predict",
        summary="Score a payment",
        tags=[openapi.SCORING],
        openapi_extra=openapi.EXPLAIN,
        response_model=AnswerOut,
        responses=openapi.answers(openapi.ANSWER, *openapi.WITH_BODY, *openapi.WITH_MODEL),
    )
    async def predict(transaction: TransactionIn, request: Request) -> Response:
        """Score one payment; ?explain=true adds contributions and expected costs."""
        explain = queries.explain(request)
        model = await current()
        payment = transaction.to_domain()
        assessment = model.scorer.assess(payment, explain=explain)
        (prediction_id,) = new_ids(1)
        request.state.log |= {
            "model_version": model.version,
            "prediction_id": prediction_id,
            "fraud_probability": assessment.fraud_probability,
            "decision": assessment.decision,
            "degraded": model.degraded,
        }
        return _json(_answer(model, payment, assessment, prediction_id))

    @app.post(
        "/predict/batch",
        operation_id="predict_batch",
        summary="Score up to 100 payments",
        tags=[openapi.SCORING],
        openapi_extra=openapi.EXPLAIN,
        response_model=BatchOut,
        responses=openapi.answers(
            {"results": [openapi.ANSWER]}, *openapi.WITH_BODY, *openapi.WITH_MODEL
        ),
    )
    async def predict_batch(batch: BatchIn, request: Request) -> Response:
        """Score up to 100 payments independently; a faulty one does not affect the others."""
        explain = queries.explain(request)
        model = await current()
        request_id = request.state.request_id
        read = [_read(item, index, request_id) for index, item in enumerate(batch.transactions)]
        payments = [item for item in read if isinstance(item, Transaction)]
        assessments = model.scorer.assess_many(payments, explain=explain)
        answers = map(partial(_answer, model), payments, assessments, new_ids(len(payments)))
        results = [next(answers) if isinstance(item, Transaction) else item for item in read]
        request.state.log |= {
            "model_version": model.version,
            "transactions": len(read),
            "refused": len(read) - len(payments),
            "degraded": model.degraded,
        }
        return _json({"results": results})

    @app.get(
        "/model",
        operation_id="model",
        summary="Describe the model in service",
        tags=[openapi.SERVICE],
        responses=openapi.answers(openapi.MODEL, INVALID_VALUE, *openapi.WITH_MODEL),
    )
    async def model() -> ModelOut:
        """Describe the model in service: its training data and its metrics on later data."""
        return ModelOut.of((await current()).scorer.bundle)


def _read(item: object, index: int, request_id: str) -> Transaction | dict[str, Problem]:
    """A transaction of a batch, or its problem."""
    if isinstance(item, TransactionIn):  # `plain_json` has validated it
        return item.to_domain()
    try:
        return TransactionIn.model_validate(item).to_domain()
    except ValidationError as error:
        errors = faults.of_transaction(error.errors(), item, within=("transactions", index))
        return {"problem": problem(INVALID_VALUE, request_id, errors=errors)}


def _answer(
    model: LoadedModel, payment: Transaction, assessment: Assessment, prediction_id: str
) -> dict[str, object]:
    return answer(
        assessment,
        payment,
        prediction_id=prediction_id,
        model_version=model.version,
        degraded=model.degraded,
    )


def _json(content: object) -> Response:
    return Response(to_json(content), media_type="application/json")
