"""The HTTP API: four routes on top of a model provider."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Final, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from pydantic_core import to_json
from starlette.routing import Route

from fraud_api_lambda import __version__
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.deployment.provider import ModelUnavailableError
from fraud_api_lambda.domain.assessment import Assessment
from fraud_api_lambda.domain.payment import Payment
from fraud_api_lambda.web import openapi, queries
from fraud_api_lambda.web.answers import AnswerOut, BatchOut, HealthOut, answer, new_ids
from fraud_api_lambda.web.bodies import StrictRoute
from fraud_api_lambda.web.logs import RequestLog
from fraud_api_lambda.web.model_answers import ModelOut
from fraud_api_lambda.web.problems import (
    INTERNAL,
    INVALID_VALUE,
    Problem,
    add_problem_handlers,
    problem,
    respond,
)
from fraud_api_lambda.wire.faults import Fault
from fraud_api_lambda.wire.wire import Wires

TITLE: Final = "Fraud API"

NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would look for a listener in each request; the image has none."""


type Current = Callable[[], Awaitable[LoadedModel]]
"""Returns the model in service; raises `ModelUnavailableError`."""


class Provider(Protocol):
    """Provides the model in service."""

    def peek(self) -> LoadedModel | None:
        """The model, if it can be served without waiting."""

    def get(self) -> LoadedModel:
        """The model; loads it if necessary."""


def create_app(provider: Provider, *, docs: bool = False) -> FastAPI:
    """Build the app on a model provider; `docs` serves /docs and /openapi.json."""

    async def current() -> LoadedModel:
        # Loading waits for S3, which must not hold up the other requests of this process.
        loaded = provider.peek()
        return await asyncio.to_thread(provider.get) if loaded is None else loaded

    app = _bare_app(docs=docs)
    # Not `include_router`: it looks up the route three times in each request.
    app.router.route_class = StrictRoute
    _add_predictions(app, current)
    _add_health(app)
    app.router.redirect_slashes = False  # a redirect repeats the caller's Host
    app.add_middleware(RequestLog, crashed=partial(respond, INTERNAL))
    add_problem_handlers(app)
    if docs:
        _serve_document(app, current)
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


def _serve_document(app: FastAPI, current: Current) -> None:
    """Serve the document of the model in service, in place of FastAPI's own."""

    async def document(_: Request) -> Response:
        try:
            bundle = (await current()).scorer.bundle
        except ModelUnavailableError:
            bundle = None
        return _json(openapi.document(app, bundle))

    app.router.routes.insert(0, Route("/openapi.json", document))


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


def _add_predictions(app: FastAPI, current: Current) -> None:
    wires = Wires()

    @app.post(
        "/predict",
        operation_id="predict",
        summary="Score a payment",
        tags=[openapi.SCORING],
        openapi_extra=openapi.EXPLAIN,
        response_model=AnswerOut,
        responses=openapi.answers(openapi.ANSWER, *openapi.WITH_BODY, *openapi.WITH_MODEL),
    )
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
    async def predict_batch(request: Request) -> Response:
        """Score up to 100 payments independently; a faulty one does not affect the others."""
        explain = queries.explain(request)
        model = await current()
        read = wires.of(model.scorer.bundle).batch(await request.body())
        payments = [item for item in read if isinstance(item, Payment)]
        assessments = model.scorer.assess_many(payments, explain=explain)
        answers = map(partial(_answer, model), payments, assessments, new_ids(len(payments)))
        refused = partial(_refused, request_id=request.state.request_id)
        results = [next(answers) if isinstance(item, Payment) else refused(item) for item in read]
        request.state.log |= {
            "model_version": model.version,
            "transactions": len(read),
            "refused": len(read) - len(payments),
            "degraded": _degraded(model, payments),
        }
        return _json({"results": results})

    @app.get(
        "/model",
        operation_id="model",
        summary="Describe the model in service",
        tags=[openapi.SERVICE],
        responses=openapi.answers(None, INVALID_VALUE, *openapi.WITH_MODEL),
    )
    async def model() -> ModelOut:
        """Describe the model in service: its training data and its metrics on later data."""
        loaded = await current()
        return ModelOut.of(loaded.scorer.bundle, loaded.degraded)


def _refused(errors: list[Fault], request_id: str) -> dict[str, Problem]:
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


def _json(content: object) -> Response:
    return Response(to_json(content), media_type="application/json")
