"""The list of published models, robust against any content of the bucket. Prints nothing."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.deployment.pointer import DamagedPointerError, IntegrityError, Pointer
from training.bundling.provenance import SIMULATED
from training.errors import CheckFailedError
from training.registry.boto import aws_errors
from training.registry.publishing import pointer_of
from training.registry.store import MANIFEST, Registry

MODEL = "model.joblib"


@dataclass(frozen=True, slots=True)
class Listed:
    """A published or served version.

    Attributes
    ----------
    version : str
    place : str
        "current" or "previous" if the pointer names it, else "".
    manifest : dict
        With any content; empty if there is none, or none that can be read.
    fault : str
        The reason why it cannot be served or listed in full, else "".
    """

    version: str
    place: str
    manifest: dict[str, Any] = field(default_factory=dict)
    fault: str = ""

    @property
    def created(self) -> str:
        """The time of its training; "-" if unknown."""
        return _matching(r"[0-9T:+.Z-]{1,40}", self.manifest.get("created"))

    @property
    def is_simulated(self) -> bool:
        """Whether the manifest says that it was trained on simulated data."""
        return _dict(self.manifest.get("trained_on")).get("data") == SIMULATED

    def as_dict(self) -> dict[str, Any]:
        """The manifest with the version's place, and its fault if it has one."""
        fault = {"fault": self.fault} if self.fault else {}
        return {**self.manifest, "version": self.version, "place": self.place, **fault}

    def line(self) -> str:
        """The version in one line."""
        metrics, seen = (_dict(self.manifest.get(name)) for name in ("metrics", "trained_on"))
        words = (
            f"{self.version}  {self.created:<25}",
            f"{_matching(r'[a-z+-]{1,20}', self.manifest.get('feature_set')):<13}",
            f"average precision {_number(metrics.get('average_precision')):<5} of model "
            + _matching(r"[0-9a-f]{16}", metrics.get("evaluated_version")),
            f"{_matching(r'[a-z]{1,12}', seen.get('data')):<9}",
            self.place,
            self.fault,
        )
        return "  ".join(words).rstrip()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The versions, newest first, and the error to raise if the pointer is damaged."""

    models: list[Listed]
    trouble: CheckFailedError | None


def catalogue(*, bucket: str, parameter: str) -> Catalogue:
    """List the published versions, and versions that only the pointer still names.

    Raises
    ------
    CommandError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    pointer, trouble = None, None
    with aws_errors():
        try:
            pointer = pointer_of(store)
        except DamagedPointerError as error:
            trouble = CheckFailedError(str(error))
        files = store.versions()
        places = _places(pointer)
        models = [
            _listed(store, version, files.get(version, set()), places.get(version, ""))
            for version in sorted(files.keys() | places.keys())
        ]
    models.sort(key=lambda model: model.created, reverse=True)
    return Catalogue(models, trouble)


def _places(pointer: Pointer | None) -> dict[str, str]:
    if pointer is None:
        return {}
    previous = {pointer.previous.version: "previous"} if pointer.previous else {}
    return {**previous, pointer.current.version: "current"}


def _listed(store: Registry, version: str, files: set[str], place: str) -> Listed:
    try:
        manifest = _decoded(store.manifest(version)) if MANIFEST in files else {}
    except (IntegrityError, NotFoundError, ValueError, TypeError, RecursionError):
        return Listed(version, place, fault="its manifest is damaged; publish it again")
    if MODEL not in files:
        return Listed(version, place, manifest, f"{MODEL} is gone; publish it again")
    if MANIFEST not in files:
        return Listed(version, place, fault="it has no manifest; publish it again")
    return Listed(version, place, manifest)


def _decoded(data: bytes) -> dict[str, Any]:
    manifest = json.loads(data, parse_constant=_refuse)
    if not isinstance(manifest, dict):
        raise TypeError
    return manifest


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _matching(pattern: str, value: object) -> str:
    """The value if it is text that a terminal can show, else "-"."""
    return value if isinstance(value, str) and re.fullmatch(pattern, value) else "-"


def _number(value: object) -> str:
    plain = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
    return f"{value:.3f}" if plain else "-"
