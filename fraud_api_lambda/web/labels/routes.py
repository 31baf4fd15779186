"""The routes of outcomes and reviews.

Their imports wait for the first request, so that they do not slow down each cold start. FastAPI
does not describe them; `openapi` does.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fastapi import FastAPI, Request, Response

from fraud_api_lambda.deployment.provider import ModelUnavailableError
from fraud_api_lambda.labelling import Labelling
from fraud_api_lambda.web.predictions import Current
from fraud_api_lambda.web.problem_kinds import OTHER_KEY
from fraud_api_lambda.web.problems import ProblemError

ROUTES: Final = {
    "/outcomes": ["POST"],
    "/reviews": ["GET"],
    "/reviews/{prediction_id}": ["GET", "POST"],
}


def add(app: FastAPI, current: Current, labels: Labelling, review_key: str) -> None:
    """Add the routes.

    Parameters
    ----------
    app : FastAPI
    current : Current
        The secret comes with the model, so the first request waits for it.
    labels : Labelling
    review_key : str
        The id of the API key whose holder may call them; behind a gateway, nobody may without one.
    """
    for path, methods in ROUTES.items():
        endpoint = _endpoint(path, current, labels, review_key)
        app.add_api_route(path, endpoint, methods=methods, include_in_schema=False)


def _endpoint(
    path: str, current: Current, labels: Labelling, review_key: str
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        from fraud_api_lambda.web.labels.handlers import HANDLERS  # noqa: PLC0415  # see above

        _require_right(request, review_key)
        with suppress(ModelUnavailableError):  # the secret may be there all the same
            await current()
        return await HANDLERS[f"{request.method} {path}"](request, labels)

    return answer


def _require_right(request: Request, review_key: str) -> None:
    """Refuse a caller whose key, which the gateway has checked, is not the one of reviews."""
    event = request.scope.get("aws.event")
    if event is None and not review_key:
        return
    context = event.get("requestContext") if isinstance(event, dict) else None
    identity = context.get("identity") if isinstance(context, dict) else None
    key = identity.get("apiKeyId") if isinstance(identity, dict) else None
    if not review_key or key != review_key:
        raise ProblemError(OTHER_KEY)
