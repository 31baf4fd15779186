"""A fixture: the log of the API."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

import pytest

from fraud_api_lambda.web import logs


@pytest.fixture
def log_lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What has been logged so far, as Lambda's console would see it."""
    logger = logging.getLogger(logs.PACKAGE)
    before = logger.handlers[:], logger.level, logger.propagate
    console = io.StringIO()
    with redirect_stdout(console):
        logs.configure("INFO")
    yield lambda: [json.loads(line) for line in console.getvalue().splitlines()]
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])
