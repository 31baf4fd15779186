"""The image under `sam local`: one event, then a REST API on localhost."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from fraud_api_lambda.decisions.bundle import version_of
from tests.bundles import make_bundle
from tests.function import runtime
from tests.image.commands import answers, run, serving
from tests.image.conftest import Podman, Step
from tests.transactions import FRAUD
from training.local.processes import LOOPBACK, ROOT, free_port, request
from training.local.sam import ContainerEngine, find_sam, invoke_function

pytestmark = pytest.mark.image

BASE = re.findall(r"^ARG BASE=(\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0]
"""`sam build` passes on no other. Here, in a store of our own, the stand-in may take its name."""


@pytest.fixture(scope="module")
def socket(
    podman: Podman, base: str, engine: ContainerEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ContainerEngine]:
    """podman as SAM finds it: a service that speaks Docker's language."""
    if "@" in BASE:
        podman("pull", BASE)  # no other image can have its digest
    else:
        podman("tag", base, BASE)
    path = Path(engine.address.removeprefix("unix://"))
    path.unlink(missing_ok=True)  # of a run that was killed
    with serving(
        *("podman", "system", "service", "--time=0", engine.address),
        output=tmp_path_factory.mktemp("podman") / "output",
        ready=path.exists,
    ):
        yield engine


@pytest.fixture(scope="module")
def invoked(socket: ContainerEngine, variables: dict[str, str], step: Step) -> dict[str, Any]:
    """The answer to the fraud, of an image that SAM built."""
    with step("sam build and sam local invoke"):
        event = runtime.EVENTS / "rest_v1_fraud.json"
        answer: dict[str, Any] = invoke_function(find_sam(), socket, event, variables)
        return answer


@pytest.fixture(scope="module")
def api(
    invoked: dict[str, Any],
    socket: ContainerEngine,
    variables: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    step: Step,
) -> Iterator[int]:
    """The port of `sam local start-api`, of what SAM built."""
    assert invoked["statusCode"] == 200
    port = free_port()
    command = ("local", "start-api", "--host", LOOPBACK, "--port", str(port), *socket.options)
    with ExitStack() as stack:
        with step("sam local start-api, to its first answer"):
            started = serving(
                *(find_sam(), *command),
                output=tmp_path_factory.mktemp("sam") / "output",
                ready=lambda: answers(port, "/health", 200),
                variables={**variables, "DOCKER_HOST": socket.address, "SAM_CLI_TELEMETRY": "0"},
            )
            stack.enter_context(started)
        yield port


def test_sam_local_invoke_answers_an_event(invoked: dict[str, Any]) -> None:
    assert invoked["statusCode"] == 200
    assert json.loads(invoked["body"])["is_fraud"] is True


def test_start_api_passes_the_smoke_test(api: int) -> None:
    assert run(".ci/smoke", f"http://{LOOPBACK}:{api}").count(": ok\n") == 5


def test_start_api_answers_from_the_model_that_was_published(api: int) -> None:
    status, body = request(api, "POST", "/predict", FRAUD)

    assert status == 200
    assert json.loads(body)["model_version"] == version_of(make_bundle())


def test_start_api_itself_refuses_a_route_that_the_template_lacks(api: int) -> None:
    status, body = request(api, "GET", "/nowhere")

    assert (status, json.loads(body)) == (403, {"message": "Missing Authentication Token"})
