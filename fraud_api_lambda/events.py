"""Which route an event of API Gateway asks for: the one that the gateway matched.

The event's path is the caller's. It may begin with a custom domain's base path or with a stage,
and end with a slash; nothing in it tells these from a route.
"""

import re
from typing import Any, Final

Event = dict[str, Any]
"""An event as AWS sends it; `with_matched_path` relies on nothing in it."""

ENCODED_SLASH: Final = re.compile("%2f", re.IGNORECASE)


def with_matched_path(event: Event) -> Event:
    """The event with our route as its path, whatever the API is mounted on.

    Parameters
    ----------
    event : dict
        Of a REST API (payload 1.0), an HTTP API (1.0 or 2.0) or a function's URL (2.0).

    Raises
    ------
    KeyError, TypeError, AttributeError
        If it is the event of no API.
    """
    context = event["requestContext"]
    if "http" in context:
        http = context["http"]
        _text(http["method"])
        path = _path(event, _text(event["rawPath"]), event["routeKey"].partition(" ")[2])
        if path == http["path"]:
            return event
        return {**event, "requestContext": {**context, "http": {**http, "path": path}}}
    _text(event["httpMethod"])
    path = _path(event, _text(event["path"]), event.get("resource", ""))
    return event if path == event["path"] else {**event, "path": path}


def _text(value: object) -> str:
    """A text; else the framework would fail later, as if the fault were ours."""
    if not isinstance(value, str):
        raise TypeError("the path or the method is no text")
    return value


def _path(event: Event, called: str, matched: str) -> str:
    """The path of our route; `matched` is a resource, or no path where the API has a default."""
    if not matched.startswith("/"):
        return _as_a_resource(_without_stage(called, event["requestContext"].get("stage")))
    if not matched.endswith("}"):
        return matched
    name = matched.rpartition("{")[2].rstrip("+}")
    part = (event.get("pathParameters") or {}).get(name)
    return _as_a_resource(called if part is None else f"/{part}")


def _without_stage(called: str, stage: str | None) -> str:
    """An HTTP API puts a named stage before the path; a REST API does not."""
    is_there = stage and f"{called}/".startswith(f"/{stage}/")
    return called.removeprefix(f"/{stage}") if is_there else called


def _as_a_resource(path: str) -> str:
    """A path as the gateway matches it: one slash at its end is nothing, an encoded one no slash.

    Mangum decodes the path, so what must stay encoded is encoded once more.
    """
    return ENCODED_SLASH.sub("%252F", path.removesuffix("/")) or "/"
