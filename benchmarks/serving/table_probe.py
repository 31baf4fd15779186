"""The shortest exchanges with the table, timed like a stack: how long it makes a caller wait.

Runs in the environment of our stack, so it needs only the standard library.
"""

import os
from functools import cache
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit


def handler(event: dict[str, str], _: object) -> dict[str, Any]:
    """Send an operation without content, over a kept connection."""
    headers = {"x-amz-target": f"DynamoDB_20120810.{event['operation']}"}
    connection().request("POST", "/", b"{}", headers)
    with connection().getresponse() as response:
        return {"statusCode": response.status, "body": response.read().decode()}


@cache
def connection() -> HTTPConnection:
    """The connection, which stays open."""
    endpoint = urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
    return HTTPConnection(str(endpoint.hostname), endpoint.port, timeout=10)
