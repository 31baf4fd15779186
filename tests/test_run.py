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

import pytest

from training.local.processes import free_port

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Life:
    """The output of a run, its answers, and how it ended."""

    said: str
    curl: dict[str, object]
    docs: str
    exit_code: int
    is_silent: bool
    errors_before_serving: str
    errors: str


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """`python -m training run` on a small simulation, from its start to Ctrl-C."""
    port, out = free_port(), tmp_path_factory.mktemp("run") / "model"
    errors = out.with_name("errors")
    options = ["--rows", "20000", "--port", str(port), "--out", str(out)]
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
        curl = subprocess.run(
            shlex.split(re.findall(r"^curl .*", said, re.MULTILINE)[0]),
            capture_output=True,
            check=True,
        )
        with urllib.request.urlopen(re.findall(r"Docs: (\S+)", said)[0]) as response:
            docs = response.read().decode()
        process.send_signal(signal.SIGINT)
        exit_code = process.wait(timeout=120)
    with socket.socket() as probe:
        is_silent = probe.connect_ex(("127.0.0.1", port)) != 0
    return Life(
        said,
        json.loads(curl.stdout),
        docs,
        exit_code,
        is_silent,
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
    assert re.search(r"^decision-time +0\.\d", life.said, re.MULTILINE)


def test_the_printed_curl_command_gets_an_answer(life: Life) -> None:
    assert life.curl["is_fraud"] is True


def test_the_docs_page_is_served(life: Life) -> None:
    assert "swagger-ui" in life.docs


def test_ctrl_c_stops_the_run_and_leaves_nothing_behind(life: Life) -> None:
    assert life.exit_code == 0
    assert life.is_silent
