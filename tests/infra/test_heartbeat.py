"""The heartbeat asks as a caller does, and fails wherever a caller would be served ill."""

import importlib.util
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import pytest
from infra import ROOT

from training.processes import LOOPBACK

DIGEST = "0123456789abcdef" + "0" * 48
BEFORE = "fedcba9876543210" + "0" * 48
KEY = "the-callers-key"
ANSWER = {
    "is_fraud": True,
    "fraud_probability": 0.4,
    "decision": "block",
    "model_version": DIGEST[:16],
}


HANGS = object()
"""In an answer's place: the connection stays open and nothing comes."""


def load():
    """The handler, from the folder that becomes its zip."""
    path = ROOT / "bootstrap/heartbeat/handler.py"
    spec = importlib.util.spec_from_file_location("heartbeat", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class World(BaseHTTPRequestHandler):
    """API Gateway's control plane, SSM and the API itself, at one address."""

    def do_GET(self):
        assert self.path == "/apikeys/key-id?includeValue=true"
        self.send({"value": KEY})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers.get("x-amz-target") == "AmazonSSM.GetParameter":
            self.send({"Parameter": self.server.parameter})
            return
        self.server.asked.append((self.path, body, self.headers["x-api-key"]))
        status, answer = self.server.answers.pop(0)
        if answer is not HANGS:
            self.send(answer, status)
        else:
            self.server.closing.wait(10)

    def send(self, answer, status=200):
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.server.signatures.append(self.headers["authorization"])
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def world(monkeypatch):
    with ThreadingHTTPServer((LOOPBACK, 0), World) as server:
        server.answers, server.asked, server.signatures = [], [], []
        server.closing = Event()
        pointer = {"sha256": DIGEST, "previous": {"sha256": BEFORE}}
        server.parameter = {"Value": json.dumps(pointer), "LastModifiedDate": 0}
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        address = f"http://{LOOPBACK}:{server.server_port}"
        names = {
            **dict.fromkeys(("APIGATEWAY_URL", "SSM_URL"), address),
            "API_URL": f"{address}/live",
            "API_KEY_ID": "key-id",
            "MODEL_PARAMETER": "/fraud/model",
            "AWS_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "token",
            "no_proxy": LOOPBACK,
        }
        for name, value in names.items():
            monkeypatch.setenv(name, value)
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def heartbeat(monkeypatch):
    module = load()
    monkeypatch.setattr(module, "PAUSE_S", 0)
    return module


def test_a_right_answer_is_reported_with_its_model(world, heartbeat, capsys):
    world.answers = [(200, ANSWER)]

    gist = heartbeat.handler({}, None)

    assert gist["model_version"] == DIGEST[:16]
    assert world.asked == [("/live/predict", heartbeat.PAYMENT, KEY)]
    assert KEY not in capsys.readouterr().out
    assert all(each.startswith("AWS4-HMAC-SHA256 Credential=") for each in world.signatures)


WRONG = {
    "an error": (500, {"title": "The request failed"}),
    "a refused key": (403, {"title": "The key is missing or wrong"}),
    "an approved fraud": (200, {**ANSWER, "decision": "approve"}),
    "no fraud": (200, {**ANSWER, "is_fraud": False}),
    "another model": (200, {**ANSWER, "model_version": "0" * 16}),
    "no probability": (200, {**ANSWER, "fraud_probability": None}),
    "a certainty": (200, {**ANSWER, "fraud_probability": 1.0}),
    "no JSON": (200, b"<html>"),
    "a list": (200, [ANSWER]),
}


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_a_wrong_answer_twice_is_a_failure_that_the_metric_counts(world, heartbeat, answer):
    world.answers = [answer, answer]

    with pytest.raises(heartbeat.HeartbeatError, match="predict"):
        heartbeat.handler({}, None)

    assert world.answers == []


def test_one_cold_start_wakes_nobody(world, heartbeat):
    world.answers = [WRONG["an error"], (200, ANSWER)]

    assert heartbeat.handler({}, None)["decision"] == "block"


@pytest.mark.parametrize(("age_s", "is_right"), [(10, True), (3_600, False)])
def test_the_model_before_may_answer_for_a_while_after_a_promotion(
    world, heartbeat, age_s, is_right
):
    world.parameter["LastModifiedDate"] = time.time() - age_s
    world.answers = [(200, {**ANSWER, "model_version": BEFORE[:16]})] * 2

    if is_right:
        assert heartbeat.handler({}, None)["model_version"] == BEFORE[:16]
    else:
        with pytest.raises(heartbeat.HeartbeatError, match="the pointer names"):
            heartbeat.handler({}, None)


def test_an_api_that_hangs_is_not_waited_for(world, heartbeat, monkeypatch):
    monkeypatch.setattr(heartbeat, "TIMEOUT_S", 0.1)
    world.answers = [(200, HANGS)] * 2

    with pytest.raises(heartbeat.HeartbeatError, match=r"no answer \(TimeoutError\)"):
        heartbeat.handler({}, None)


def test_a_pointer_that_is_none_is_named(world, heartbeat):
    world.parameter["Value"] = "a name of before"
    world.answers = [(200, ANSWER)] * 2

    with pytest.raises(heartbeat.HeartbeatError, match="/fraud/model holds no pointer"):
        heartbeat.handler({}, None)


@pytest.mark.usefixtures("world")
def test_an_api_that_does_not_answer_is_a_failure(heartbeat, monkeypatch):
    monkeypatch.setenv("API_URL", "http://127.0.0.1:1/live")

    with pytest.raises(heartbeat.HeartbeatError, match="no answer"):
        heartbeat.handler({}, None)


def test_it_needs_the_standard_library_only():
    text = (ROOT / "bootstrap/heartbeat/handler.py").read_text()

    assert "boto3" not in text
    assert "fraud_api_lambda" not in text


def test_its_payment_is_the_example_that_no_model_may_approve():
    from fraud_api_lambda.examples import FRAUD

    assert {name: value for name, value in FRAUD.items() if value is not None} == load().PAYMENT
