"""A file in the columns of a schema, checked: frame, times and facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.payment import Facts
from fraud_api_lambda.domain.schema import Schema
from training.errors import InputError
from training.files.tables import header, read_table, row_in_editor
from training.reading.calendar import Calendar
from training.reading.cells import Rule, checked, sentence
from training.reading.columns import is_export, require_columns
from training.reading.decimals import decimals_fault
from training.reading.extra_columns import reported_columns, unread_texts, usable
from training.reading.label_times import known_times
from training.reading.moments import Moments, moments_of
from training.reading.rules import rules_of
from training.reading.texts import as_text
from training.reading.typed import FileProperties, as_category, facts_of, have_digits

SAMPLE: Final = 10_000
"""Rows in which columns that no model needs are looked at."""

NO_ROWS: Final = "no rows below the header; give at least one transaction"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Payments in the columns of a schema.

    Attributes
    ----------
    schema : Schema
    frame : DataFrame
        The columns that were read, under their own names: numbers float64, texts as text,
        categories as `Categorical`, the label int8.
    facts : Facts
        The inputs of the features, as columns of shape (n_transactions,).
    seconds : ndarray of shape (n_transactions,), int64
        The time of each payment, as in `Moment`.
    known_at : ndarray of shape (n_transactions,), int64
        When its label became known.
    properties : FileProperties
    """

    schema: Schema
    frame: pd.DataFrame
    facts: Facts
    seconds: np.ndarray
    known_at: np.ndarray
    properties: FileProperties

    @classmethod
    def of(cls, frame: pd.DataFrame, schema: Schema) -> "Dataset":
        """The payments of a frame that was simulated, or read and changed."""
        moments = moments_of(frame[schema.roles.time.column], schema.roles.time, schema.timezone)
        name = schema.roles.label_time
        known_at = known_times(frame.get(name or ""), moments.seconds, schema)
        return _dataset(frame, schema, moments, known_at, FileProperties.of(frame, schema))

    @property
    def calendar(self) -> Calendar:
        """Between times and steps."""
        return Calendar.of(self.schema)

    @property
    def steps(self) -> np.ndarray:
        """The hour of each payment, shape (n_transactions,), int64."""
        return self.calendar.steps(self.seconds)


def read_dataset(
    path: Path, schema: Schema, *, learned: Learned | None = None, one_class: bool = False
) -> Dataset:
    """Read and check the labelled rows of a CSV or Parquet file.

    Parameters
    ----------
    path : Path
    schema : Schema
    learned : Learned, optional
        Of the model that will score the rows; otherwise a model is fitted on them.
    one_class : bool
        All rows may be of one class.

    Raises
    ------
    InputError
        With the file, the row as an editor counts it, the column, the problem and the advice; or if
        all rows are of one class.
    """
    names = header(path)
    rules = _rules_in(path, names, schema, learned)
    columns = {rule.column for rule in rules}
    extra, unread = (
        [name for name in others if names.count(name) == 1 and name not in columns]
        for others in (reported_columns(schema), unread_texts(schema))
    )
    wanted = columns.union(extra, unread)
    label_time = schema.roles.label_time if schema.roles.label_time in names else None
    text = [*(rule.column for rule in rules if rule.is_text), *unread]
    if label_time is not None and schema.roles.time.unit is None:
        text.append(label_time)
    frame = read_table(
        path, [name for name in names if name in wanted or name == label_time], text=text
    )
    cells = frame[[str(name) for name in frame if name in columns]]
    typed, moments = _checked(path, cells, schema, rules)
    amounts = typed[schema.roles.amount]
    is_single = cells[schema.roles.amount].dtype == np.float32
    if not is_export(names):  # its histories were summed from amounts as they were posted
        amounts = amounts.astype("float32") if is_single else amounts
        _require_decimals(path, amounts, schema.decimals)
    if not one_class:
        _require_both_classes(path, typed[schema.roles.label])
    known_at = known_times(
        None if label_time is None else frame[label_time],
        moments.seconds,
        schema,
        lambda index: f"{path}, row {row_in_editor(path, index)}",
    )
    read = {name: usable(name, frame[name]) for name in extra}
    typed = typed.assign(**{name: column for name, column in read.items() if column is not None})
    if learned is None:
        properties = _properties(path, typed, frame[unread], schema)
    else:
        properties = FileProperties.from_learned(learned)
    ordered = typed[[name for name in frame if name in typed]]
    return _dataset(ordered, schema, moments, known_at, properties)


def payments_of(
    path: Path, frame: pd.DataFrame, schema: Schema, learned: Learned, *, above: int = 0
) -> Dataset:
    """Check and convert rows of a file that come after `above` other rows, for a score.

    Raises
    ------
    InputError
        As in `read_dataset`.
    """
    rules = rules_of(schema, learned, labelled=False)
    typed, moments = _checked(path, frame, schema, rules, above=above)
    known_at = known_times(None, moments.seconds, schema)
    return _dataset(typed, schema, moments, known_at, FileProperties.from_learned(learned))


def scored_columns(schema: Schema, learned: Learned) -> list[str]:
    """The columns that a score needs."""
    return [rule.column for rule in rules_of(schema, learned, labelled=False)]


def _rules_in(
    path: Path, names: Sequence[str], schema: Schema, learned: Learned | None
) -> list[Rule]:
    """The rules of a header's columns; all but the weight must be there."""
    rules = rules_of(schema, learned, labelled=True)
    optional = [schema.roles.weight] if schema.roles.weight else []
    required = [rule.column for rule in rules if rule.column not in optional]
    require_columns(path, names, required, optional, {*schema.columns(), *schema.ignore})
    given = set(names)
    return [rule for rule in rules if rule.column in given]


def _dataset(
    frame: pd.DataFrame,
    schema: Schema,
    moments: Moments,
    known_at: np.ndarray,
    properties: FileProperties,
) -> Dataset:
    facts = facts_of(frame, schema, moments.hours, properties)
    return Dataset(schema, frame, facts, moments.seconds, known_at, properties)


def _properties(
    path: Path, typed: pd.DataFrame, unread: pd.DataFrame, schema: Schema
) -> FileProperties:
    try:
        of_read = FileProperties.of(typed, schema)
    except InputError as error:
        raise InputError(f"{path}, {error}") from error
    texts = unread.head(SAMPLE).astype("str")
    more = (str(name) for name in unread if have_digits(texts[name]))
    return replace(of_read, digits=(*of_read.digits, *more))


def _checked(
    path: Path, frame: pd.DataFrame, schema: Schema, rules: Sequence[Rule], *, above: int = 0
) -> tuple[pd.DataFrame, Moments]:
    """The columns by their kinds, and the times."""
    if frame.empty:
        raise InputError(f"{path}: {NO_ROWS}")
    frame = as_text(path, frame, rules)
    time = schema.roles.time
    moments = moments_of(frame[time.column], time, schema.timezone)
    numbers, faults = checked(frame, rules, {time.column: moments.faults})
    if faults:
        line_of = lambda index: row_in_editor(path, above + index)  # noqa: E731  # a callback
        raise InputError(f"{path}, {sentence(faults, line_of)}")
    return _typed(numbers, schema, rules), moments


def _typed(frame: pd.DataFrame, schema: Schema, rules: Sequence[Rule]) -> pd.DataFrame:
    roles, time = schema.roles, schema.roles.time
    kinds: dict[str, str] = {}
    for rule in rules:
        kinds[rule.column] = "str" if rule.is_text else "float64"
    kinds[roles.label] = "int8"
    if time.unit is not None:
        kinds[time.column] = "int64"
    else:
        kinds.pop(time.column)
    typed = frame.astype({name: kind for name, kind in kinds.items() if name in frame})
    for attribute in schema.attributes.values():
        if attribute.kind == "category":
            column = attribute.columns[0]
            typed[column] = as_category(typed[column], attribute)
    return typed


def _require_decimals(path: Path, amounts: pd.Series, decimals: int) -> None:
    fault = decimals_fault(amounts.to_numpy(), decimals)
    if fault is not None:
        line = row_in_editor(path, fault[0])
        raise InputError(f"{path}, row {line}, column {amounts.name}: {fault[1]}")


def _require_both_classes(path: Path, labels: pd.Series) -> None:
    if labels.nunique() == 1:
        kind = "fraud" if labels.iloc[0] else "genuine"
        raise InputError(
            f"{path}, column {labels.name}: all {len(labels):,} rows are {kind}; "
            "a model needs rows of both classes"
        )
