"""The HTTP API: its routes on top of a model provider and, if there is one, a memory."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from fastapi import FastAPI, Request, Response
from fastapi.telemetry import TelemetryConfig
from starlette.routing import Route

from fraud_api_lambda import __version__
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.deployment.provider import ModelUnavailableError
from fraud_api_lambda.web import openapi, predictions
from fraud_api_lambda.web.answers import HealthOut
from fraud_api_lambda.web.bodies import StrictRoute
from fraud_api_lambda.web.logs import RequestLog
from fraud_api_lambda.web.model_answers import ModelOut
from fraud_api_lambda.web.predictions import Current, json_response
from fraud_api_lambda.web.problem_kinds import INTERNAL, INVALID_VALUE
from fraud_api_lambda.web.problems import add_problem_handlers, respond

if TYPE_CHECKING:
    from fraud_api_lambda.service import Service

TITLE: Final = "Fraud API"

NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would look for a listener in each request; the image has none."""


class Provider(Protocol):
    """Provides the model in service."""

    def peek(self) -> LoadedModel | None:
        """The model, if it can be served without waiting."""

    def get(self) -> LoadedModel:
        """The model; loads it if necessary."""


def create_app(
    provider: Provider,
    *,
    docs: bool = False,
    service: "Service | None" = None,
    review_key: str = "",
) -> FastAPI:
    """Build the app.

    Parameters
    ----------
    provider : Provider
    docs : bool
        Serve /docs and /openapi.json.
    service : Service, optional
        Records the answers; without one, the API has no memory.
    review_key : str
        The id of the API key whose holder may send outcomes and review payments. Default: anybody
        may, but nobody behind a gateway.
    """

    async def current() -> LoadedModel:
        # Loading waits for S3, which must not hold up the other requests of this process.
        loaded = provider.peek()
        return await asyncio.to_thread(provider.get) if loaded is None else loaded

    app = _bare_app(docs=docs)
    # Not `include_router`: it looks up the route three times in each request.
    app.router.route_class = StrictRoute
    if service is None:
        predictions.add(app, current)
    else:
        from fraud_api_lambda.web import recorded  # noqa: PLC0415  # only with a memory
        from fraud_api_lambda.web.labels import routes  # noqa: PLC0415  # only with a memory

        recorded.add(app, current, service)
        routes.add(app, current, service.labels, review_key)
    _add_model(app, current)
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
        return json_response(openapi.document(app, bundle))

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


def _add_model(app: FastAPI, current: Current) -> None:
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
