"""Runs of a program that cost no import each: one process forks itself for every line."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


class Forks:
    """A process that runs something for each line that it reads, in a fork of its own.

    It writes the fork's process id at once, and its exit code at the end.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.orders, self.answers = process.stdin, process.stdout

    def run(self, path: Path) -> int:
        """The exit code of a run that is left alone."""
        self._begin(path)
        return self._number()

    def duration(self, path: Path) -> float:
        """Seconds that a run takes if left alone."""
        began = time.monotonic()
        assert self.run(path) == 0
        return time.monotonic() - began

    def kill_after(self, seconds: float, path: Path) -> bool:
        """Whether a run was still under way when it was killed."""
        child = self._begin(path)
        time.sleep(seconds)
        # Not yet waited for or just ended: its id is nobody else's so soon.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        return self._number() == -signal.SIGKILL

    def _begin(self, path: Path) -> int:
        self.orders.write(f"{path}\n")
        self.orders.flush()
        return self._number()

    def _number(self) -> int:
        return int(self.answers.readline())


@contextmanager
def forks(
    command: Sequence[str | Path], *, cwd: Path, variables: Mapping[str, str] | None = None
) -> Iterator[Forks]:
    """A command that forks for each line, which ends with the block."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(variables or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        yield Forks(process)
