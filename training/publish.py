"""The registry's commands: publish a model, point at it, go back, list. Prints nothing.

A publish writes the object before anything points at it, and a promotion is one write of the
pointer: killed at any moment, either leaves the old pointer or the new one, and both verify.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fraud_api_lambda.bundle import BundleError, read
from fraud_api_lambda.pointer import (
    DamagedPointerError,
    IntegrityError,
    ModelStoreError,
    NotFoundError,
    PinnedModel,
    Pointer,
)
from fraud_api_lambda.scoring import Scorer
from training.arm_names import LEAKY
from training.errors import CheckFailedError, InputError, TrainingError
from training.hints import fraud, registry_options
from training.registry import AlreadyThereError, Registry
from training.saved import read_saved


@dataclass(frozen=True, slots=True)
class Published:
    """What a publish did: the version, and whether it was new."""

    version: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """What a promotion or rollback did, or would do: the version served before and after."""

    old: str | None
    new: str

    @property
    def is_change(self) -> bool:
        """Whether another version is served than before."""
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Listed:
    """A published version: its manifest, and whether the pointer names it."""

    version: str
    place: str
    manifest: dict[str, Any]


def publish(directory: Path, *, bucket: str, parameter: str, promote: bool = False) -> Published:
    """Upload a model that `train` wrote; publishing it again changes nothing.

    Parameters
    ----------
    directory : Path
    bucket, parameter : str
    promote : bool
        Serve it from now on.

    Raises
    ------
    InputError
        If there is no model, or it does not match its manifest.
    CheckFailedError
        If it is the leaky arm, which is never published.
    TrainingError
        If AWS refuses.
    """
    model, manifest = _verified(directory)
    version = read(model).version
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        if not store.is_versioned():
            raise CheckFailedError(
                f"s3://{bucket} is not versioned, and a pin names an S3 version; enable versioning"
            )
        is_new = _add_once(store, version, model)
        store.add_manifest(version, manifest)
    if promote:
        promote_version(version, bucket=bucket, parameter=parameter)
    return Published(version, is_new)


def promote_version(version: str, *, bucket: str, parameter: str, dry_run: bool = False) -> Moved:
    """Serve a published version from now on, after fetching and trying it.

    Raises
    ------
    InputError
        If there is no such version.
    CheckFailedError
        If its bytes are not what its name says, or it cannot answer.
    TrainingError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        pinned, data = _found(store, version)
        _try(data, f"version {version}")
        pointer = _replaceable_pointer(store)
        old = pointer.current if pointer else None
        # A version pinned anew, because its object was replaced, keeps its way back.
        previous = pointer.previous if pointer and pointer.current.version == version else old
        if not dry_run and old != pinned:
            store.write_pointer(Pointer(pinned, previous))
    return Moved(old.version if old else None, version)


def rollback(*, bucket: str, parameter: str, dry_run: bool = False) -> Moved:
    """Serve the version before again; a second rollback returns to this one.

    Raises
    ------
    CheckFailedError
        If there is none, or it no longer verifies.
    TrainingError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        pointer = pointer_of(store)
        if pointer is None or pointer.previous is None:
            raise CheckFailedError(f"{parameter} names no version before; promote one instead")
        _try(store.fetch(pointer.previous), f"version {pointer.previous.version}")
        if not dry_run:
            store.write_pointer(Pointer(pointer.previous, pointer.current))
    return Moved(pointer.current.version, pointer.previous.version)


def models(*, bucket: str, parameter: str) -> list[Listed]:
    """The published versions, newest first.

    Raises
    ------
    TrainingError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        pointer = pointer_of(store)
        manifests = store.manifests()
    _check_manifests(manifests)
    places: dict[str, str] = {}
    if pointer is not None:
        places[pointer.current.version] = "current"
        if pointer.previous is not None:
            places[pointer.previous.version] = "previous"
    manifests.sort(key=lambda manifest: str(manifest["created"]), reverse=True)
    return [
        Listed(manifest["version"], places.get(manifest["version"], ""), manifest)
        for manifest in manifests
    ]


def _check_manifests(manifests: list[dict[str, Any]]) -> None:
    for manifest in manifests:
        if missing := {"created", "feature_set", "metrics"} - manifest.keys():
            raise TrainingError(
                f"the manifest of {manifest['version']} has no {min(missing)}; publish it again"
            )


def _verified(directory: Path) -> tuple[bytes, bytes]:
    """The model and the manifest of a directory, checked against each other."""
    path = directory / "model.joblib"
    if not path.exists() and _feature_set(directory) == LEAKY:
        raise CheckFailedError(f"{directory} holds the {LEAKY} arm, which is never published")
    model, manifest = read_saved(directory)
    _try(model, str(path))
    return model, manifest


def _feature_set(directory: Path) -> str | None:
    try:
        return str(json.loads((directory / "metrics.json").read_bytes())["feature_set"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _try(data: bytes, what: str) -> None:
    try:
        Scorer.from_bundle(read(data))
    except BundleError as error:
        raise CheckFailedError(f"{what}: {error}") from error


def _add_once(store: Registry, version: str, model: bytes) -> bool:
    try:
        store.add(version, model)
    except AlreadyThereError:
        # `find` compares the digest of what is there with the version that names it.
        store.find(version)
        return False
    return True


def _found(store: Registry, version: str) -> tuple[PinnedModel, bytes]:
    try:
        return store.find(version)
    except NotFoundError as error:
        known = [manifest["version"] for manifest in store.manifests()]
        near = get_close_matches(version, known, n=1)
        models = fraud("models", *registry_options(store.bucket, store.parameter))
        hint = f"did you mean {near[0]}?" if near else f"list them with: {models}"
        raise InputError(f"version {version}: not in s3://{store.bucket}; {hint}") from error


def pointer_of(store: Registry) -> Pointer | None:
    """The pointer, or None if nothing was ever promoted."""
    try:
        return store.read_pointer()
    except NotFoundError:
        return None


def _replaceable_pointer(store: Registry) -> Pointer | None:
    """The pointer, or None if it is damaged: a promotion is how to repair it."""
    try:
        return pointer_of(store)
    except DamagedPointerError:
        return None


@contextmanager
def aws_errors() -> Iterator[None]:
    """Turn what S3 and SSM do wrong into an error of the command line."""
    try:
        yield
    except (IntegrityError, DamagedPointerError) as error:
        raise CheckFailedError(str(error)) from error
    except ModelStoreError as error:
        raise TrainingError(
            f"{error}; check the bucket, your credentials and the region (AWS_DEFAULT_REGION)"
        ) from error
