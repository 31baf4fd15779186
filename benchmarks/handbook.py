"""The Fraud Detection Handbook's protocol: ``python -m benchmarks.handbook --data FILE``.

Le Borgne, Siblini, Lebichot and Bontempi, "Reproducible Machine Learning for Credit Card Fraud
Detection", chapters 3.4 and 4.4: train on a week, wait a week, test on a week. A card leaves the
test once it is known as compromised. FILE is their simulated data as Parquet, which is not part of
this project.

The models are fitted as `train` fits them with the feature set `history`.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.metrics import average_precision_score, roc_auc_score

from fraud_api_lambda.domain.schema import Roles, Schema, Time
from fraud_api_lambda.history.state import DAY_S
from training.data.rows import Rows
from training.fitting.boosting import fit_rows
from training.fitting.settings import Settings
from training.histories.columns import with_histories
from training.local.progress import reported
from training.reading.dataset import read_dataset

DELAY_DAYS: Final = 7
TEST_DAYS: Final = 7
TOP: Final = 100
SCHEMA: Final = Schema(
    name="handbook",
    roles=Roles(
        time=Time("TX_DATETIME"),
        amount="TX_AMOUNT",
        label="TX_FRAUD",
        payer="CUSTOMER_ID",
        payee="TERMINAL_ID",
    ),
    label_delay_s=DELAY_DAYS * DAY_S,
)
BOOK: Final = {
    "random forest, by the book": (0.867, 0.658, 0.287),
    "XGBoost, by the book": (0.862, 0.639, 0.273),
}
"""ROC AUC, average precision and card precision at 100 of the first test week."""


@dataclass(frozen=True, slots=True)
class Payments:
    """Payments with their histories, and columns of shape (n_payments,); days since the epoch."""

    rows: Rows
    days: np.ndarray
    cards: np.ndarray

    @classmethod
    def read(cls, path: Path) -> "Payments":
        """Read the payments of a file, each with the history of its card and its terminal."""
        rows = with_histories(Rows.of(read_dataset(path, SCHEMA)))
        cards = pd.factorize(rows.column("CUSTOMER_ID"))[0]
        return cls(rows, rows.dataset.seconds // DAY_S, cards)

    @property
    def is_fraud(self) -> np.ndarray:
        """The labels."""
        return self.rows.is_fraud


def rows_to_test(data: Payments, last_training_day: int) -> np.ndarray:
    """The rows of the test week whose card is not known as compromised."""
    week = _between(data.days, last_training_day - 6, last_training_day)
    known = set(data.cards[week & data.is_fraud])
    kept = np.zeros(len(data.days), dtype=bool)
    first = last_training_day + DELAY_DAYS + 1
    for day in range(first, first + TEST_DAYS):
        known |= set(data.cards[(data.days == day - DELAY_DAYS - 1) & data.is_fraud])
        kept |= (data.days == day) & ~np.isin(data.cards, list(known))
    return kept


def _between(days: np.ndarray, first: int, last: int) -> np.ndarray:
    return (days >= first) & (days <= last)


def card_precision(data: Payments, rows: np.ndarray, scores: np.ndarray) -> float:
    """Card precision at 100: the mean daily share of compromised cards in the 100 scored highest.

    A compromised card in the top 100 is removed from later days.
    """
    frame = pd.DataFrame(
        {
            "day": data.days[rows],
            "card": data.cards[rows],
            "score": scores,
            "is_fraud": data.is_fraud[rows],
        }
    )
    caught: set[int] = set()
    shares = []
    for _, of_day in frame.groupby("day"):
        cards = of_day[~of_day["card"].isin(caught)].groupby("card")[["score", "is_fraud"]].max()
        top = cards.sort_values("score", ascending=False).head(TOP)
        caught |= set(top.index[top["is_fraud"]])
        shares.append(top["is_fraud"].sum() / TOP)
    return float(np.mean(shares))


def figures(
    data: Payments, first: int, last: int, resampling: str, seeds: int
) -> tuple[float, float, float]:
    """ROC AUC, average precision and card precision of log-odds averaged over seeds."""
    train, test = data.rows[_between(data.days, first, last)], rows_to_test(data, last)
    to_test = data.rows[test]
    fitted = (
        fit_rows(train, "history", Settings(resampling=resampling, seed=seed))
        for seed in range(seeds)
    )
    scores = np.mean([boosted.margins(to_test) for boosted in fitted], axis=0)
    truth = data.is_fraud[test]
    return (
        float(roc_auc_score(truth, scores)),
        float(average_precision_score(truth, scores)),
        card_precision(data, test, scores),
    )


def arms(last: int) -> Iterator[tuple[str, int, str]]:
    """Yield the name, the first training day and the resampling of each model."""
    for resampling in ("smote", "none"):
        yield f"ours, {resampling}, 7 days", last - 6, resampling
        yield f"ours, {resampling}, 77 days", last - 76, resampling


def main() -> None:
    """Print the figures of the first test week, next to those in the book."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--last-training-day", default="2018-07-31", metavar="DATE")
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    options = parser.parse_args()
    if not options.data.is_file():
        parser.error(f"{options.data} is not a file; name the Handbook's data as Parquet")
    table = Table("model", "ROC AUC", "average precision", f"card precision at {TOP}")
    with reported() as progress:
        progress(f"reading {options.data}")
        data = Payments.read(options.data)
        last = (pd.Timestamp(options.last_training_day) - pd.Timestamp(0)).days
        for name, first, resampling in arms(last):
            progress(f"fitting {name}")
            values = figures(data, first, last, resampling, options.seeds)
            table.add_row(name, *(f"{value:.3f}" for value in values))
    for name, published in BOOK.items():
        table.add_row(name, *(f"{value:.3f}" for value in published))
    test = rows_to_test(data, last)
    print(f"{test.sum():,} test payments, {data.is_fraud[test].sum():,} of them fraud")
    Console().print(table)


if __name__ == "__main__":
    main()
