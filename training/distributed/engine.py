"""The Ray engine: on a Ray that runs on loopback, or on a cluster with an address.

Ray is optional: the functions import it when they need it.
"""

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.distributed.engine_options import NO_CLUSTER, is_ray, require_answer, require_ray
from training.errors import CommandError, InputError
from training.fitting.boosting import Boosted
from training.fitting.engine import LOCAL, Engine
from training.fitting.random_search import random_search
from training.fitting.settings import Settings
from training.scoring.score import score

_QUIET: Final = {"include_dashboard": False, "log_to_driver": False, "logging_level": "error"}

_ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class RayEngine:
    """The engine that computes on the CPUs of a running Ray."""

    cpus: int

    def fit(self, *rows_and_settings: Any) -> Boosted:
        """Fit a booster with one worker per CPU."""
        from training.distributed.fit import fit_on_ray  # noqa: PLC0415  # Ray is optional

        return fit_on_ray(*rows_and_settings)

    def search(self, *data_and_settings: Any, **options: Any) -> tuple[Settings, list[Any]]:
        """Search for settings with one trial per CPU."""
        with _joblib_on_ray():
            return random_search(*data_and_settings, workers=self.cpus, **options)


@contextmanager
def chosen_engine(
    name: str, address: str | None = None, *, workers: int | None = None
) -> Iterator[Engine]:
    """Yield the engine that the options name, and stop its Ray at the end of the block.

    Parameters
    ----------
    name : one of `engine_options.ENGINES`
    address : str, optional
        Address of a Ray cluster, or "auto". Default: start Ray on this machine.
    workers : int, optional
        Number of workers of Ray on this machine. Default: one per core.

    Raises
    ------
    InputError
        If Ray is not installed, or no cluster answers at the address.
    """
    if not is_ray(name, address):
        yield LOCAL
        return
    with ray_started(address, workers=workers) as cpus:
        yield RayEngine(cpus)


def chosen_score(name: str, address: str | None = None) -> Callable[..., int]:
    """Choose `training.scoring.score.score`, or with Ray a function for a whole folder.

    Raises
    ------
    InputError
        When the function is called, for the same reasons as in `chosen_engine`.
    """
    if not is_ray(name, address):
        return score

    def on_ray(*arguments: Any, **options: Any) -> int:
        with ray_started(address):
            from training.distributed.score import score_folder  # noqa: PLC0415  # Ray is optional

            return score_folder(*arguments, **options)

    return on_ray


@contextmanager
def ray_started(address: str | None = None, *, workers: int | None = None) -> Iterator[int]:
    """Run Ray for the block and yield the number of its CPUs. See `chosen_engine`.

    Import Ray only afterwards, because it reads its environment on import.
    """
    require_ray()
    if address not in {None, "auto"}:
        require_answer(address)
    _set_environment(own=address is None)
    import ray  # noqa: PLC0415  # reads its environment on import

    try:
        ray.init(**_QUIET, **_where(address, workers))
    except (ConnectionError, RuntimeError, ValueError) as error:
        if address is None:
            raise CommandError(f"--engine ray: Ray cannot start here: {error}") from error
        raise InputError(f"--address {address}: {NO_CLUSTER}") from error
    try:
        _quieten_data()
        yield _cpus(ray.cluster_resources(), address)
    finally:
        ray.shutdown()


def _cpus(resources: dict[str, float], address: str | None) -> int:
    if resources.get("CPU", 0) < 1:
        raise InputError(
            f"--address {address}: the cluster has no CPU yet; ask for workers and wait for them, "
            "as training/distributed/ray-cluster.yaml describes"
        )
    return int(resources["CPU"])


def _set_environment(*, own: bool) -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_TRAIN_METRICS_ENABLED", "0")
    if not own:
        # If another program listens there, Ray would try twenty times, half a minute each.
        os.environ.setdefault("RAY_NUM_REDIS_GET_RETRIES", "1")
    else:
        # Binds Ray to 127.0.0.1, on Linux too; no argument of `ray.init` does.
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
        # Keeps out other users of this machine; a token in the environment is not written to disk.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def _where(address: str | None, workers: int | None) -> dict[str, Any]:
    """The arguments of `ray.init`; the address "local" never joins a cluster by accident."""
    if address is None:
        return {"address": "local", "num_cpus": workers or os.cpu_count() or 1}
    modules = [str(_ROOT / name) for name in ("training", "fraud_api_lambda")]
    return {"address": address, "runtime_env": {"py_modules": modules}}


def _quieten_data() -> None:
    from ray.data import DataContext  # noqa: PLC0415  # Ray is optional

    context = DataContext.get_current()
    context.enable_progress_bars = False
    for name in ("ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # Gives each worker the same rows in every run.
    context.execution_options.preserve_order = True


@contextmanager
def _joblib_on_ray() -> Iterator[None]:
    import joblib  # noqa: PLC0415
    from ray.util.joblib import register_ray  # noqa: PLC0415  # Ray is optional

    register_ray()
    # AWS may reclaim a spot machine: another one then repeats its trials.
    again = {"max_restarts": -1, "max_task_retries": 3}
    with joblib.parallel_backend("ray", ray_remote_args=again):
        yield
