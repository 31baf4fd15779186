"""The states of the accounts at the end of a file."""

from collections.abc import Callable
from pathlib import Path

from fraud_api_lambda.features.plan import HISTORY, Plan
from training.errors import InputError
from training.histories.chunks import FileHistories
from training.histories.follower import Number, hashed
from training.histories.store import StateStore, opened_store


def load(plan: Plan, data: Path, out: Path, progress: Callable[[str], None]) -> int:
    """Write the states of a file's accounts to a SQLite file; return the number of accounts.

    Parameters
    ----------
    plan : Plan
        Of the model that will read the states.
    data : Path
        Labelled payments in order of time.
    out : Path
        Written as a whole or not at all.
    progress : callable

    Raises
    ------
    InputError
        If the model needs no histories, or the file cannot be read or is not in order.
    """
    begun = out.with_name(f".{out.name}.new")
    begun.unlink(missing_ok=True)
    try:
        with opened_store(begun) as store:
            fill(store, plan, data, progress)
            n_accounts = len(store)
        begun.replace(out)
    finally:
        begun.unlink(missing_ok=True)
    return n_accounts


def fill(
    store: StateStore,
    plan: Plan,
    data: Path,
    progress: Callable[[str], None],
    number: Number = hashed,
) -> None:
    """Follow the accounts of a file to its end; see `load`. `number` numbers partners."""
    if not plan.needs_histories:
        raise InputError(
            f"the model's features are {plan.feature_set}, which need no account histories; train "
            f"one with --features {HISTORY}"
        )
    FileHistories(plan, store, number).fill(data, progress)
