"""Which tests are slow: those that start a process or train a model. `make quick` leaves them out.

What starts processes through a fixture or by its folder is marked here, and so is what trains. Any
other test that starts a process is marked by hand: without the mark it fails.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest

FOLDERS: Final = {"bootstrap", "demo", "image", "infra", "ray_engine"}
"""Nearly all of their tests start SAM, a browser, Streamlit, podman or Ray."""

FIXTURES: Final = {"emulator", "moto"}
STARTS: Final = {"subprocess.Popen", "os.fork", "os.posix_spawn"}

_running: list[pytest.Item] = []


def trains(module: ModuleType) -> bool:
    """Whether a module has imported anything of `training.train`."""
    names = (getattr(value, "__module__", None) for value in vars(module).values())
    return "training.train" in names


def _is_slow(item: pytest.Item) -> bool:
    folders = item.path.relative_to(item.config.rootpath).parts
    return bool(
        FIXTURES.intersection(getattr(item, "fixturenames", ()))
        or FOLDERS.intersection(folders)
        or trains(getattr(item, "module", sys))
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import nothing of the slow folders where no slow test is wanted."""
    folders = collection_path.relative_to(config.rootpath).parts
    return True if "not slow" in config.option.markexpr and FOLDERS.intersection(folders) else None


@pytest.hookimpl(tryfirst=True)  # before pytest itself selects by marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests."""
    for item in filter(_is_slow, items):
        item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Remember which test is running, its fixtures included."""
    _running.append(item)
    try:
        return (yield)
    finally:
        _running.pop()


def _refuse_a_process(event: str, _: Any) -> None:
    if event in STARTS and _running and _running[-1].get_closest_marker("slow") is None:
        pytest.fail("a test that starts a process needs the mark `slow`: see tests/slow.py")


sys.addaudithook(_refuse_a_process)
