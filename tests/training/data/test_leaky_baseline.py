"""The leaky baseline reproduces the features of the tutorials."""

from pathlib import Path

import pandas as pd
import pytest

from tests.paysim_files import GOOD, written
from training.data.leaky_baseline import LEAKY_FEATURES, has_leaky_columns, leaky_matrix
from training.errors import InputError
from training.option_values import LEAKY
from training.train import TrainOptions, train

ROW = {
    "step": 7,
    "type": "TRANSFER",
    "amount": 5_000.0,
    "oldbalanceOrg": 0.0,
    "newbalanceOrig": 1.0,
    "oldbalanceDest": 2.0,
    "newbalanceDest": 3.0,
}


def test_the_eleven_columns_are_those_of_the_tutorials_and_the_ratio_explodes() -> None:
    (row,) = leaky_matrix(pd.DataFrame([ROW]))

    assert dict(zip(LEAKY_FEATURES, row.tolist(), strict=True)) == {
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
    frame = pd.DataFrame([ROW])

    assert has_leaky_columns(frame)
    assert not has_leaky_columns(frame.drop(columns="newbalanceDest"))


def test_a_file_without_the_later_balances_is_refused_by_name(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace("newbalanceOrig", "later"))

    with pytest.raises(InputError) as caught:
        train(path, tmp_path / "model", TrainOptions(feature_set=LEAKY))

    assert str(caught.value) == (
        f"{path}: leaky-baseline needs a number in every row of newbalanceOrig"
    )
