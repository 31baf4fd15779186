"""The emulator of AWS that `fraud run` uses, for its tables; it has an environment of its own."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from training.errors import CommandError
from training.local.processes import LOOPBACK, ROOT, free_port, served

PYTHON: Final = ROOT / ".venv-emulator" / "bin" / "python"

_SERVICES: Final = "dynamodb,s3,ssm"
_IDLE_S: Final = 3600
"""How long it keeps an idle connection."""


def find_emulator() -> Path:
    """Find the interpreter of the emulator's environment.

    Raises
    ------
    CommandError
        If the environment does not exist.
    """
    if shutil.which(PYTHON) is None:
        raise CommandError(
            "the emulator of AWS is missing: `.ci/setup emulator` installs it; "
            "`--no-memory` needs none"
        )
    return PYTHON


@contextmanager
def emulator() -> Iterator[int]:
    """Run the emulator, empty, until the end of the block; yield its port.

    Raises
    ------
    CommandError
        If its environment does not exist.
    """
    port = free_port()
    # Its own program would listen on every address and write a file of its process id, which
    # stays if the process is killed. Workers would outlive the process that ends with us.
    arguments = f"ministack.app:app --bind {LOOPBACK}:{port} --workers 0 --keep-alive {_IDLE_S}"
    running = served(
        "hypercorn",
        *arguments.split(),
        port=port,
        path="/_ministack/health",
        variables={"GATEWAY_PORT": str(port), "SERVICES": _SERVICES, "IOT_MTLS_ENABLED": "0"},
        python=find_emulator(),
    )
    with running:
        yield port
