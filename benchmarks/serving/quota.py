"""CPU quotas by cgroups, as Lambda limits the CPU by memory size."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.errors import CheckFailedError

CGROUPS: Final = Path("/sys/fs/cgroup")

PERIOD_US: Final = 20_000
"""The period of the quota. AWS does not publish Lambda's; it affects p99, not the mean."""

NEEDED: Final = (
    "this needs root and a cgroup v2 with the cpu controller (or the cpu hierarchy of v1), mounted "
    "for writing at /sys/fs/cgroup; a container has that with --privileged --cgroupns=host"
)


@dataclass(frozen=True, slots=True)
class Quota:
    """A cgroup that limits the CPU of all its processes together.

    Parameters
    ----------
    folder : pathlib.Path
        The cgroup.
    share : float
        Number of cores; more than 1 needs two cores.
    """

    folder: Path
    share: float

    def hold(self, pid: int) -> None:
        """Limit a process and its children to the share."""
        (self.folder / "cgroup.procs").write_text(str(pid))


@contextmanager
def quota(share: float, root: Path = CGROUPS) -> Iterator[Quota]:
    """Create a cgroup with a share of a core; remove it after the block.

    Its processes must have ended by then.

    Raises
    ------
    CheckFailedError
        If this machine does not allow it; the message says what is needed.
    """
    try:
        folder = _made(share, root)
    except OSError as error:
        raise CheckFailedError(f"no CPU quota can be set ({error}): {NEEDED}") from error
    try:
        yield Quota(folder, share)
    finally:
        folder.rmdir()


def _made(share: float, root: Path) -> Path:
    parent, settings = limits(share, root)
    folder = parent / f"fraud-tune-{os.getpid()}-{share:.3f}"
    folder.mkdir()
    try:
        for name, value in settings.items():
            (folder / name).write_text(value)
    except OSError:
        folder.rmdir()
        raise
    return folder


def limits(share: float, root: Path) -> tuple[Path, Mapping[str, str]]:
    """The parent of new cgroups, and the files to write in each for the quota, in order.

    Raises
    ------
    CheckFailedError
        If no controller for CPU quotas is mounted.
    """
    quota_us = str(round(share * PERIOD_US))
    controllers = root / "cgroup.controllers"
    if controllers.exists() and "cpu" in controllers.read_text().split():
        _delegate(root)
        return root, {"cpu.max": f"{quota_us} {PERIOD_US}"}
    if (root / "cpu" / "cgroup.procs").exists():
        return root / "cpu", {"cpu.cfs_period_us": str(PERIOD_US), "cpu.cfs_quota_us": quota_us}
    raise CheckFailedError(f"no CPU quota can be set under {root}: {NEEDED}")


def _delegate(root: Path) -> None:
    """Allow quotas in the children of a v2 cgroup, as systemd does by default."""
    enabled = root / "cgroup.subtree_control"
    if "cpu" not in enabled.read_text().split():
        enabled.write_text("+cpu")
