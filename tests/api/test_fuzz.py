"""Whatever is sent is answered or refused: there is no body that makes the app fail."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.api.support import PAYMENT, PAYMENTS, POSTS, check_problem, sent

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=6,
)
FIELDS = st.sampled_from([*PAYMENT, "timestamp", "oldbalanceDest", "transaction_id"])
NEARLY = st.builds(lambda body, wrong: body | wrong, PAYMENTS, st.dictionaries(FIELDS, VALUES))
BODIES = VALUES | NEARLY | st.fixed_dictionaries({"transactions": st.lists(NEARLY | VALUES)})
TEXTS = BODIES.map(json.dumps).map(str.encode)


def check_answered(client: TestClient, path: str, body: bytes) -> None:
    """An answer or a refusal, but never a failure of ours."""
    response = sent(client, body, path)
    if response.status_code != 200:
        check_problem(response, response.status_code)
        assert response.status_code in (400, 413, 422)


@settings(max_examples=200)
@given(path=st.sampled_from(POSTS), body=st.binary())
def test_any_bytes_are_answered(client: TestClient, path: str, body: bytes) -> None:
    check_answered(client, path, body)


@settings(max_examples=200)
@given(path=st.sampled_from(POSTS), body=TEXTS)
def test_any_json_is_answered(client: TestClient, path: str, body: bytes) -> None:
    check_answered(client, path, body)


@pytest.mark.soak
@settings(max_examples=10_000)
@given(path=st.sampled_from(POSTS), body=st.binary() | TEXTS)
def test_ten_thousand_bodies_are_answered(client: TestClient, path: str, body: bytes) -> None:
    check_answered(client, path, body)
