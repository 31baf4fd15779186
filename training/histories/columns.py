"""The account histories of a file's rows, as facts."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.accounts import PAYEE, PAYER, AccountColumns, accounts_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import WITHOUT_HISTORY
from fraud_api_lambda.history.state import MOST_MINOR_UNITS
from fraud_api_lambda.history.view import NEVER_SEEN, History
from training.data.history import Record, history_columns
from training.data.rows import Rows
from training.errors import InputError
from training.reading.dataset import Dataset

REPEATED: Final = 0.2
"""Least share of rows whose payer or payee has an earlier row, for a history by default."""

WORKERS: Final = 2
"""Histories that are computed at a time: NumPy sorts and searches without Python's lock."""


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """The payments of files in order of arrival, with a number for each account.

    Attributes
    ----------
    record : Record
    accounts : dict of ndarray of shape (n_payments,), int64
        By column. Equal ids of payer and payee have the same number.
    places : ndarray of shape (n_payments,), int64
        The position in the record of each row of the files, one file after the other.
    """

    record: Record
    accounts: Mapping[str, np.ndarray]
    places: np.ndarray

    @classmethod
    def of(cls, *datasets: Dataset) -> "AccountRecord":
        """The record of some files, of which earlier ones come first at equal times."""
        unordered = _record(datasets)
        order = np.argsort(unordered.times, kind="stable")
        places = np.empty_like(order)
        places[order] = np.arange(len(order))
        numbers = {column: each[order] for column, each in _numbers(datasets).items()}
        return cls(unordered[order], numbers, places)

    def history(self, of: AccountColumns, label_delay_s: int) -> History:
        """The history that each payment sees, in the order of the record."""
        counted = self.accounts[of.counted]
        if of.column != of.counted:
            seen = self.accounts[of.column]
            return history_columns(self.record, counted, None, label_delay_s, seen=seen)
        partners = None if of.partner is None else self.accounts[of.partner]
        return history_columns(self.record, counted, partners, label_delay_s)


def with_histories(
    rows: Rows, *, earlier: Rows | None = None, names: tuple[str, ...] | None = None
) -> Rows:
    """All rows of a file, with the histories that their accounts have in the rows before them.

    Parameters
    ----------
    rows : Rows
    earlier : Rows, optional
        All rows of another file, which only fill the histories.
    names : tuple of str, optional
        The histories. Default: those of every account of the schema.
    """
    datasets = [rows.dataset] if earlier is None else [earlier.dataset, rows.dataset]
    whole = AccountRecord.of(*datasets)
    schema = rows.dataset.schema
    accounts = accounts_of(schema)
    names = tuple(accounts) if names is None else names
    places = whole.places[len(whole.places) - len(rows) :]

    def history(name: str) -> tuple[np.ndarray, ...]:
        found = whole.history(accounts[name], schema.label_delay_s)
        return tuple(column[places] for column in found)

    with ThreadPoolExecutor(WORKERS) as pool:
        histories = tuple(pool.map(history, names))
    return replace(rows, facts=rows.facts._replace(histories=histories), histories=names)


def never_seen(rows: Rows) -> Rows:
    """The rows as if no account had an earlier payment."""
    columns = tuple(np.full(len(rows), number) for number in NEVER_SEEN)
    return replace(rows, facts=rows.facts._replace(histories=(columns,) * len(rows.histories)))


def have_histories(rows: Rows) -> bool:
    """Whether histories say enough to use them by default: payers or payees repeat.

    Of rows that have histories, these tell it.
    """
    roles = rows.dataset.schema.roles
    columns = {PAYER: roles.payer, PAYEE: roles.payee}
    stored = dict(zip(rows.histories, rows.facts.histories, strict=True))
    repeated = (
        History(*stored[name]).seen.mean()
        if name in stored
        else rows.column(column).duplicated().mean()
        for name, column in columns.items()
        if column is not None
    )
    return not is_sample(rows) and any(share >= REPEATED for share in repeated)


def is_sample(rows: Rows) -> bool:
    """Whether rows stand for several payments, so that histories have gaps."""
    return bool((rows.weights != 1).any())


def require_whole(path: Path, schema: Schema, weights: np.ndarray) -> None:
    """Raise `InputError` if rows stand for several payments, so that histories have gaps."""
    if (weights != 1).any():
        raise InputError(
            f"{path}: its rows stand for several payments each (column {schema.roles.weight}), so "
            "the payments between them are missing in every account's history; give all payments, "
            f"or a model of --features {WITHOUT_HISTORY}"
        )


def _record(datasets: Sequence[Dataset]) -> Record:
    def joined(*columns: np.ndarray) -> np.ndarray:
        return np.concatenate(columns)

    labels = datasets[0].schema.roles.label
    return Record(
        times=joined(*(each.seconds for each in datasets)),
        amounts=joined(*(minor_units(each) for each in datasets)),
        is_fraud=joined(*(each.frame[labels].to_numpy(dtype=bool) for each in datasets)),
        known_at=joined(*(each.known_at for each in datasets)),
    )


def minor_units(dataset: Dataset) -> np.ndarray:
    """Amounts in whole minor units, shape (n_payments,), int64."""
    amounts = np.asarray(dataset.facts.amount) * 10.0**dataset.schema.decimals
    return np.minimum(np.rint(amounts), MOST_MINOR_UNITS).astype(np.int64)


def _numbers(datasets: Sequence[Dataset]) -> dict[str, np.ndarray]:
    """A number for each account, by column; those of payers and payees are of one numbering."""
    schema = datasets[0].schema
    roles = [column for column in (schema.roles.payer, schema.roles.payee) if column is not None]
    groups = [roles, *([column] for column in schema.entities.values())]
    return {
        column: numbers
        for columns in groups
        for column, numbers in _factorized(datasets, columns).items()
    }


def _factorized(datasets: Sequence[Dataset], columns: Sequence[str]) -> dict[str, np.ndarray]:
    if not columns:
        return {}
    texts = [each.frame[column].astype("str") for column in columns for each in datasets]
    codes = pd.factorize(pd.concat(texts, ignore_index=True))[0].astype(np.int64)
    return dict(zip(columns, np.split(codes, len(columns)), strict=True))
