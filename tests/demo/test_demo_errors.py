"""Whatever goes wrong is told in words that say what to do, and never tells the key."""

import json
import re
import socket
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from console.api import Api
from console.built_in import PAYSIM
from console.errors import ApiError
from console.payments import read_payment, write_amount
from console.schema import Schema
from tests.demo.conftest import KEY, Open, Responses, answering, metric, sent
from training.local.processes import free_port

PAGES = ("score", "what_if", "stream", "upload", "model")
WRONG_ACCOUNT = "write 1 to 64 printable ASCII characters"
WRONG_AMOUNT = "write a number such as 1,234.56"
PROBLEM = {"request_id": "7c1f8a52", "detail": "secret internals"}


def told(app: AppTest) -> str:
    """The one error that a page shows."""
    (error,) = app.error
    return f"{error.proto.title}: {error.value}"


def words_of(api: Api) -> str:
    """The error when the API is asked for its model, as a page would show it."""
    with pytest.raises(ApiError) as caught:
        api.model()
    return f"{caught.value.title}: {caught.value.advice}"


@pytest.mark.parametrize("name", PAGES)
def test_an_api_that_cannot_be_reached_is_named_on_every_page(opened: Open, name: str) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    app = opened(url, name, KEY)

    assert not app.exception
    assert told(app) == (
        f"The API cannot be reached: Nothing answers at {url}. "
        "Is it running, and is the address right?"
    )
    assert app.button("again-page").label == "Try again"
    assert KEY not in sent(app)


CASES: list[tuple[int, Any, dict[str, str], str]] = [
    (403, PROBLEM, {}, "The key was refused: The API does not accept the key in `FRAUD_API_KEY`."),
    (429, PROBLEM, {}, "Too many requests: The API's rate limit is reached. Wait a moment"),
    (503, PROBLEM, {"Retry-After": "7"}, "The model is not ready: .* Try again in 7 s."),
    (503, PROBLEM, {"Retry-After": "soon"}, "The model is not ready: .* Try again in a moment."),
    (500, PROBLEM, {}, r"The API failed \(status 500\): .* request id 7c1f8a52."),
    (502, b"<html>", {}, r"The API failed \(status 502\): Try again in a moment.$"),
    (302, b"", {"Location": "/"}, r"The API failed \(status 302\)"),
    (200, b"<html>", {}, "This is not the fraud API: The service at http"),
    (200, [1], {}, "This is not the fraud API: The service at http"),
]


@pytest.mark.parametrize(("status", "body", "headers", "words"), CASES)
def test_an_answer_that_is_no_model_is_explained_in_words(
    status: int, body: Any, headers: dict[str, str], words: str
) -> None:
    with answering({"/model": (status, body)}, headers) as server:
        explained = words_of(Api(server.url, KEY))

    assert re.search(words, explained)
    assert "secret internals" not in explained
    assert KEY not in explained


def test_an_api_that_asks_for_a_key_says_where_to_put_it() -> None:
    with answering({"/model": (403, PROBLEM)}) as server:
        explained = words_of(Api(server.url))

    assert explained.startswith("The API asks for a key: Set `FRAUD_API_KEY`")


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000"])
def test_without_an_address_the_error_says_how_to_give_one(url: str) -> None:
    assert words_of(Api(url)).startswith("No API address is set: Set `FRAUD_API_URL`")


@pytest.mark.parametrize("key", ["line\nbreak", "cl\u00e9\N{SNOWMAN}"])
def test_a_key_that_cannot_be_sent_is_not_repeated(api: str, key: str) -> None:
    explained = words_of(Api(api, key))

    assert explained.startswith("The key cannot be sent: `FRAUD_API_KEY` contains")
    assert key not in explained


def test_the_key_goes_to_the_api_in_its_header() -> None:
    with answering({"/model": (200, {"version": "1"})}) as server:
        Api(server.url, KEY).model()
        keys = {headers["x-api-key"] for _, headers, _ in server.requests}

    assert keys == {KEY}


def test_a_secret_of_the_app_comes_before_the_environment(opened: Open, api: str) -> None:
    app = opened("http://127.0.0.1:9")
    app.secrets["FRAUD_API_URL"] = api
    del app.session_state["api"]
    app.run()

    assert not app.error


def test_trying_again_shows_the_model_once_it_is_ready(opened: Open, api: str) -> None:
    responses: Responses = {"/model": (503, PROBLEM)}
    with answering(responses, {"Retry-After": "1"}) as server:
        app = opened(server.url, "model")
        before = told(app)
        responses["/model"] = (200, Api(api).model())
        app.button("again-page").click().run()

    assert before.startswith("The model is not ready")
    assert not app.error
    assert "API ready" in sent(app)


def test_a_throttled_answer_leaves_the_form_to_try_again(opened: Open, api: str) -> None:
    known = Api(api).model()
    with answering({"/model": (200, known), "/predict": (429, PROBLEM)}) as server:
        app = opened(server.url)

    amount = known["examples"]["stopped"]["transaction"]["amount"]
    assert told(app).startswith("Too many requests")
    assert app.text_input("pay_amount").value == write_amount(amount)
    assert app.button("again-answer").label == "Try again"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [("pay_nameOrig", "two words", WRONG_ACCOUNT), ("pay_oldbalanceOrg", "NaN", WRONG_AMOUNT)],
    ids=["refused by the API", "not read as a number"],
)
def test_a_value_that_is_not_allowed_is_told_at_its_field(
    opened: Open, api: str, key: str, value: str, words: str
) -> None:
    app = opened(api)
    app.text_input(key).set_value(value).run()

    summary, at_field = app.error
    order = [each.key or each.type for each in app.main if each.type in {"text_input", "error"}]
    assert not app.exception
    assert at_field.value.startswith(words)
    assert order[order.index(key) + 1] == "error"
    assert summary.proto.title == "A value is not allowed"
    assert not app.header


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("amount", "-5", "write 0 or more"),
        ("amount", "1.300.000,00", WRONG_AMOUNT),
        ("oldbalanceOrg", "2,000,000,000,000", "write 1,000,000,000,000 or less"),
        ("nameDest", "", WRONG_ACCOUNT),
    ],
)
def test_a_value_that_is_not_allowed_is_a_fault_of_its_field(
    api: str, name: str, value: str, words: str
) -> None:
    schema = Schema.of(Api(api).model())
    written = {**PAYSIM.presets["Mule"], "amount": "1", "oldbalanceOrg": "2", name: value}

    with pytest.raises(ApiError) as caught:
        Api(api).predict(read_payment(written, schema))

    ((at_field, fault),) = caught.value.faults.items()
    assert at_field == name
    assert fault.startswith(words)


def test_two_wrong_amounts_are_told_at_once(opened: Open, api: str) -> None:
    app = opened(api)
    app.text_input("pay_amount").set_value("much")
    app.text_input("pay_oldbalanceOrg").set_value("more").run()

    assert len(app.error) == 3


def test_a_stream_that_is_interrupted_says_so_and_goes_on(opened: Open, api: str) -> None:
    good = {
        "fraud_probability": 0.1,
        "decision": "approve",
        "reasons": [],
        "expected_costs": {"approve": 1.0, "review": 2.0, "block": 3.0},
        "degraded": [],
    }
    responses: Responses = {
        "/model": (200, Api(api).model()),
        "/predict/batch": (429, PROBLEM),
    }
    with answering(responses) as server:
        app = opened(server.url, "stream")
        app.button("play").click().run()
        interrupted = told(app)
        responses["/predict/batch"] = (200, {"results": [good] * 20})
        app.button("again-stream").click().run()

    assert interrupted.startswith("Too many requests")
    assert not app.error
    assert metric(app, "Scored") == "20 of 1,000"


def test_a_batch_that_is_refused_in_part_is_told(opened: Open, api: str) -> None:
    errors = [{"detail": "too much", "pointer": "#/transactions/0/amount"}]
    refused = {"results": [{"problem": {"errors": errors}}]}
    responses: Responses = {"/model": (200, Api(api).model()), "/predict/batch": (200, refused)}
    with answering(responses) as server:
        app = opened(server.url, "what_if")

    assert told(app) == "A value is not allowed: Amount: too much"


def test_an_api_that_stays_silent_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("console.connection.TIMEOUT_S", (1, 0.2))

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ApiError) as error:
            Api(url, KEY).model()

    assert error.value.title == "The API does not answer"
    assert KEY not in json.dumps([error.value.title, error.value.advice, str(error.value)])


def test_another_host_is_never_sent_the_key() -> None:

    with answering({"/model": (200, {})}) as other:
        headers = {"Location": f"{other.url}/model"}
        with answering({"/model": (307, b"")}, headers) as server, pytest.raises(ApiError):
            Api(server.url, KEY).model()

    assert other.requests == []
