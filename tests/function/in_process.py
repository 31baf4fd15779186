"""Our handler in this process: imported anew, asked, and its answer as a response."""

import importlib
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from training.local.processes import environment

type Handler = Callable[[Any, Any], dict[str, Any]]
"""Our handler; a test may give it any event."""

MODULE = "fraud_api_lambda.handler"
CONTEXT = SimpleNamespace(aws_request_id="11111111-2222-4333-8444-555555555555")


@contextmanager
def imported(variables: Mapping[str, str]) -> Iterator[Handler]:
    """The handler, imported anew under these variables; no trace of it is left."""
    package = logging.getLogger("fraud_api_lambda")
    before = package.handlers[:], package.level, package.propagate
    with pytest.MonkeyPatch.context() as patch, environment(variables):
        for name in {"FRAUD_MODEL_BUCKET", "FRAUD_MODEL_PARAMETER"} - set(variables):
            patch.delenv(name, raising=False)
        patch.delitem(sys.modules, MODULE, raising=False)
        handler: Handler = importlib.import_module(MODULE).handler
        yield handler
    sys.modules.pop(MODULE, None)
    package.handlers[:], package.level, package.propagate = before


def response(answer: dict[str, Any]) -> httpx2.Response:
    """What a caller of the gateway would get for this answer."""
    assert answer["isBase64Encoded"] is False
    return httpx2.Response(answer["statusCode"], headers=answer["headers"], text=answer["body"])
