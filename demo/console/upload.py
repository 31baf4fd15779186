"""A CSV file of payments: its rows as requests, and the file with the answers. Pure."""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Final

from console.api import MAX_BATCH, Payment
from console.connection import Answer
from console.errors import faults_by_field
from console.payments import payment_of_row
from console.schema import DROPPED, Field, Schema

MOST_ROWS: Final = 10_000
MOST_MB: Final = 20
MOST_BYTES: Final = 200_000
"""Of a batch as JSON; the API takes 256 KiB."""

ADDED: Final = ("fraud_probability", "is_fraud", "decision", "reasons", "error")
"""The columns of an answer."""

TOO_LONG: Final = "The row is longer than the API takes."


class FileError(ValueError):
    """A file that cannot be scored, with the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a file, as text.

    Attributes
    ----------
    header : tuple of str
    rows : list of list of str
        As many cells each as the header has.
    delimiter : str
    """

    header: tuple[str, ...]
    rows: list[list[str]]
    delimiter: str

    @classmethod
    def read(cls, data: bytes) -> "Table":
        """The table in a CSV file.

        Raises
        ------
        FileError
        """
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise FileError("The file is not text in UTF-8. Save it as CSV in UTF-8.") from None
        first, *_ = text.splitlines() or [""]
        delimiter = max(",;\t", key=first.count)
        try:
            lines = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except csv.Error as error:
            raise FileError(f"The file is not CSV: {error}.") from None
        header, *rows = [line for line in lines if line] or [[]]
        _check(header, rows)
        return cls(tuple(header), rows, delimiter)


def _check(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        raise FileError("The file has no rows below its header.")
    if len(rows) > MOST_ROWS:
        raise FileError(
            f"The file has {len(rows):,} rows, and this page scores at most {MOST_ROWS:,}. Split "
            "it, or score it with `fraud score`."
        )
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        raise FileError(f"The header has {twice[0]} twice. Give each column a name of its own.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise FileError(
                f"Row {number:,} has {len(row):,} cells and the header {len(header):,}. Quote "
                "cells that contain the delimiter."
            )


def fields_sent(schema: Schema) -> list[Field]:
    """The fields that the API reads."""
    return [each for each in schema.fields if each.form != DROPPED]


def columns_kept(table: Table, schema: Schema) -> list[str]:
    """The columns that are not sent, such as the label."""
    sent = {each.name for each in fields_sent(schema)}
    return [name for name in table.header if name not in sent]


def payments_of(table: Table, schema: Schema) -> list[Payment]:
    """The payment in each row.

    Raises
    ------
    FileError
        If a column is missing.
    """
    fields = fields_sent(schema)
    missing = [each.name for each in fields if each.required and each.name not in table.header]
    if missing:
        raise FileError(f"Columns are missing that the model needs: {', '.join(missing)}.")
    return [payment_of_row(dict(zip(table.header, row, strict=True)), fields) for row in table.rows]


@dataclass(slots=True)
class Scoring:
    """The answers so far, one for each of the first rows.

    Attributes
    ----------
    table : Table
    payments : list of dict
    results : list of dict
        An answer, or a `problem`.
    started : bool
    """

    table: Table
    payments: Sequence[Payment]
    results: list[Answer] = field(default_factory=list)
    started: bool = False

    @property
    def is_over(self) -> bool:
        """Whether every row has an answer."""
        return len(self.results) == len(self.payments)

    @property
    def progress(self) -> float:
        """The share of rows with an answer."""
        return len(self.results) / len(self.payments)

    def upcoming(self) -> list[Payment]:
        """The next payments that a batch has room for; none if the next one is too long."""
        batch, size = [], 0
        for payment in self.payments[len(self.results) : len(self.results) + MAX_BATCH]:
            size += len(json.dumps(payment)) + 2
            if size > MOST_BYTES:
                break
            batch.append(payment)
        return batch

    def add(self, results: Sequence[Answer]) -> None:
        """Append the results of `upcoming`."""
        self.results += results or [{"problem": {"detail": TOO_LONG}}]

    def counts(self) -> Counter[str]:
        """The number of rows by decision, and of those that were refused."""
        return Counter(result.get("decision", "refused") for result in self.results)

    def refused(self) -> list[dict[str, Any]]:
        """The refused rows: their numbers, counted from 1 below the header, and the reason."""
        return [
            {"row": number, "error": _error(result)}
            for number, result in enumerate(self.results, 1)
            if "problem" in result
        ]

    def largest(self, count: int) -> list[dict[str, Any]]:
        """The rows with the largest probabilities."""
        answers = [
            {
                "row": number,
                "probability": result["fraud_probability"],
                "decision": result["decision"],
                "reasons": " ".join(reason["text"] for reason in result["reasons"]),
            }
            for number, result in enumerate(self.results, 1)
            if "problem" not in result
        ]
        return sorted(answers, key=lambda answer: -answer["probability"])[:count]

    def as_csv(self) -> bytes:
        """The file with its cells unchanged and `ADDED` at the end."""
        out = StringIO(newline="")
        write = csv.writer(out, delimiter=self.table.delimiter, lineterminator="\n").writerow
        write([*self.table.header, *_apart(self.table.header)])
        for row, result in zip(self.table.rows, self.results, strict=False):
            write([*row, *_cells(result)])
        return out.getvalue().encode()


def _apart(header: Sequence[str]) -> Iterator[str]:
    """The added names; a name that the file has already, such as its label's, gets a prefix."""
    for name in ADDED:
        free = name
        while free in header:
            free = f"scored_{free}"
        yield free


def _cells(result: Mapping[str, Any]) -> list[str]:
    """The added cells. They begin with a digit or a letter, so no spreadsheet runs them."""
    if "problem" in result:
        return ["", "", "", "", f"Refused: {_error(result)}"]
    reasons = "; ".join(f"{reason['code']}: {reason['text']}" for reason in result["reasons"])
    is_fraud = str(result["is_fraud"]).lower()
    return [repr(result["fraud_probability"]), is_fraud, result["decision"], reasons, ""]


def _error(result: Mapping[str, Any]) -> str:
    problem = result["problem"]
    faults = faults_by_field(problem.get("errors", []))
    return "; ".join(f"{name}: {fault}" for name, fault in faults.items()) or problem["detail"]
