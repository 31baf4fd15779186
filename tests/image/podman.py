"""podman with a store and settings of its own: what the machine has is neither used nor touched."""

import os
import shutil
import subprocess
from pathlib import Path
from zlib import crc32

from training.local.processes import ROOT

KEPT = ROOT / "build" / "image"
"""Where images stay, so that the next run is quick."""

RUN = Path("/run") / f"fraud-image-{crc32(bytes(ROOT)):08x}"
"""What must not outlive a restart of the machine; short, as the path of a socket must be."""

CONTAINERS = """
[containers]
# Lambda's own limits; podman's defaults take rights that a sandbox does not have.
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""

STORAGE = f"""
[storage]
driver = "overlay"
graphroot = "{KEPT / "store"}"
runroot = "{RUN}"
"""

HARDENED = (
    *("--read-only", "--tmpfs", "/tmp"),
    *("--user", "993:990"),  # Lambda's own, whoever the image says
    *("--memory", "512m"),
    *("--cap-drop", "all", "--security-opt", "no-new-privileges"),
)


def missing() -> str | None:
    """What this machine lacks and how to get it, or None."""
    tools = [tool for tool in ("podman", "debootstrap", "curl") if not shutil.which(tool)]
    if tools:
        packages = "podman runc debootstrap debian-archive-keyring curl"
        return f"no {', no '.join(tools)}; on Debian or Ubuntu: apt-get install -y {packages}"
    if os.geteuid() != 0:
        return "not root, which debootstrap needs; run it as root"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        return "no right to mount; run it on a machine, or in a container with --privileged"
    return None


def settings() -> dict[str, str]:
    """The variables that lead podman, and all that starts it, to the store of our own."""
    KEPT.mkdir(parents=True, exist_ok=True)
    RUN.mkdir(exist_ok=True)
    # crun, where both are there, cannot start a container in some sandboxes.
    runtime = 'runtime = "runc"\n' if shutil.which("runc") else ""
    (KEPT / "containers.conf").write_text(CONTAINERS + runtime)
    (KEPT / "storage.conf").write_text(STORAGE)
    return {
        "CONTAINERS_CONF": str(KEPT / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(KEPT / "storage.conf"),
    }
