"""The query parameter `explain`; all others are refused.

FastAPI's own declaration would cost as much per request as the features.
"""

from typing import Final

from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from fraud_api_lambda.web.problems import INVALID_VALUE, ProblemError
from fraud_api_lambda.wire import faults

PARAMETERS: Final = {"/predict": ("explain",), "/predict/batch": ("explain",)}
"""By route."""

BOOLEAN: Final = TypeAdapter(bool)


def check(request: Request, route: str) -> None:
    """Refuse unknown and repeated query parameters."""
    names = [name for name, _ in request.query_params.multi_items()]
    errors = faults.of_query(names, PARAMETERS.get(route, ()))
    if errors:
        raise ProblemError(INVALID_VALUE, errors=errors)


def explain(request: Request) -> bool:
    """Whether an explanation is requested."""
    if not request.scope["query_string"]:
        return False
    try:
        return BOOLEAN.validate_python(request.query_params.get("explain", "false"))
    except ValidationError as error:
        raise ProblemError(INVALID_VALUE, errors=[faults.NOT_A_BOOLEAN]) from error
