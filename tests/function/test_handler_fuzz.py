"""Whatever event it is given, the handler answers: it never fails, and repeats nothing sent."""

import json
from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.support import CANARY, POSTS, TEXTS, VALUES, check_problem, damaged
from tests.function.in_process import CONTEXT, Handler, response
from tests.function.runtime import event

SOAK = 10_000
RECORDED = [
    event(name)
    for name in (
        "rest_v1_fraud",
        "rest_v1_fraud_base64",
        "rest_v1_health",
        "http_v2_genuine",
        "http_v2_model",
        "http_v2_default_route",
        "http_v1_proxy_named_stage",
        "rest_v1_proxy_base_path",
        "sam_local_fraud",
    )
]


def posted(kind: str, path: str, body: bytes, *, encoded: bool) -> dict[str, Any]:
    """An event that posts these bytes."""
    sent = event(f"{kind}_fraud")
    text = b64encode(body).decode() if encoded else body.decode("utf-8", "replace")
    sent |= {"body": text, "isBase64Encoded": encoded}
    if kind == "rest_v1":
        return {**sent, "path": path, "resource": path}
    sent |= {"routeKey": f"POST {path}", "rawPath": path}
    sent["requestContext"]["http"]["path"] = path
    return sent


POSTED = st.builds(
    posted,
    st.sampled_from(["rest_v1", "http_v2"]),
    st.sampled_from(POSTS),
    st.binary() | TEXTS | damaged(),
    encoded=st.booleans(),
)


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything in an event."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, each in inside:
        yield (*way, key)
        if isinstance(each, dict | list):
            yield from places(each, (*way, key))


TELLING = st.sampled_from(
    ["POST", "DELETE", "/predict", "/health", f"/{CANARY}", f"explain={CANARY}", "%ff", "\u00e9"]
)


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """A recorded event, in which up to three things are gone or replaced by anything."""
    sent = deepcopy(draw(st.sampled_from(RECORDED)))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(places(sent))))
        inside = sent
        for key in way:
            inside = inside[key]
        if draw(st.booleans()):
            inside[last] = draw(VALUES | TELLING)
        else:
            del inside[last]
    return sent


def check(handler: Handler, sent: Any, statuses: set[int]) -> None:
    """An answer of one of these statuses; if it is a problem, one that repeats nothing."""
    answer = handler(sent, CONTEXT)
    json.dumps(answer).encode()
    assert answer["statusCode"] in statuses
    if answer["statusCode"] == 200:
        results = json.loads(answer["body"]).get("results", [])
        assert CANARY not in json.dumps([each["problem"] for each in results if "problem" in each])
        return
    check_problem(response(answer), answer["statusCode"])
    assert CANARY not in answer["body"].replace(answer["headers"]["x-request-id"], "")


def fuzz(handler: Handler, events: st.SearchStrategy[Any], statuses: set[int], count: int) -> None:
    asked = 0

    @settings(max_examples=count)
    @given(events.map(json.dumps))  # as Lambda gets them; and any failure can be printed
    def ask(sent: Any) -> None:
        nonlocal asked
        asked += 1
        check(handler, json.loads(sent), statuses)

    ask()
    assert asked >= count


def test_any_body_is_answered_or_refused(handler: Handler) -> None:
    fuzz(handler, POSTED, {200, 400, 413, 422}, 400)


def test_any_event_is_answered_or_refused(handler: Handler) -> None:
    fuzz(handler, bent() | VALUES, {200, 400, 404, 405, 413, 415, 422}, 400)


@pytest.mark.soak
def test_ten_thousand_bodies_are_answered_or_refused(handler: Handler) -> None:
    fuzz(handler, POSTED, {200, 400, 413, 422}, SOAK)


@pytest.mark.soak
def test_ten_thousand_events_are_answered_or_refused(handler: Handler) -> None:
    fuzz(handler, bent() | VALUES, {200, 400, 404, 405, 413, 415, 422}, SOAK)
