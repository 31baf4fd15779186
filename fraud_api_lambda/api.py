"""The HTTP API: four routes over a provider of models."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, Protocol

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import ValidationError

from fraud_api_lambda import __version__, openapi, strict_json
from fraud_api_lambda.answers import (
    AnswerOut,
    BatchItemOut,
    BatchOut,
    HealthOut,
    ModelOut,
    ProblemOut,
)
from fraud_api_lambda.logs import RequestLog
from fraud_api_lambda.model_provider import LoadedModel
from fraud_api_lambda.problems import (
    INTERNAL,
    INVALID_VALUE,
    MALFORMED_JSON,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemError,
    add_problem_handlers,
    faults,
    problem,
    respond,
)
from fraud_api_lambda.schemas import BatchIn, TransactionIn
from fraud_api_lambda.transaction import Transaction

TITLE: Final = "Fraud API"

MAX_BYTES: Final = {"/predict": 8 * 1024, "/predict/batch": 256 * 1024}


class Provider(Protocol):
    """Gives the model to answer with."""

    def peek(self) -> LoadedModel | None:
        """The model if it can be served this instant."""

    def get(self) -> LoadedModel:
        """The model, loaded if need be."""


class StrictRequest(Request):
    """A request whose body is small enough, declared as JSON, and JSON."""

    max_bytes: int

    async def body(self) -> bytes:
        """The body, read no further than is allowed."""
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > self.max_bytes:
                    raise ProblemError(TOO_LARGE)
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        """The body's value."""
        try:
            return strict_json.loads(await self.body())
        except strict_json.MalformedJsonError as error:
            raise ProblemError(MALFORMED_JSON, f"Not JSON: {error}.") from error


class StrictRoute(APIRoute):
    """A route that reads its body as a `StrictRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with the body looked at first."""
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            checked = StrictRequest(request.scope, request.receive)
            checked.max_bytes = MAX_BYTES[self.path]
            media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media_type != "application/json":
                raise ProblemError(UNSUPPORTED_MEDIA_TYPE)
            if not await checked.body():
                raise ProblemError(MALFORMED_JSON, "The body is empty.")
            return await handler(checked)

        return strict


def create_app(provider: Provider, *, docs: bool = False) -> FastAPI:
    """The app over a provider of models; `docs` serves /docs and /openapi.json."""
    app = _bare_app(docs=docs)
    app.include_router(_health())
    app.include_router(_predictions(provider))
    app.router.redirect_slashes = False  # a redirect would be no problem and repeat the Host sent
    app.add_middleware(RequestLog, crashed=partial(respond, INTERNAL))
    add_problem_handlers(app)
    app.openapi = lambda: openapi.document(app)  # type: ignore[method-assign]  # FastAPI's own way
    return app


def _bare_app(*, docs: bool) -> FastAPI:
    if not docs:
        return FastAPI(title=TITLE, version=__version__, openapi_url=None)
    try:
        from fastapi_offline import FastAPIOffline as Documented  # noqa: PLC0415  # a developer's
    except ModuleNotFoundError:
        Documented = FastAPI  # as in the image, where the pages load their scripts from a CDN
    app: FastAPI = Documented(title=TITLE, version=__version__)
    return app


def _health() -> APIRouter:
    router = APIRouter()

    @router.get("/health", operation_id="health", responses=openapi.answers({"status": "ok"}))
    async def health() -> HealthOut:
        """Say that the process is up."""
        return HealthOut()

    return router


def _predictions(provider: Provider) -> APIRouter:
    router = APIRouter()
    with_body = APIRouter(route_class=StrictRoute)

    async def current() -> LoadedModel:
        # Loading waits for S3, which must not hold up the other requests of this process.
        loaded = provider.peek()
        return await asyncio.to_thread(provider.get) if loaded is None else loaded

    @with_body.post(
        "/predict",
        operation_id="predict",
        response_model_exclude_unset=True,
        responses=openapi.answers(openapi.ANSWER, *openapi.WITH_BODY, *openapi.WITH_MODEL),
    )
    async def predict(
        transaction: TransactionIn, request: Request, *, explain: bool = False
    ) -> AnswerOut:
        """Judge one payment; ?explain=true adds each feature's contribution."""
        model = await current()
        payment = transaction.to_domain()
        assessment = model.scorer.assess(payment, explain=explain)
        answer = AnswerOut.of(
            assessment, payment, model_version=model.version, degraded=model.degraded
        )
        request.state.log |= {
            "model_version": model.version,
            "prediction_id": answer.prediction_id,
            "fraud_probability": answer.fraud_probability,
            "decision": answer.decision,
            "degraded": answer.degraded,
        }
        return answer

    @with_body.post(
        "/predict/batch",
        operation_id="predict_batch",
        response_model_exclude_unset=True,
        responses=openapi.answers(
            {"results": [openapi.ANSWER]}, *openapi.WITH_BODY, *openapi.WITH_MODEL
        ),
    )
    async def predict_batch(batch: BatchIn, request: Request, *, explain: bool = False) -> BatchOut:
        """Judge up to 100 payments, each by itself; a faulty one does not spoil the others."""
        model = await current()
        read = [
            _read(item, index, request.state.request_id)
            for index, item in enumerate(batch.transactions)
        ]
        payments = [each for each in read if isinstance(each, Transaction)]
        # XGBoost refuses an empty matrix, which a batch of faulty transactions would be.
        assessed = model.scorer.assess_many(payments, explain=explain) if payments else []
        assessments = iter(assessed)
        results = [
            AnswerOut.of(
                next(assessments), each, model_version=model.version, degraded=model.degraded
            )
            if isinstance(each, Transaction)
            else each
            for each in read
        ]
        request.state.log |= {
            "model_version": model.version,
            "transactions": len(read),
            "refused": len(read) - len(payments),
            "degraded": list(model.degraded),
        }
        return BatchOut(results=results)

    @router.get(
        "/model",
        operation_id="model",
        responses=openapi.answers(openapi.MODEL, *openapi.WITH_MODEL),
    )
    async def model() -> ModelOut:
        """Say which model answers, what it was trained on and how it did on later data."""
        return ModelOut.model_validate((await current()).scorer.bundle)

    router.include_router(with_body)
    return router


def _read(item: Any, index: int, request_id: str) -> Transaction | BatchItemOut:
    """A transaction of a batch, or what is wrong with it."""
    try:
        return TransactionIn.model_validate(item).to_domain()
    except ValidationError as error:
        found = faults(error.errors(), within=("transactions", index))
        refused = problem(INVALID_VALUE, request_id, errors=found)
        return BatchItemOut(problem=ProblemOut.model_validate(refused))
