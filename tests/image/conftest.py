"""The image, built on a stand-in for AWS's base, and the function in it: once for all tests."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import pytest

from tests.function import runtime
from tests.image.commands import CommandError, answers, run, serving
from tests.image.podman import HARDENED, RUN, missing, settings
from training.local.aws import local_aws
from training.local.processes import LOOPBACK, free_port, interruptible
from training.local.sam import ContainerEngine

IMAGE = "localhost/fraud-api-lambda"
CONTAINER = "fraud-api-lambda"
type Results = list[tuple[str, str]]
type Podman = Callable[..., str]
type Step = Callable[[str], AbstractContextManager[None]]

RESULTS = pytest.StashKey[Results]()


@dataclass(frozen=True)
class Function:
    """The function in its container, with the emulator at its side."""

    runtime: runtime.Runtime
    first: dict[str, Any]
    """Its first answer, to the fraud."""

    def run(self, script: str) -> Any:
        """What a Python script prints that runs inside the container."""
        return json.loads(run("podman", "exec", "-i", CONTAINER, "python", "-", stdin=script))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if results := config.stash.get(RESULTS, []):
        terminalreporter.section("image")
        for name, value in results:
            terminalreporter.write_line(f"{value:>10}  {name}")


@pytest.fixture(scope="session")
def results(pytestconfig: pytest.Config) -> Results:
    return pytestconfig.stash.setdefault(RESULTS, [])


@pytest.fixture(scope="session")
def step(pytestconfig: pytest.Config, results: Results) -> Step:
    """Says on stderr what is being done, and notes how long it took."""
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")

    @contextmanager
    def step(name: str) -> Iterator[None]:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"image: {name}\n")
        start = time.monotonic()
        yield
        results.append((name, f"{time.monotonic() - start:.1f} s"))

    return step


@pytest.fixture(scope="session")
def podman(results: Results) -> Iterator[Podman]:
    """Runs podman with a store of our own, in which no container outlives the tests."""
    if lack := missing():
        skip(lack, results)
    with interruptible(), pytest.MonkeyPatch.context() as patch:
        for name, value in settings().items():
            patch.setenv(name, value)
        podman, remove = partial(run, "podman"), ("rm", "--all", "--force")
        podman(*remove)  # what a run left behind that was killed
        try:
            yield podman
        finally:
            podman(*remove)
            podman("image", "prune", "--force")


@pytest.fixture(scope="session")
def base(podman: Podman, step: Step, results: Results) -> str:
    with step("making the stand-in for AWS's base image"), explained():
        name = run(".ci/stand-in-base").strip()
    try:
        podman("run", "--rm", "--entrypoint", "true", name)
    except CommandError as error:
        skip(f"podman cannot run a container here: {error}", results)
    return name


@pytest.fixture(scope="session")
def image(podman: Podman, base: str, step: Step, results: Results) -> str:
    """The project's own Dockerfile, built."""
    build = ("build", "--pull=never", "--network=host", "--tag", IMAGE)
    with step("building the image"), explained():
        podman(*build, "--build-arg", f"BASE={base}", ".")
    history = json.loads(podman("history", "--no-trunc", "--format=json", IMAGE))
    sizes = [layer["size"] for layer in history]
    code = sum(each["size"] for each in history if "fraud_api_lambda" in each["CreatedBy"])
    results += [
        ("the image", megabytes(sum(sizes))),
        ("of it the base", megabytes(sizes[-1])),
        ("of it the packages", megabytes(sum(sizes[:-1]) - code)),
        ("of it the code", megabytes(code)),
    ]
    return IMAGE


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def skip(lack: str, results: Results) -> NoReturn:
    """Say it in the summary too, which nobody overlooks."""
    results.append((lack, "NOT TESTED"))
    pytest.skip(lack)


@contextmanager
def explained() -> Iterator[None]:
    """Without this step no test means anything: say once why it failed, and end."""
    try:
        yield
    except CommandError as error:
        pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def engine() -> ContainerEngine:
    return ContainerEngine(f"unix://{RUN}/podman.sock", is_podman=True)


@pytest.fixture(scope="session")
def variables(
    engine: ContainerEngine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """What the function needs in its environment; a model is published there."""
    with local_aws(host=engine.listen_on) as aws:
        runtime.publish_model(aws, tmp_path_factory.mktemp("model"))
        endpoint = f"http://{engine.host_name}:{aws.port}"
        yield {**aws.environment, "AWS_ENDPOINT_URL": endpoint}


@pytest.fixture(scope="session")
def function(
    image: str,
    variables: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    step: Step,
    results: Results,
) -> Iterator[Function]:
    """The image as Lambda runs it, and harder."""
    port, output = free_port(), tmp_path_factory.mktemp("function") / "output"
    given = [word for name in variables for word in ("--env", f"{name}={variables[name]}")]
    options = ("--name", CONTAINER, "--publish", f"{LOOPBACK}:{port}:8080", *HARDENED)
    with ExitStack() as stack:
        with step("from `podman run` to the first answer"), explained():
            command = ("podman", "run", *options, *given, image)
            process = stack.enter_context(
                serving(
                    *command,
                    output=output,
                    ready=lambda: answers(port, "/", 404),
                )
            )
            served = runtime.Runtime(process, port, output)
            first = {}
            with suppress(ValueError):  # a function that cannot start is answered for in plain text
                first = served.invoke(runtime.event("rest_v1_fraud"))
            if first.get("statusCode") != 200:
                raise CommandError(command, "does not score", output.read_text())
        init = re.search(r"INIT REPORT\(durationMs: ([\d.]+)\)", output.read_text())
        assert init, output.read_text()
        results.append(("of it the function's init", f"{float(init[1]):.0f} ms"))
        yield Function(served, first)
