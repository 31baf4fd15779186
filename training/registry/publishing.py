"""The registry's commands that change it: publish a model, serve it, go back. Prints nothing.

A publish writes the object before anything points at it, and a promotion is one write of the
pointer: killed at any moment, either leaves the old pointer or the new one, and both verify. What
happens where two commands write it at once is `promotion`'s to know.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from fraud_api_lambda.bundle import Bundle, BundleError, read
from fraud_api_lambda.pointer import NotFoundError, PinnedModel, Pointer
from fraud_api_lambda.scoring import Scorer
from training.bundling.provenance import is_of_simulated
from training.errors import CheckFailedError, InputError
from training.hints import fraud, registry_options
from training.option_values import LEAKY
from training.registry.boto import AlreadyThereError, aws_errors
from training.registry.promotion import Change, apply, overtaken, promotion, withdrawal
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


@dataclass(frozen=True, slots=True)
class Moved:
    """What a promotion or rollback did, or would do.

    Attributes
    ----------
    old, new : str
        The version served before, None if there was none, and after.
    pinned_anew : str or None
        The S3 version that is pinned now, where the same model's object had been replaced.
    """

    old: str | None
    new: str
    pinned_anew: str | None = None

    @property
    def is_change(self) -> bool:
        """Whether another version is served than before."""
        return self.old != self.new


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
    how: Callable[[PinnedModel], Change] = promotion,
) -> Moved:
    """Serve a published version from now on, after fetching and trying it.

    Parameters
    ----------
    version, bucket, parameter : str
    dry_run : bool
    allow_simulated : bool
        Accept a model of simulated data, even if the parameter is not on this machine.
    how : callable
        Makes the change of the pointer: `promotion`, or one that gives way to others.

    Raises
    ------
    InputError
        If there is no such version.
    CheckFailedError
        If its bytes are gone or not what its name says, it cannot answer or may not be served, or
        another command changed the pointer at the same moment.
    CommandError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        pinned, data = _found(store, version)
        refuse_simulated(_tried(data, f"version {version}"), store, allowed=allow_simulated)
        outcome = apply(how(pinned), store, dry_run=dry_run)
    old, new = outcome.before, outcome.after
    if outcome.disturbed or new is None or new.current != pinned:
        raise overtaken(store, new)
    if old is None:
        return Moved(None, version)
    is_pinned_anew = old.current.version == version and old.current != pinned
    return Moved(old.current.version, version, pinned.version_id if is_pinned_anew else None)


def rollback(*, bucket: str, parameter: str, dry_run: bool = False) -> Moved:
    """Serve the version before again; a second rollback returns to this one.

    Raises
    ------
    CheckFailedError
        If there is none, it is gone or no longer verifies, or another command changed the pointer
        at the same moment.
    CommandError
        If AWS refuses.
    """
    store = Registry(bucket=bucket, parameter=parameter)
    with aws_errors():
        seen = pointer_of(store)
        if seen is None or seen.previous is None:
            raise CheckFailedError(f"{parameter} names no version before; promote one instead")
        bad, good = seen.current, seen.previous
        _tried(store.fetch(good), f"version {good.version}")
        outcome = apply(withdrawal(bad, good), store, dry_run=dry_run)
    if outcome.disturbed or outcome.after is None or outcome.after.current != good:
        raise overtaken(store, outcome.after)
    return Moved(bad.version, good.version)


def refuse_simulated(bundle: Bundle, store: Registry, *, allowed: bool) -> None:
    """Raise `CheckFailedError` rather than serve callers a model of simulated data.

    The bundle says so itself: its digest is its version, and nothing trusts the manifest.
    """
    if not allowed and not _may_serve(bundle, store):
        raise CheckFailedError(
            f"version {bundle.version} was trained on simulated data and knows nothing of your "
            "frauds; train one on your own, or serve it nevertheless with --allow-simulated"
        )


def _may_serve(bundle: Bundle, store: Registry) -> bool:
    return store.is_local or not is_of_simulated(bundle)


def _verified(directory: Path) -> tuple[Bundle, bytes, bytes]:
    """The model of a directory, decoded and as bytes, and the manifest that it matches."""
    path = directory / "model.joblib"
    if not path.exists() and _feature_set(directory) == LEAKY:
        raise CheckFailedError(f"{directory} holds the {LEAKY} arm, which is never published")
    model, manifest = read_saved(directory)
    return _tried(model, str(path)), model, manifest


def _feature_set(directory: Path) -> str | None:
    try:
        return str(json.loads((directory / "metrics.json").read_bytes())["feature_set"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _tried(data: bytes, what: str) -> Bundle:
    """The bundle of these bytes, which answers here."""
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
        # `find` compares the digest of what is there with the version that names it.
        store.find(version)
        return False
    return True


def _found(store: Registry, version: str) -> tuple[PinnedModel, bytes]:
    try:
        return store.find(version)
    except NotFoundError as error:
        known = store.versions()
        if version in known:
            raise  # what is left of it is no model
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
