"""Publish a model, promote a version, roll back. Prints nothing.

A publish writes the object before any pointer names it, and a promotion is a single write of the
pointer. Killed at any moment, both leave a pointer whose model verifies. The module `promotion`
handles commands that write the pointer at the same time.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer
from training.bundling.provenance import is_trained_on_simulated
from training.errors import CheckFailedError, InputError
from training.hints import fraud, registry_options
from training.option_values import LEAKY
from training.registry.boto import AlreadyThereError, aws_errors
from training.registry.compatibility import changes_from, require_same_requests
from training.registry.promotion import Change, Moved, apply, overtaken, promotion, withdrawal
from training.registry.store import Registry
from training.scoring.model_directory import read_saved


@dataclass(frozen=True, slots=True)
class Published:
    """The result of a publish.

    Attributes
    ----------
    version : str
    is_new : bool
        Whether the bucket did not hold it before.
    may_serve : bool
        Whether `promote_version` would accept it without `allow_simulated`.
    """

    version: str
    is_new: bool
    may_serve: bool


def publish(directory: Path, *, bucket: str, parameter: str) -> Published:
    """Upload a model that `train` wrote; publishing it again changes nothing.

    Raises
    ------
    InputError
        If there is no model, or it does not match its manifest.
    CheckFailedError
        If it is the leaky baseline, or the bucket is not versioned.
    CommandError
        If AWS refuses.
    """
    bundle, model, manifest = _verified(directory)
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        if not store.is_versioned():
            raise CheckFailedError(
                f"s3://{bucket} is not versioned, and a pin names an S3 version; enable versioning"
            )
        is_new = _add_once(store, bundle.version, model)
        store.add_manifest(bundle.version, manifest)
        return Published(bundle.version, is_new, _may_serve(bundle, store))


def promote_version(
    version: str,
    *,
    bucket: str,
    parameter: str,
    dry_run: bool = False,
    allow_simulated: bool = False,
    schema_change: bool = False,
    how: Callable[[PinnedModel], Change] = promotion,
) -> Moved:
    """Serve a published version, after a test that it loads and answers.

    Parameters
    ----------
    version, bucket, parameter : str
    dry_run : bool
    allow_simulated : bool
        Accept a model of simulated data, even if the parameter is not on this machine.
    schema_change : bool
        Accept a model that does not take every request of the served one.
    how : callable
        Makes the change of the pointer: `promotion`, or one that yields to other commands.

    Raises
    ------
    InputError
        If there is no such version.
    OtherRequestsError
        If callers of the served model must change, unless `schema_change`.
    CheckFailedError
        If its object is gone or does not match its version, it cannot answer or may not be served,
        or another command changed the pointer at the same moment.
    CommandError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        pinned, data = _found(store, version)
        bundle = _tried(data, f"version {version}")
        refuse_simulated(bundle, store, allowed=allow_simulated)
        served = _served(store)
        changes = changes_from(served, bundle, store)
        if served is not None and not schema_change:
            require_same_requests(served.version, version, changes)
        outcome = apply(how(pinned), store, dry_run=dry_run)
    old, new = outcome.before, outcome.after
    if outcome.disturbed or new is None or new.current != pinned:
        raise overtaken(store, new)
    if old is None:
        return Moved(None, version)
    is_pinned_anew = old.current.version == version and old.current != pinned
    anew = pinned.version_id if is_pinned_anew else None
    return Moved(old.current.version, version, anew, changes)


def rollback(*, bucket: str, parameter: str, dry_run: bool = False) -> Moved:
    """Serve the previous version again; a second rollback returns to this one.

    It is for emergencies, so other requests do not stop it.

    Raises
    ------
    CheckFailedError
        If there is no previous version, it is gone or does not verify, or another command changed
        the pointer at the same moment.
    CommandError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        seen = pointer_of(store)
        if seen is None or seen.previous is None:
            raise CheckFailedError(f"{parameter} names no previous version; promote one instead")
        bad, good = seen.current, seen.previous
        bundle = _tried(store.fetch(good), f"version {good.version}")
        changes = changes_from(bad, bundle, store)
        outcome = apply(withdrawal(bad, good), store, dry_run=dry_run)
    if outcome.disturbed or outcome.after is None or outcome.after.current != good:
        raise overtaken(store, outcome.after)
    return Moved(bad.version, good.version, changes=changes)


def refuse_simulated(bundle: Bundle, store: Registry, *, allowed: bool) -> None:
    """Raise `CheckFailedError` if a model of simulated data would serve real callers.

    The bundle itself says what it was trained on; nothing trusts the manifest.
    """
    if not allowed and not _may_serve(bundle, store):
        raise CheckFailedError(
            f"version {bundle.version} was trained on simulated data and has never seen "
            "your frauds; train a model on your data, or serve this one with --allow-simulated"
        )


def _served(store: Registry) -> PinnedModel | None:
    """The served model; None for a missing or damaged pointer, which promotion repairs."""
    pointer = store.read_stored().pointer
    return None if pointer is None else pointer.current


def _may_serve(bundle: Bundle, store: Registry) -> bool:
    return store.is_local or not is_trained_on_simulated(bundle)


def _verified(directory: Path) -> tuple[Bundle, bytes, bytes]:
    """The model of a directory, decoded and as bytes, and its manifest."""
    path = directory / "model.joblib"
    if not path.exists() and _feature_set(directory) == LEAKY:
        raise CheckFailedError(f"{directory} holds the {LEAKY}, which is never published")
    model, manifest = read_saved(directory)
    return _tried(model, str(path)), model, manifest


def _feature_set(directory: Path) -> str | None:
    try:
        return str(json.loads((directory / "metrics.json").read_bytes())["feature_set"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _tried(data: bytes, what: str) -> Bundle:
    """Decode a bundle, and check that a scorer can use it."""
    try:
        bundle = read(data)
        Scorer.from_bundle(bundle)
    except BundleError as error:
        raise CheckFailedError(f"{what}: {error}") from error
    return bundle


def _add_once(store: Registry, version: str, model: bytes) -> bool:
    try:
        store.add(version, model)
    except AlreadyThereError:
        # `find` checks that the existing object has the digest of its version.
        store.find(version)
        return False
    return True


def _found(store: Registry, version: str) -> tuple[PinnedModel, bytes]:
    try:
        return store.find(version)
    except NotFoundError as error:
        known = store.versions()
        if version in known:
            raise  # some of its files are left, but not the model
        near = get_close_matches(version, known, n=1)
        models = fraud("models", *registry_options(store.bucket, store.parameter))
        hint = f"did you mean {near[0]}?" if near else f"list them with: {models}"
        raise InputError(f"version {version}: not in s3://{store.bucket}; {hint}") from error


def pointer_of(store: Registry) -> Pointer | None:
    """The pointer; None if no model was ever promoted."""
    try:
        return store.read_pointer()
    except NotFoundError:
        return None
