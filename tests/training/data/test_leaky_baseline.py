"""The leaky baseline reproduces the features of the tutorials."""

from pathlib import Path

import pandas as pd
import pytest

from tests.paysim_files import GOOD, rows_of, written
from tests.transactions import PAYSIM, TYPES
from training.data.encoder import encoder_of
from training.data.leaky_baseline import has_leaky_columns
from training.errors import InputError
from training.fitting.boosting import names_of
from training.option_values import LEAKY
from training.reading.dataset import Dataset
from training.train import TrainOptions, train

ROW = {
    "step": 7,
    "type": "TRANSFER",
    "amount": 5_000.0,
    "nameOrig": "C1",
    "oldbalanceOrg": 0.0,
    "newbalanceOrig": 1.0,
    "nameDest": "C2",
    "oldbalanceDest": 2.0,
    "newbalanceDest": 3.0,
    "isFraud": 1,
}
FRAME = pd.DataFrame([ROW]).assign(type=pd.Categorical(["TRANSFER"], TYPES))


def test_the_eleven_columns_are_those_of_the_tutorials_and_the_ratio_explodes() -> None:
    rows = rows_of(FRAME)
    encoder = encoder_of(rows, LEAKY)

    (row,) = encoder.matrix(rows)

    assert dict(zip(names_of(encoder), row.tolist(), strict=True)) == {
        "step": 7,
        "amount": 5_000,
        "oldbalanceOrg": 0,
        "newbalanceOrig": 1,
        "oldbalanceDest": 2,
        "newbalanceDest": 3,
        "type_CASH_OUT": 0,
        "type_DEBIT": 0,
        "type_PAYMENT": 0,
        "type_TRANSFER": 1,
        "amt_ratio_orig": 5_000 / 1e-6,
    }


def test_data_without_balances_after_the_payment_has_no_leaky_baseline() -> None:
    without = FRAME.drop(columns="newbalanceDest")

    assert has_leaky_columns(Dataset.of(FRAME, PAYSIM))
    assert not has_leaky_columns(Dataset.of(without, PAYSIM))


def test_a_file_without_the_later_balances_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("newbalanceOrig", "later"))

    with pytest.raises(InputError) as caught:
        train(path, tmp_path / "model", TrainOptions(feature_set=LEAKY))

    assert str(caught.value) == (
        f"{path}: leaky-baseline needs a number in every row of newbalanceOrig"
    )
