"""Slices of a window add up to it; money and days are weighted."""

from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
import pytest

from tests.transactions import TYPES
from training.metrics.figures import Slices
from training.metrics.labelled_scores import LabelledScores
from training.metrics.slices import Parts, sliced

FRAME = pd.DataFrame(
    {
        "step": [1, 2, 3, 25, 26, 27],
        "type": pd.Categorical(
            ["TRANSFER", "TRANSFER", "PAYMENT", "TRANSFER", "CASH_OUT", "PAYMENT"], TYPES
        ),
        "amount": [500.0, 2_000.0, 20.0, 5e6, 300.0, 40.0],
        "isFraud": [1, 0, 0, 1, 1, 0],
        "typology": ["scam", "genuine", "genuine", "take-over", "scam", "genuine"],
    }
)
PARTS = Parts(
    peers=FRAME["type"].array,
    amounts=FRAME["amount"].to_numpy(),
    days=FRAME["step"].to_numpy() // 24,
    typology=FRAME["typology"],
)
PREDICTED = LabelledScores(
    FRAME["isFraud"].to_numpy(dtype=bool), np.array([0.9, 0.2, 0.01, 0.8, 0.1, 0.6]), np.ones(6)
)


@pytest.fixture
def figures() -> Slices:
    return sliced(PARTS, PREDICTED, 0.5)


@pytest.mark.parametrize("part", ["by_type", "by_amount", "by_typology"])
def test_every_row_is_in_exactly_one_slice(
    figures: Slices, part: Literal["by_type", "by_amount", "by_typology"]
) -> None:
    assert sum(each["rows"] for each in figures[part]) == 6
    assert sum(each["frauds"] for each in figures[part]) == 3


def test_recall_and_false_alarms_are_computed_per_slice(
    figures: Slices,
) -> None:
    by_typology = {each["name"]: each for each in figures["by_typology"]}

    assert by_typology["scam"]["recall"] == 0.5
    assert by_typology["scam"]["false_positive_rate"] is None
    assert by_typology["genuine"]["false_positive_rate"] == pytest.approx(1 / 3)
    assert by_typology["genuine"]["recall"] is None


def test_amount_bands_are_in_ascending_order(figures: Slices) -> None:
    assert [each["name"] for each in figures["by_amount"]] == [
        "0 to 1,000",
        "1,000 to 10,000",
        "1,000,000 or more",
    ]


@pytest.mark.parametrize(
    ("largest", "bands"),
    [
        (900.0, ["0 to 1", "1 to 10", "10 to 100", "100 to 1,000"]),
        (2_000.0, ["0 to 1", "1 to 10", "10 to 100", "100 to 1,000", "1,000 or more"]),
        (20_000.0, ["0 to 10", "10 to 100", "100 to 1,000", "1,000 to 10,000", "10,000 or more"]),
        (
            2e9,
            [
                "0 to 1,000",
                "1,000 to 10,000",
                "10,000 to 100,000",
                "100,000 to 1,000,000",
                "1,000,000 or more",
            ],
        ),
    ],
)
def test_amount_bands_fit_the_amounts(largest: float, bands: list[str]) -> None:
    amounts = np.append(np.geomspace(0.5, largest, 999), 0.5)
    parts = Parts(peers=None, amounts=amounts, days=np.zeros(1_000), typology=None)
    predicted = LabelledScores(np.arange(1_000) < 9, np.full(1_000, 0.1), np.ones(1_000))

    assert [each["name"] for each in sliced(parts, predicted, 0.5)["by_amount"]] == bands


def test_money_counts_caught_fraud_and_wrongly_stopped_payments() -> None:
    money = sliced(PARTS, PREDICTED, 0.5)["money"]

    assert money["fraud_amount"] == 5_000_800
    assert money["fraud_amount_caught"] == 5_000_500
    assert money["genuine_amount_flagged"] == 40


def test_the_daily_top_k_are_the_highest_probabilities() -> None:
    rank = np.tile(np.arange(500), 2)
    parts = Parts(None, np.ones(1_000), np.repeat([0, 1], 500), None)

    top = sliced(parts, LabelledScores(rank < 20, 1 / (2.0 + rank), np.ones(1_000)), None)[
        "top_per_day"
    ]

    assert top[0] == {"per_day": 10, "precision": 1.0, "recall": 0.5}
    assert top[1] == {"per_day": 100, "precision": 0.2, "recall": 1.0}


def test_a_row_of_weight_n_fills_n_places() -> None:
    one_day = replace(PARTS, days=np.zeros(6))

    top = sliced(one_day, replace(PREDICTED, weights=np.array([1, 9, 9, 1, 1, 99.0])), None)[
        "top_per_day"
    ]

    assert top[0]["precision"] == pytest.approx(2 / 10)  # two frauds, eight of the 99
