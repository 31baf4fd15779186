"""The route of an API Gateway event: the one that the gateway matched.

The path of the event is the caller's. It may start with the base path of a custom domain or with a
stage, and end with a slash, so the path alone does not identify the route.
"""

import re
from typing import Any, Final

PARAMETER: Final = re.compile(r"\{([A-Za-z_]+)\}")
"""A parameter of a route, for one part of the path."""

Event = dict[str, Any]
"""An event as AWS sends it, unchecked."""

ENCODED_SLASH: Final = re.compile("%2f", re.IGNORECASE)


def with_matched_path(event: Event) -> Event:
    """The event with the matched route as its path, independent of base path and stage.

    Parameters
    ----------
    event : dict
        Of a REST API (payload 1.0), an HTTP API (1.0 or 2.0) or a function's URL (2.0).

    Raises
    ------
    KeyError, TypeError, AttributeError
        If it is not an event of an API.
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
    """The text. The framework would fail on other values, with status 500."""
    if not isinstance(value, str):
        raise TypeError("the path or the method is not a text")
    return value


def _path(event: Event, called: str, matched: str) -> str:
    """The path of the route; `matched` is a resource, or no path for a default route."""
    if not matched.startswith("/"):
        return _as_a_resource(_without_stage(called, event["requestContext"].get("stage")))
    given = event.get("pathParameters") or {}
    if matched.endswith("+}"):
        part = given.get(matched.rpartition("{")[2].rstrip("+}"))
        return _as_a_resource(called if part is None else f"/{part}")
    return _as_a_resource(PARAMETER.sub(lambda name: _text(given[name[1]]), matched))


def _without_stage(called: str, stage: str | None) -> str:
    """The path without its stage, which an HTTP API puts in front and a REST API does not."""
    is_there = stage and f"{called}/".startswith(f"/{stage}/")
    return called.removeprefix(f"/{stage}") if is_there else called


def _as_a_resource(path: str) -> str:
    """A path as the gateway matches it: a final slash is ignored, an encoded slash is no separator.

    Mangum decodes the path, so an encoded slash is encoded twice here.
    """
    return ENCODED_SLASH.sub("%252F", path.removesuffix("/")) or "/"
