"""Local stand-ins stop with their parent, and the smoke script detects a wrong API."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Assessment, Decision
from fraud_api_lambda.domain.payment import Payment
from tests.bundles import make_bundle
from tests.emulator import NEEDS_EMULATOR
from tests.fakes import ReadyProvider
from tests.fakes import served as live
from training.errors import CommandError, InputError
from training.local.aws import LocalAws, local_aws
from training.local.processes import environment, free_port, served
from training.local.run import _examples, _post_examples
from training.local.sam import find_engine

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
SMOKE = ROOT / ".ci" / "smoke"

HOLD_LOCAL_AWS = """
import signal
from training.local.aws import LocalAws, local_aws
with local_aws() as aws:
    print(aws.port, flush=True)
    signal.pause()
"""

HOLD_THE_EMULATOR = """
import signal
from training.local.emulator import emulator
with emulator() as port:
    print(port, flush=True)
    signal.pause()
"""

HOLD_A_SERVER = """
import signal
from training.local.processes import LOOPBACK, free_port, served
port = free_port()
with served("http.server", "-b", LOOPBACK, str(port), port=port, path="/"):
    print(port, flush=True)
    signal.pause()
"""


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until_silent(port: int, seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while answers(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not answers(port)


class FakeScorer:
    """Has a real model's examples; flags transfers of the whole balance, or as told by `always`."""

    version = "0123456789abcdef"

    def __init__(self, *, always: bool | None = None, **examples: Any) -> None:
        self.always = always
        bundle = read(make_bundle())
        self.bundle = replace(bundle, examples=replace(bundle.examples, **examples))

    def assess(self, payment: Payment, *, explain: bool = False) -> Assessment:  # noqa: ARG002
        emptied = payment.facts.amount == payment.facts.balance
        is_fraud = emptied if self.always is None else self.always
        return Assessment(
            fraud_probability=0.9 if is_fraud else 0.1,
            threshold=0.5,
            is_fraud=is_fraud,
            decision=Decision.BLOCK if is_fraud else Decision.APPROVE,
            reasons=(),
        )


def live_api(scorer: FakeScorer) -> AbstractContextManager[str]:
    from fraud_api_lambda.web.app import create_app

    return live(create_app(ReadyProvider(scorer)))


@contextmanager
def engine(version: dict[str, Any]) -> Iterator[str]:
    """A container engine that only answers requests for its version."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(version).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()


def smoke(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SMOKE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_local_aws_has_a_versioned_bucket_and_parameters_and_stops_with_its_block() -> None:
    with local_aws() as aws, environment(aws.environment):
        versioning = boto3.client("s3").get_bucket_versioning(Bucket=aws.bucket)
        ssm = boto3.client("ssm")
        ssm.put_parameter(Name=aws.parameter, Value="pointer", Type="String")

        assert versioning["Status"] == "Enabled"
        assert ssm.get_parameter(Name=aws.parameter)["Parameter"]["Value"] == "pointer"

    assert not answers(aws.port)


def test_a_container_reaches_the_bucket_by_its_own_name_for_this_machine(moto: LocalAws) -> None:
    connection = HTTPConnection("127.0.0.1", moto.port)
    connection.request(
        "GET", f"/{moto.bucket}?versioning", headers={"Host": "host.containers.internal"}
    )
    body = connection.getresponse().read()
    connection.close()

    assert b"<Status>Enabled</Status>" in body


@pytest.mark.parametrize(
    ("holder", "end"),
    [
        pytest.param(HOLD_LOCAL_AWS, signal.SIGKILL, id="local AWS, killed"),
        pytest.param(
            HOLD_THE_EMULATOR, signal.SIGKILL, id="the emulator, killed", marks=NEEDS_EMULATOR
        ),
        pytest.param(HOLD_A_SERVER, signal.SIGKILL, id="a server, killed"),
        pytest.param(HOLD_A_SERVER, signal.SIGTERM, id="a server, terminated"),
        pytest.param(HOLD_A_SERVER, signal.SIGINT, id="a server, interrupted"),
    ],
)
def test_a_server_ends_with_its_parent(holder: str, end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", holder],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        was_up = answers(port)
        parent.send_signal(end)

    assert was_up
    assert wait_until_silent(port)


def test_a_port_in_use_is_reported_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        with pytest.raises(InputError, match=rf"^port {port} cannot be used \(.*\); .*$"):
            free_port(port)


def test_a_server_that_ends_at_once_is_named_with_its_exit_code_and_its_own_words(
    capfd: pytest.CaptureFixture[str],
) -> None:
    port = free_port()

    with (
        pytest.raises(CommandError, match=r"^moto\.server does not answer .* \(exit code 2\)$"),
        served("moto.server", "--no-such-option", port=port, path="/"),
    ):
        pass

    assert "unrecognized arguments: --no-such-option" in capfd.readouterr().err


def test_the_aws_settings_of_the_user_are_set_aside_and_restored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("FRAUD_TABLE", "mine")
    monkeypatch.setenv("FRAUD_LOG_LEVEL", "DEBUG")

    with environment({"AWS_DEFAULT_REGION": "us-east-1"}):
        names = [name for name in os.environ if name.startswith(("AWS_", "FRAUD_"))]

    assert sorted(names) == ["AWS_DEFAULT_REGION", "FRAUD_LOG_LEVEL"]
    assert os.environ["AWS_PROFILE"] == "mine"


@pytest.mark.parametrize(
    ("version", "host_name"),
    [
        ({"Components": [{"Name": "Podman Engine"}]}, "host.containers.internal"),
        ({"Components": [{"Name": "Engine"}]}, "host.docker.internal"),
    ],
)
def test_each_engine_has_its_own_name_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, version: dict[str, Any], host_name: str
) -> None:
    with engine(version) as address:
        monkeypatch.setenv("DOCKER_HOST", address)

        assert find_engine().host_name == host_name


def test_without_a_container_engine_one_line_names_the_alternative(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{free_port()}")

    with pytest.raises(CommandError, match=r"^no container engine answers: .*`make run`.*$"):
        find_engine()


SMOKED = ["health", "model", "stopped", "approved", "bad body"]


def test_the_smoke_script_passes_a_correct_api() -> None:
    with live_api(FakeScorer()) as url:
        done = smoke(f"{url}/", "some-key")

    assert done.stdout.splitlines() == [f"{name}: ok" for name in SMOKED]
    assert done.returncode == 0


@pytest.mark.parametrize(("always", "wrong"), [(False, "stopped"), (True, "approved")])
def test_the_smoke_script_fails_a_wrong_api(wrong: str, *, always: bool) -> None:
    with live_api(FakeScorer(always=always)) as url:
        done = smoke(url)

    failed = [line for line in done.stdout.splitlines() if "FAILED" in line]
    assert [line.split(":")[0] for line in failed] == [wrong]
    assert f'"decision":"{"block" if always else "approve"}"' in failed[0]
    assert done.returncode == 1


def test_the_smoke_script_skips_the_stopped_payment_of_a_model_without_one() -> None:
    with live_api(FakeScorer(stopped=None)) as url:
        done = smoke(url)

    said = {line.split(":")[0]: line.split(": ")[1] for line in done.stdout.splitlines()}
    assert said["stopped"] == "skipped, the model has no such example"
    assert said["approved"] == "ok"
    assert done.returncode == 0


@pytest.mark.parametrize("payer", ["C{1}", 'C}"{', "C\\", 'C"},"answer":{'])
def test_the_smoke_script_sends_an_example_with_any_text(payer: str) -> None:
    stopped = read(make_bundle()).examples.stopped
    assert stopped is not None
    odd = replace(stopped, transaction={**stopped.transaction, "nameOrig": payer})

    with live_api(FakeScorer(stopped=odd)) as url:
        done = smoke(url)

    assert done.stdout.splitlines() == [f"{name}: ok" for name in SMOKED]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [("stopped", {"decision": "approve"}), ("approved", {"fraud_probability": 0.123})],
)
def test_run_says_which_example_is_scored_otherwise_than_in_training(
    capsys: pytest.CaptureFixture[str], kind: str, wrong: dict[str, Any]
) -> None:
    from fraud_api_lambda.web.app import create_app

    scorer = Scorer.from_bundle(read(make_bundle()))
    with live(create_app(ReadyProvider(scorer))) as url:
        port = urlsplit(url).port
        assert port is not None
        examples = _examples(port)
        assert _post_examples(port, examples) == []
        examples[kind]["answer"] |= wrong

        assert _post_examples(port, examples) == [kind]

    assert capsys.readouterr().out.count(f"The {kind} payment is scored WRONGLY:") == 1


def test_the_smoke_script_fails_where_nothing_answers() -> None:
    done = smoke(f"http://127.0.0.1:{free_port()}")

    assert [line.split(",")[0] for line in done.stdout.splitlines()] == [
        f"{name}: FAILED" for name in SMOKED
    ]
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", [[], [""], ["url", "key", "review key", "more"]])
def test_the_smoke_script_prints_its_usage(arguments: list[str]) -> None:
    done = smoke(*arguments)

    assert done.stderr.startswith("usage: .ci/smoke URL [KEY [REVIEW_KEY]]")
    assert done.returncode == 2
