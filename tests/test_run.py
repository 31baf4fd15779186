"""`fraud run` goes from nothing to a live answer and leaves nothing running."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from tests.emulator import NEEDS_EMULATOR
from tests.once import once
from training.local.processes import environment, free_port

pytestmark = [pytest.mark.slow, NEEDS_EMULATOR]

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Life:
    """The output of a run, its answers, and how it ended."""

    said: str
    curl: dict[str, object]
    docs: str
    exports: dict[str, str]
    table_before: set[str]
    table: set[str]
    exit_code: int
    is_silent: bool
    errors_before_serving: str
    errors: str


def is_silent(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def keys(variables: dict[str, str]) -> set[str]:
    """The kinds of the items in the table: `P` of a record, `A` of an account's state."""
    with environment(variables):
        found = boto3.client("dynamodb").scan(TableName=variables["FRAUD_TABLE"])
    return {item["pk"]["S"].partition("#")[0] for item in found["Items"]}


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """`python -m training run` on a small simulation, from its start to Ctrl-C."""
    return once(tmp_path_factory, "run", lambda: lived(tmp_path_factory.mktemp("run") / "model"))


def lived(out: Path) -> Life:
    port = free_port()
    errors = out.with_name("errors")
    options = ["--rows", "40000", "--port", str(port), "--out", str(out)]
    with (
        errors.open("wb") as written,
        subprocess.Popen(
            [sys.executable, "-u", "-m", "training", "run", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=written,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        ) as process,
    ):
        assert process.stdout is not None
        said = ""
        while "until Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        before_serving = errors.read_text()
        exports = dict(re.findall(r"^export (\w+)=(\S+)$", said, re.MULTILINE))
        table_before = keys(exports)
        curl = subprocess.run(
            shlex.split(re.findall(r"^curl .*", said, re.MULTILINE)[0]),
            capture_output=True,
            check=True,
        )
        table = keys(exports)
        with urllib.request.urlopen(re.findall(r"Docs: (\S+)", said)[0]) as response:
            docs = response.read().decode()
        process.send_signal(signal.SIGINT)
        exit_code = process.wait(timeout=120)
    aws = urlsplit(exports["AWS_ENDPOINT_URL"]).port
    assert aws
    return Life(
        said,
        json.loads(curl.stdout),
        docs,
        exports,
        table_before,
        table,
        exit_code,
        all(map(is_silent, (port, aws))),
        before_serving,
        errors.read_text(),
    )


@pytest.mark.parametrize("kind", ["stopped", "approved"])
def test_the_models_own_examples_are_scored_correctly(life: Life, kind: str) -> None:
    assert f"The {kind} payment is scored correctly" in life.said


def test_the_log_of_the_api_is_quiet_until_it_serves(life: Life) -> None:
    assert "starting the API" in life.errors_before_serving
    assert "{" not in life.errors_before_serving
    assert life.errors.count('"message":"POST /predict 200"') == 1


def test_it_names_the_report(life: Life) -> None:
    assert re.search(r"^report: \S+/model/report\.html$", life.said, re.MULTILINE)


def test_the_output_gives_the_figures_on_later_days(life: Life) -> None:
    assert re.search(r"^history +0\.\d", life.said, re.MULTILINE)


def test_the_printed_curl_command_gets_an_answer(life: Life) -> None:
    assert life.curl["is_fraud"] is True


def test_the_first_payment_in_the_table_is_the_users_own(life: Life) -> None:
    assert life.table_before == set()
    assert life.table == {"P", "A"}


def test_the_printed_settings_are_those_that_the_commands_read(life: Life) -> None:
    assert set(life.exports) == {
        "AWS_ENDPOINT_URL",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "FRAUD_MODEL_BUCKET",
        "FRAUD_MODEL_PARAMETER",
        "FRAUD_TABLE",
        "FRAUD_SECRET_PARAMETER",
        "no_proxy",
    }


def test_the_docs_page_is_served(life: Life) -> None:
    assert "swagger-ui" in life.docs


def test_ctrl_c_stops_the_run_and_leaves_nothing_behind(life: Life) -> None:
    assert life.exit_code == 0
    assert life.is_silent
