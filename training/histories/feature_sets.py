"""The feature set of a training run: account histories where the data has them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from fraud_api_lambda.domain.accounts import accounts_of
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import HISTORY, WITHOUT_HISTORY
from training.data.rows import Rows
from training.data.time_split import DEFAULT_LABEL_DELAY
from training.errors import InputError
from training.histories.columns import have_histories, require_whole, with_histories
from training.histories.stored import (
    is_exported,
    refuse_export,
    require_label_delay,
    stored_label_delay,
    with_stored,
)
from training.reading.calendar import HOUR_S
from training.reading.dataset import read_dataset


def chosen_feature_set(data: Path, rows: Rows, asked: str | None) -> str:
    """The feature set that was asked for; by default, with histories if they say enough.

    Raises
    ------
    InputError
        If histories are asked for that the data does not have.
    """
    if asked is None:
        return HISTORY if have_histories(rows) else WITHOUT_HISTORY
    if asked == HISTORY:
        _require_histories(data, rows)
    return asked


def schema_to_train(data: Path, schema: Schema, hours: int | None) -> Schema:
    """The schema with the label delay of a run; that of the histories in an exported log.

    Raises
    ------
    InputError
        If another one is asked for than that of the export.
    """
    asked = with_label_delay(schema, hours)
    if not is_exported(data):
        return asked
    if hours is not None:
        require_label_delay(data, asked)
    return replace(schema, label_delay_s=stored_label_delay(data))


def with_label_delay(schema: Schema, hours: int | None) -> Schema:
    """The schema with the label delay of a run: as asked, the schema's own, or the usual one."""
    if hours is None:
        return replace(schema, label_delay_s=schema.label_delay_s or DEFAULT_LABEL_DELAY * HOUR_S)
    return replace(schema, label_delay_s=hours * HOUR_S)


def rows_with_histories(
    data: Path, rows: Rows, history_from: Path | None, names: tuple[str, ...] | None = None
) -> Rows:
    """All rows of a file with histories: those in an exported log, else those of the rows before.

    Raises
    ------
    InputError
        As of `earlier_rows`, or if the histories of an export cannot be read.
    """
    if is_exported(data):
        refuse_earlier(history_from, data)
        return with_stored(rows, data, names)
    return with_histories(rows, earlier=earlier_rows(history_from, rows, data), names=names)


def refuse_earlier(history_from: Path | None, data: Path) -> None:
    """Raise `InputError` if earlier payments are given for an export, which has its histories."""
    if history_from is not None:
        raise InputError(
            f"--history-from {history_from}: {data} is an exported log, whose rows have their "
            "histories already; leave it out"
        )


def earlier_rows(history_from: Path | None, rows: Rows, data: Path) -> Rows | None:
    """The rows of a file of earlier payments; None without a file.

    Raises
    ------
    InputError
        If the file cannot be read, or holds a payment later than the first of `rows`.
    """
    if history_from is None:
        return None
    refuse_export(history_from)
    earlier = Rows.of(read_dataset(history_from, rows.dataset.schema, one_class=True))
    require_whole(history_from, rows.dataset.schema, earlier.weights)
    calendar = rows.dataset.calendar
    last, first = int(earlier.dataset.seconds.max()), int(rows.dataset.seconds.min())
    if last > first:
        last_step, first_step = (int(calendar.steps(np.asarray(each))) for each in (last, first))
        raise InputError(
            f"--history-from {history_from}: it ends at {calendar.named_until(last_step)}, after "
            f"{data} begins at {calendar.named_since(first_step)}; give earlier payments only"
        )
    return earlier


def require_use(history_from: Path | None, feature_set: str) -> None:
    """Raise `InputError` if earlier rows are given that no feature uses."""
    if history_from is not None and feature_set != HISTORY:
        raise InputError(
            f"--history-from {history_from}: the features are {feature_set}, which use no account "
            f"histories; leave it out, or give --features {HISTORY}"
        )


def _require_histories(data: Path, rows: Rows) -> None:
    require_whole(data, rows.dataset.schema, rows.weights)
    if not accounts_of(rows.dataset.schema):
        raise InputError(
            f"{data}: the schema names no account; add the roles payer and payee or an entity, or "
            f"give --features {WITHOUT_HISTORY}"
        )
