"""Changes of the pointer that stay correct when several commands write it at once.

SSM numbers the writes of a parameter, but cannot make a write depend on the value it replaces. A
command therefore reads the pointer, writes it, and compares the two numbers. If other writes came
between, it applies its change to the value that it replaced unseen, and writes the result. In
between, a reader may see the first of its two writes. Prints nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from fraud_api_lambda.aws.errors import ModelStoreError
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer
from training.errors import CheckFailedError
from training.hints import fraud, registry_options
from training.registry.boto import AlreadyThereError
from training.registry.request_changes import RequestChanges
from training.registry.store import Registry, Stored

type Change = Callable[[Pointer | None], Pointer | None]
"""Maps the current pointer to the next one; returns the pointer itself to leave it unchanged."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The pointer before and after a change.

    Attributes
    ----------
    before, after : Pointer or None
    disturbed : bool
        Whether other commands wrote between the read and the write.
    """

    before: Pointer | None
    after: Pointer | None
    disturbed: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """The result of a promotion or rollback, or of its dry run.

    Attributes
    ----------
    old : str or None
        The version served before.
    new : str
        The version served afterwards.
    pinned_anew : str or None
        The S3 version pinned now, if only the object of the served version had been replaced.
    changes : RequestChanges
        The differences between the requests of the two versions.
    """

    old: str | None
    new: str
    pinned_anew: str | None = None
    changes: RequestChanges = field(default_factory=RequestChanges)

    @property
    def is_change(self) -> bool:
        """Whether the served version changes."""
        return self.old != self.new


def promotion(pinned: PinnedModel) -> Change:
    """Serve a model, and remember the one served before as the previous one."""

    def change(now: Pointer | None) -> Pointer:
        if now is None:
            return Pointer(pinned, None)
        if now.current.version == pinned.version:
            # The same version with a replaced object: the previous model stays the same.
            return Pointer(pinned, now.previous)
        return Pointer(pinned, now.current)

    return change


def promotion_over(compared: str | None, pinned: PinnedModel) -> Change:
    """Serve a model only in place of the version it was compared with, or of none for None."""

    def change(now: Pointer | None) -> Pointer | None:
        served = None if now is None else now.current.version
        return promotion(pinned)(now) if served == compared else now

    return change


def withdrawal(bad: PinnedModel, good: PinnedModel) -> Change:
    """Serve `good` again in place of `bad`.

    A model promoted in the meantime stays, but `bad` is no longer its previous model.
    """

    def change(now: Pointer | None) -> Pointer | None:
        if now is None or now.current.version == good.version:
            return now
        if now.current.version == bad.version:
            # Another previous model than the verified one: this command must not serve it.
            return Pointer(good, now.current) if now.previous == good else now
        if now.previous is not None and now.previous.version == bad.version:
            return Pointer(now.current, good)
        return now

    return change


def apply(change: Change, store: Registry, *, dry_run: bool = False) -> Outcome:
    """Change the pointer; if other commands change it at the same moment, change it again.

    Raises
    ------
    CheckFailedError
        If they did, and the correct pointer could not be written.
    ModelStoreError
        If SSM cannot be asked.
    """
    before = store.read_stored()
    after = change(before.pointer)
    if dry_run or after is None or after == before.pointer:
        return Outcome(before.pointer, after)
    try:
        number = store.write_pointer(after, create=before.number == 0)
    except AlreadyThereError:
        return apply(change, store)
    try:
        replaced = _replaced_unseen(store, after, before.number, number)
        if replaced is None:
            return Outcome(before.pointer, after)
        stands = change(replaced.pointer)
        if stands is not None and stands != after:
            apply(lambda now: stands if now == after else now, store)
        return Outcome(replaced.pointer, store.read_pointer(), disturbed=True)
    except ModelStoreError as error:
        raise CheckFailedError(
            f"{store.parameter} may have been changed by another command at the same moment: "
            f"{error}; promote the version that should be served; list them with: {_models(store)}"
        ) from error


def _replaced_unseen(store: Registry, ours: Pointer, read: int, written: int) -> Stored | None:
    """The last write of another command between our read and our write; None without one."""
    for number in range(written - 1, read, -1):
        stored = store.read_stored(number)
        # boto3 repeats a write whose answer was lost, so the write before may be ours too.
        if stored.pointer != ours:
            return stored
    return None


def overtaken(store: Registry, now: Pointer | None) -> CheckFailedError:
    """The error for a pointer that another command changed; says which model it names now."""
    if now is None:
        served = "it names no model"
    else:
        before = now.previous.version if now.previous else None
        served = f"it serves {now.current.version}, before: {before}"
    return CheckFailedError(
        f"another command changed {store.parameter} at the same moment; now {served}; "
        f"if another version should be served, promote it; list them with: {_models(store)}"
    )


def _models(store: Registry) -> str:
    return fraud("models", *registry_options(store.bucket, store.parameter))
