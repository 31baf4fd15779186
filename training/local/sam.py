"""The SAM command line and the container engine that it builds and runs the image with."""

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
"""Its logical id in template.yaml."""


@dataclass(frozen=True, slots=True)
class ContainerEngine:
    """A container engine that answers, and how its containers reach this machine."""

    address: str
    is_podman: bool

    @property
    def host_name(self) -> str:
        """Name of this machine inside a container."""
        return "host.containers.internal" if self.is_podman else "host.docker.internal"

    @property
    def options(self) -> tuple[str, ...]:
        """What `sam local` must add for that name to exist; podman and Docker Desktop have it."""
        return () if self.is_podman else ("--add-host", f"{self.host_name}:host-gateway")

    @property
    def listen_on(self) -> str:
        """Where a server on this machine must listen for a container to reach it."""
        # On Linux the containers' bridge is another network, which podman makes when one starts.
        return "0.0.0.0" if sys.platform == "linux" else LOOPBACK  # noqa: S104


def find_engine() -> ContainerEngine:
    """The engine that ``DOCKER_HOST`` names, else Docker, else podman.

    Raises
    ------
    CommandError
        If none answers.
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
    """What the engine says of itself, or None."""
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
    """The SAM command line of this clone, else the one on the PATH.

    Raises
    ------
    CommandError
        If there is none.
    """
    found = shutil.which(ROOT / ".venv-sam" / "bin" / "sam") or shutil.which("sam")
    if found is None:
        raise CommandError("the SAM command line is missing: `make setup` installs it")
    return found


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
        For the function; `sam local` passes on those that template.yaml declares.

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
    """What a command of SAM's prints, while its progress goes to stderr."""
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
        said = f"`{' '.join(command[:3])}` failed with exit code {error.returncode}"
        raise CommandError(said) from error
