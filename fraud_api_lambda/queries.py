"""Query parameters: `explain`, and no other.

Declared, it would cost each request as much as the features do.
"""

from typing import Final

from fastapi import Request
from pydantic import TypeAdapter, ValidationError

from fraud_api_lambda import faults
from fraud_api_lambda.problems import INVALID_VALUE, ProblemError

PARAMETERS: Final = {"/predict": ("explain",), "/predict/batch": ("explain",)}
"""Of the routes that have any."""

YES_OR_NO: Final = TypeAdapter(bool)


def check(request: Request, route: str) -> None:
    """Refuse a query with a parameter that the route does not have, or has twice."""
    names = [name for name, _ in request.query_params.multi_items()]
    found = faults.of_query(names, PARAMETERS.get(route, ()))
    if found:
        raise ProblemError(INVALID_VALUE, errors=found)


def explain(request: Request) -> bool:
    """Whether the answer shall be explained."""
    if not request.scope["query_string"]:
        return False
    try:
        return YES_OR_NO.validate_python(request.query_params.get("explain", "false"))
    except ValidationError as error:
        raise ProblemError(INVALID_VALUE, errors=[faults.NO_YES_OR_NO]) from error
