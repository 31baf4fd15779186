"""Checks of `--engine` and `--address`, which import neither Ray nor anything else heavy."""

import socket
from importlib.util import find_spec
from typing import Final

from training.errors import InputError
from training.option_names import require_name

ENGINES: Final = ("local", "ray")

NO_CLUSTER: Final = (
    "no Ray cluster answers there; start one with `ray start --head`, or leave out --address"
)


def require_engine(name: str, address: str | None) -> bool:
    """Whether the engine is Ray; raises `InputError` if Ray is missing or does not answer."""
    if not is_ray(name, address):
        return False
    require_ray()
    if address not in {None, "auto"}:
        require_answer(address)
    return True


def is_ray(name: str, address: str | None) -> bool:
    """Whether the options name Ray.

    Raises
    ------
    InputError
        If there is no such engine, or the engine takes no address.
    """
    require_name("--engine", name, ENGINES)
    if name == "local" and address is not None:
        raise InputError(
            f"--address {address}: the local engine takes no address; add --engine ray"
        )
    return name == "ray"


def require_ray() -> None:
    """Raise `InputError` if Ray is not installed for this Python."""
    if find_spec("ray") is None:
        raise InputError(
            "--engine ray: Ray is not installed for this Python; run `.ci/setup ray` and use "
            ".venv-ray/bin/fraud, or leave out --engine"
        )


def require_answer(address: str) -> None:
    """Raise `InputError` if the port is closed: Ray would wait for it for many minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise InputError(f"--address {address}: write HOST:PORT as in `ray status`, or auto")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"--address {address}: {NO_CLUSTER}") from error
