"""A stack in a process of its own: as a worker that answers over pipes, or behind uvicorn."""

import json
import os
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from benchmarks.serving.quota import Quota
from benchmarks.serving.stacks import Stack, clean_environment
from training.errors import CommandError
from training.local.processes import LOOPBACK, ROOT, STDERR, free_port, request

SERVER_PACKAGES: Final = ("uvicorn", "click", "h11")
"""The server of all three stacks and what it imports, linked from the developer's environment."""

_START_TIMEOUT_S: Final = 60
_STOP_TIMEOUT_S: Final = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where stacks run: their core, the core of everything else, and environment variables to add.

    `own` has variables for one stack alone, by its name. A quota limits the stacks to a share of
    their core; a share above 1 also uses the other core.
    """

    core: int
    others: int
    variables: Mapping[str, str]
    quota: Quota | None = None
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def environment(self, stack: Stack) -> dict[str, str]:
        """The environment variables of a stack."""
        return {**clean_environment(), **self.variables, **self.own.get(stack.name, {})}

    def settle(self, pid: int) -> None:
        """Pin a process before it starts a thread: its later threads inherit the cores."""
        cores = {self.core}
        if self.quota:
            self.quota.hold(pid)
            cores |= {self.others} if self.quota.share > 1 else set()
        os.sched_setaffinity(pid, cores)


@dataclass(frozen=True, slots=True)
class Reply:
    """The last answer, the nanoseconds of each call, and the CPU nanoseconds of all calls."""

    answer: dict[str, Any]
    nanoseconds: list[int]
    worked: int


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker."""

    stack: Stack
    process: subprocess.Popen[str]

    def ask(self, event: dict[str, Any], calls: int = 1) -> Reply:
        """Call the handler `calls` times with an event.

        Raises
        ------
        CommandError
            If the worker died, or its status is not 200.
        """
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None  # noqa: S101  # for the type checker
        assert stdout is not None  # noqa: S101
        try:
            stdin.write(json.dumps({"event": event, "calls": calls}) + "\n")
            stdin.flush()
            reply = json.loads(stdout.readline())
        except (BrokenPipeError, ValueError) as error:
            raise CommandError(
                f"the worker of {self.stack.name} ended; its output is above"
            ) from error
        if reply["answer"]["statusCode"] != 200:
            raise CommandError(f"{self.stack.name} answered {reply['answer']}")
        answer = json.loads(reply["answer"]["body"])
        return Reply(answer, reply["nanoseconds"], reply["worked"])

    def resident_mb(self) -> tuple[float, float]:
        """Its resident memory now and at its peak, in MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        now, peak = (int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM"))
        return now * 1_024 / 1e6, peak * 1_024 / 1e6


@contextmanager
def worker(
    stack: Stack, place: Place, *, options: Sequence[str] = (), stderr: int = STDERR
) -> Iterator[Worker]:
    """Run a worker until the end of the block; `options` are those of Python."""
    arguments = [*options, "-m", "benchmarks.serving.worker", stack.module]
    pipe = subprocess.PIPE
    with _process(stack, arguments, place, stdout=pipe, stderr=stderr) as process:
        yield Worker(stack, process)


@contextmanager
def server(stack: Stack, place: Place, sent: Any) -> Iterator[int]:
    """Run a stack's app behind uvicorn until the end of the block; yield its port.

    It is ready once it answers `sent` with status 200. uvicorn's access log is off: its cost is the
    same for each stack.
    """
    port = free_port()
    quiet = ("--no-access-log", "--log-level", "warning")
    arguments = ["-m", "training.local.child", "uvicorn", f"{stack.module}:app"]
    arguments += ["--host", LOOPBACK, "--port", str(port), *quiet]
    with _process(stack, arguments, place, stdout=subprocess.DEVNULL) as process:
        if not _is_ready(process, port, sent):
            raise CommandError(f"{stack.name} does not answer on port {port}")
        yield port


def link_server_packages(folder: Path) -> None:
    """Put uvicorn, and only what it needs, into a folder for PYTHONPATH."""
    import uvicorn  # noqa: PLC0415  # only to know where it is

    installed = Path(uvicorn.__file__).parents[1]
    for name in SERVER_PACKAGES:
        (folder / name).symlink_to(installed / name)


@contextmanager
def _process(
    stack: Stack, arguments: list[str], place: Place, *, stdout: int, stderr: int = STDERR
) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [stack.python, *arguments],
        cwd=ROOT,
        env=place.environment(stack),
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        text=True,
        start_new_session=True,  # Ctrl-C reaches only us, and we stop the child
    ) as process:
        try:
            place.settle(process.pid)
            yield process
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _is_ready(process: subprocess.Popen[str], port: int, sent: Any) -> bool:
    deadline = time.monotonic() + _START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if request(port, "POST", "/predict", sent)[0] == 200:
                return True
        except (OSError, HTTPException):
            time.sleep(0.05)
    return False
