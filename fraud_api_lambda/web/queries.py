"""The query parameters of the routes; all others are refused.

FastAPI's own declaration would cost as much per request as the features.
"""

from typing import Final

from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from fraud_api_lambda.web.problem_kinds import INVALID_VALUE
from fraud_api_lambda.web.problems import ProblemError
from fraud_api_lambda.wire import faults

PARAMETERS: Final = {
    "/predict": ("explain", "record"),
    "/predict/batch": ("explain", "record"),
    "/reviews": ("limit", "after", "by"),
}
"""By route."""

FLAGS: Final = ("explain", "record")

BOOLEAN: Final = TypeAdapter(bool)


def check(request: Request, route: str) -> None:
    """Refuse unknown and repeated query parameters, and flags that are not boolean."""
    given = request.query_params.multi_items()
    known = PARAMETERS.get(route, ())
    errors = faults.of_query([name for name, _ in given], known) or [
        faults.not_a_boolean(name)
        for name, value in given
        if name in FLAGS and not _is_boolean(value)
    ]
    if errors:
        raise ProblemError(INVALID_VALUE, errors=errors)


def explain(request: Request) -> bool:
    """Whether an explanation is requested."""
    return _flag(request, "explain", default=False)


def record(request: Request) -> bool:
    """Whether the answer is to be recorded."""
    return _flag(request, "record", default=True)


def _flag(request: Request, name: str, *, default: bool) -> bool:
    if not request.scope["query_string"]:
        return default
    return BOOLEAN.validate_python(request.query_params.get(name, default))


def _is_boolean(value: str) -> bool:
    try:
        BOOLEAN.validate_python(value)
    except ValidationError:
        return False
    return True
