"""The queue as a CSV file for a spreadsheet. Pure."""

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any, Final

from console.reviews.client import Review

COLUMNS: Final = (
    "prediction_id",
    "time",
    "amount",
    "currency",
    "expected_loss",
    "fraud_probability",
    "payer",
    "payee",
    "reasons",
)

STARTS_A_FORMULA: Final = (*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for a formula, at the start of a cell; also full-width signs."""


def as_csv(reviews: Sequence[Review]) -> bytes:
    """The reviews, one a row, with the facts of the payment at the end."""
    facts = list(dict.fromkeys(name for each in reviews for name in each["facts"]))
    out = StringIO(newline="")
    write = csv.writer(out, lineterminator="\n").writerow
    write([*COLUMNS, *map(inert, facts)])
    for review in reviews:
        write(map(inert, [*_cells(review), *(review["facts"].get(name) for name in facts)]))
    return out.getvalue().encode()


def _cells(review: Review) -> list[Any]:
    return [
        *(review[name] for name in COLUMNS[:6]),
        review["accounts"].get("payer"),
        review["accounts"].get("payee"),
        "; ".join(each["text"] for each in review["reasons"]),
    ]


def inert(value: Any) -> Any:
    """The value of a cell that no spreadsheet runs: a number, or a text that is no formula."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(STARTS_A_FORMULA) else text
