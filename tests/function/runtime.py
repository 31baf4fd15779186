"""Our handler under AWS's own runtime client and interface emulator."""

import json
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.bundles import make_bundle, write_model
from tests.waiting import wait_for
from training.local.aws import LocalAws
from training.local.processes import LOOPBACK, ROOT, environment, free_port, request
from training.local.registry import serve_from

EVENTS = ROOT / "tests" / "events"
RAPID = ROOT / ".venv-sam/lib/python3.13/site-packages/samcli/local/rapid"
EMULATORS = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}
PATH = "/2015-03-31/functions/function/invocations"

STATUSES = {
    "fraud": 200,
    "genuine": 200,
    "bad_body": 422,
    "malformed_json": 400,
    "health": 200,
    "model": 200,
    "unknown_route": 404,
}
"""The recorded events, by what they ask, and how they are answered."""

PROBLEMS = [case for case, status in STATUSES.items() if status >= 400]
KINDS = ("rest_v1", "http_v2")
SAM_LOCAL = [case for case in STATUSES if case != "unknown_route"]
"""What `sam local start-api` passes on, as a REST API would: an unknown route it answers itself."""

MOUNTED = (
    "rest_v1_base_path",
    "rest_v1_trailing_slash",
    "rest_v1_proxy_base_path",
    "http_v1_proxy_named_stage",
    "http_v2_base_path",
    "http_v2_proxy_named_stage",
    "http_v2_default_route",
)
"""Events of the genuine payment, sent to APIs that are not at the root of their host."""


def event(name: str) -> dict[str, Any]:
    """A recorded event."""
    recorded: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_bytes())
    return recorded


def without_ids(answer: dict[str, Any]) -> tuple[int, str, dict[str, Any]]:
    """Status, media type and body of an answer, without what is new in each."""
    body = json.loads(answer["body"])
    for name in ("prediction_id", "request_id"):
        body.pop(name, None)
    return answer["statusCode"], answer["headers"]["content-type"], body


def publish_model(aws: LocalAws, directory: Path) -> None:
    """Publish a small bundle and point at it."""
    write_model(directory, make_bundle())
    with environment(aws.environment):
        # moto imports a service when first called; on a busy machine that outlasts our timeouts.
        with closing(boto3.client("ssm")) as patient:
            patient.describe_parameters()
        serve_from(aws, directory)


@dataclass
class Runtime:
    """A running emulator; ask it one thing at a time, for it panics otherwise."""

    process: subprocess.Popen[bytes]
    port: int
    output: Path
    invocations: int = 0

    def invoke(self, sent: Any) -> Any:
        """What the function answers to an event."""
        return json.loads(self.invoke_raw(sent))

    def invoke_raw(self, sent: Any) -> str:
        """What the emulator sends for an event: if the function cannot answer, its own words."""
        assert self.process.poll() is None, self.output.read_text()
        self.invocations += 1
        return request(self.port, "POST", PATH, sent)[1].decode()

    @property
    def function(self) -> int:
        """The id of the process that runs our handler, as it is now."""
        threads = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        (child,) = " ".join(each.read_text() for each in threads).split()
        return int(child)

    def resident_kib(self) -> int:
        """The memory that the function's process holds."""
        status = Path(f"/proc/{self.function}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0])

    def invoke_until(self, status: int, sent: Any) -> Any:
        """The answer once it has this status, asking again as Retry-After has it."""
        for _ in range(10):
            answer = self.invoke(sent)
            if answer["statusCode"] == status:
                break
            time.sleep(int(answer["headers"]["retry-after"]))
        return answer

    def log(self) -> list[str]:
        """The lines that the function wrote so far, without the emulator's."""
        wait_for(lambda: self.output.read_text().count("\nREPORT ") >= self.invocations)
        return [
            line
            for line in self.output.read_text().splitlines()
            if not line.startswith(("START ", "END ", "REPORT ")) and "(rapid)" not in line
        ]

    def requests(self) -> list[dict[str, Any]]:
        """The log lines of requests."""
        return [line for line in map(json.loads, self.log()) if "latency_ms" in line]


def emulator(directory: Path) -> Path:
    """The emulator that aws-sam-cli brings, made executable."""
    name = EMULATORS.get(platform.machine()) if sys.platform == "linux" else None
    if name is None:
        pytest.skip(f"no Lambda emulator for {sys.platform} on {platform.machine()}")
    if not (RAPID / name).exists():
        pytest.skip(f"no {RAPID / name}; make it with .ci/setup")
    if os.access(RAPID / name, os.X_OK):
        return RAPID / name
    copy = Path(shutil.copy(RAPID / name, directory))
    copy.chmod(0o755)
    return copy


@contextmanager
def running(variables: Mapping[str, str], directory: Path) -> Iterator[Runtime]:
    """Run the function until the end of the block; `directory` takes what it writes."""
    port, api_port, output = free_port(), free_port(), directory / "output"
    command = [
        str(emulator(directory)),
        *("--runtime-interface-emulator-address", f"{LOOPBACK}:{port}"),
        *("--runtime-api-address", f"{LOOPBACK}:{api_port}"),
        *(sys.executable, "-m", "awslambdaric", "fraud_api_lambda.handler.handler"),
    ]
    with (
        output.open("wb") as file,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=file,
            stderr=file,
            start_new_session=True,
        ) as process,
    ):
        try:
            _wait_until_up(process, port, output)
            yield Runtime(process, port, output)
        finally:
            _stop(process)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    def is_up() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, port)) == 0

    wait_for(lambda: process.poll() is not None or is_up())
    if not is_up():
        pytest.fail(f"the emulator does not answer: {output.read_text()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    # Asked politely it takes the function with it, which is in a process group of its own.
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
