"""Which model the pointer names next, whoever else writes it at the same moment.

SSM numbers each write of a parameter, and cannot make one depend on what it replaces. So a command
reads the pointer just before it writes, and compares the number of its write with the one it read:
if others were between, it decides again from what it replaced, and writes that. A reader in that
moment may see the first of both writes. Prints nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fraud_api_lambda.pointer import ModelStoreError, PinnedModel, Pointer
from training.errors import CheckFailedError
from training.hints import fraud, registry_options
from training.registry.boto import AlreadyThereError
from training.registry.store import Registry, Stored

type Change = Callable[[Pointer | None], Pointer | None]
"""What a command makes of a pointer; one that it does not want to change, it returns."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a change found and left.

    Attributes
    ----------
    before, after : Pointer or None
    disturbed : bool
        Whether others wrote between its reading and its writing.
    """

    before: Pointer | None
    after: Pointer | None
    disturbed: bool = False


def promotion(pinned: PinnedModel) -> Change:
    """Serve a model, with the way back to the one served before, whichever that is."""

    def change(now: Pointer | None) -> Pointer:
        if now is None:
            return Pointer(pinned, None)
        if now.current.version == pinned.version:
            # A version pinned anew, because its object was replaced, keeps its way back.
            return Pointer(pinned, now.previous)
        return Pointer(pinned, now.current)

    return change


def promotion_over(compared: str | None, pinned: PinnedModel) -> Change:
    """Serve a model only in place of the version that it was compared with; None: of none."""

    def change(now: Pointer | None) -> Pointer | None:
        served = None if now is None else now.current.version
        return promotion(pinned)(now) if served == compared else now

    return change


def withdrawal(bad: PinnedModel, good: PinnedModel) -> Change:
    """Serve `good` again in place of `bad`.

    A model that was promoted meanwhile stays, but not with `bad` as its way back.
    """

    def change(now: Pointer | None) -> Pointer | None:
        if now is None or now.current.version == good.version:
            return now
        if now.current.version == bad.version:
            # Another way back than the one that was tried: not this command's to serve.
            return Pointer(good, now.current) if now.previous == good else now
        if now.previous is not None and now.previous.version == bad.version:
            return Pointer(now.current, good)
        return now

    return change


def apply(change: Change, store: Registry, *, dry_run: bool = False) -> Outcome:
    """Change the pointer, and again if others changed it at the same moment.

    Raises
    ------
    CheckFailedError
        If others did, and what should stand could not be written.
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
    """The last write of others between our reading and our writing; None if there was none."""
    for number in range(written - 1, read, -1):
        stored = store.read_stored(number)
        # A write whose answer was lost is sent again: then the one before is ours too.
        if stored.pointer != ours:
            return stored
    return None


def overtaken(store: Registry, now: Pointer | None) -> CheckFailedError:
    """Another command changed the pointer at the same moment; says what it names now."""
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
