"""Whatever is sent is answered or refused: there is no body that makes the app fail."""

from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.api.support import POSTS, TEXTS, check_problem, damaged, sent


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


@settings(max_examples=200)
@given(path=st.sampled_from(POSTS), body=damaged())
def test_any_damaged_json_is_answered(client: TestClient, path: str, body: bytes) -> None:
    check_answered(client, path, body)
