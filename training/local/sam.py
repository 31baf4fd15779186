"""The SAM command line, and the container engine with which it builds and runs the image."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from training.errors import CommandError
from training.local.processes import LOOPBACK, ROOT, STDERR

FUNCTION: Final = "FraudFunction"
"""The function's logical id in template.yaml."""


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """A running container engine, and how its containers reach this machine."""

    address: str
    is_podman: bool

    @property
    def host_name(self) -> str:
        """The name of this machine inside a container."""
        return "host.containers.internal" if self.is_podman else "host.docker.internal"

    @property
    def options(self) -> tuple[str, ...]:
        """Options of `sam local` that define this name; podman and Docker Desktop know it."""
        return () if self.is_podman else ("--add-host", f"{self.host_name}:host-gateway")

    @property
    def listen_on(self) -> str:
        """The address on which a server must listen to be reached by a container."""
        # On Linux, containers have their own network, which podman creates with the first one.
        return "0.0.0.0" if sys.platform == "linux" else LOOPBACK  # noqa: S104


def find_engine() -> ContainerEngine:
    """Find the engine of ``DOCKER_HOST``, else Docker, else podman.

    Raises
    ------
    CommandError
        If no engine answers.
    """
    for address in _addresses():
        version = _version(address)
        if version is not None:
            return ContainerEngine(address, is_podman="podman" in json.dumps(version).lower())
    raise CommandError(
        "no container engine answers: start Docker, or podman with `podman system service`; "
        "`make run` needs neither"
    )


def _addresses() -> list[str]:
    chosen = os.environ.get("DOCKER_HOST")
    if chosen:
        return [chosen]
    run = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    paths = (
        "/var/run/docker.sock",
        f"{Path.home()}/.docker/run/docker.sock",
        f"{run}/podman/podman.sock",
        "/run/podman/podman.sock",
    )
    return [f"unix://{path}" for path in paths]


def _version(address: str) -> Any:
    """The engine's version, or None if it does not answer."""
    url = urlsplit(address)
    connection = HTTPConnection(url.hostname or "localhost", url.port, timeout=5)
    try:
        if url.scheme == "unix":
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.connect(url.path)
        connection.request("GET", "/version")
        return json.loads(connection.getresponse().read())
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()


def find_sam() -> str:
    """Find the SAM command line of this clone, else the one on PATH.

    Raises
    ------
    CommandError
        If neither exists.
    """
    sam = shutil.which(ROOT / ".venv-sam" / "bin" / "sam") or shutil.which("sam")
    if sam is None:
        raise CommandError("the SAM command line is missing: `make setup` installs it")
    return sam


def invoke_function(
    sam: str, engine: ContainerEngine, event: Path, variables: Mapping[str, str]
) -> Any:
    """Build the image, start it, send it an event and return its answer.

    Parameters
    ----------
    sam : str
    engine : ContainerEngine
    event : Path
    variables : mapping of str to str
        Environment of the function; `sam local` passes on those that template.yaml declares.

    Raises
    ------
    CommandError
        If the build or the function fails.
    """
    variables = {**variables, "DOCKER_HOST": engine.address, "SAM_CLI_TELEMETRY": "0"}
    _run([sam, "build", FUNCTION], variables)
    command = [sam, "local", "invoke", FUNCTION, "--event", str(event.resolve()), *engine.options]
    answer = json.loads(_run(command, variables))
    if "statusCode" not in answer:
        raise CommandError(f"the function failed: {answer.get('errorMessage', answer)}")
    return answer


def _run(command: list[str], variables: Mapping[str, str]) -> str:
    """Run a command of SAM and return its stdout; its progress goes to stderr."""
    try:
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=subprocess.PIPE,
            stderr=STDERR,
            text=True,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        message = f"`{' '.join(command[:3])}` failed with exit code {error.returncode}"
        raise CommandError(message) from error
