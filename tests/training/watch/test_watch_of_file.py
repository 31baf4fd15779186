"""The watch of a file of payments with labels, for people without a table."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from tests.bundles import make_bundle, write_model
from tests.training.watch.test_watch_of_table import payments, watched_bundle
from training.__main__ import app
from training.errors import InputError

type Body = dict[str, Any]


def written(folder: Path, sent: list[Body], **columns: Any) -> Path:
    """A file of payments, one in fifty of them a fraud."""
    path = folder / "payments.csv"
    frame = pd.DataFrame(sent).drop(columns="transaction_id").assign(**columns)
    if "isFraud" not in frame:
        frame["isFraud"] = (np.arange(len(frame)) % 50 == 0).astype(int)
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    write_model(tmp_path / "model", watched_bundle())
    return tmp_path / "model"


def run(model: Path, data: Path, *options: str) -> Result:
    command = ["watch", "--data", str(data), "--model", str(model), *options]
    return CliRunner().invoke(app, command, catch_exceptions=False)


def test_a_file_without_a_fraud_is_watched(tmp_path: Path, model: Path) -> None:
    result = run(model, written(tmp_path, payments(800, 1), isFraud=0), "--json")

    done = json.loads(result.stdout)
    assert done["payments"] == 800
    assert done["outcomes"]["observed"] == 0
    assert not any(each["is_alarm"] for each in done["numbers"])


def test_a_shift_in_a_file_is_named(tmp_path: Path, model: Path) -> None:
    result = run(
        model, written(tmp_path, payments(800, 1, factor=4)), "--out", f"{tmp_path}/p.html"
    )

    assert result.exit_code == 3
    assert "Amount: values are larger than in training" in result.stdout.splitlines()[0]
    assert "moved: Amount: values are larger than in training (stability index" in result.stdout
    assert "What moved" in (tmp_path / "p.html").read_text()


def test_the_last_days_of_a_file_can_be_watched(tmp_path: Path, model: Path) -> None:
    steps = np.repeat(np.arange(1, 241), 10)

    result = run(model, written(tmp_path, payments(2_400, 1), step=steps), "--days", "3", "--json")

    done = json.loads(result.stdout)
    assert done["payments"] == 720
    assert done["period"] == "steps 169 to 240"


def test_a_model_without_a_reference_is_to_be_trained_again(tmp_path: Path) -> None:
    write_model(tmp_path / "old", make_bundle())

    with pytest.raises(InputError, match=r"no reference .* train it again and promote"):
        run(tmp_path / "old", written(tmp_path, payments(10, 1)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--data", "x.csv"], "--data without --model: name the directory of the model"),
        (["--data", "x.csv", "--as-of", "2026-01-01"], "--as-of: not with --data"),
        (["--model", "m"], "--model and --history-from: only with --data"),
        (["--out", "page.txt"], "does not end in .html"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: list[str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        CliRunner().invoke(app, ["watch", *options], catch_exceptions=False)
