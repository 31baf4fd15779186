"""On an exported log, models are compared with the histories that its payments saw."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.decisions.bundle import pack, version_of
from tests.aws import Aws
from tests.bundles import make_content, make_history_content, write_model
from tests.transactions import PAYSIM
from training.data.rows import Rows
from training.histories.columns import with_histories
from training.histories.stored import LABEL_DELAY, stored_columns
from training.metrics.ranking import average_precision
from training.reading.dataset import Dataset
from training.registry.champion_challenger import Challenge, challenge
from training.scoring.score import answering, load_scorer, rows_of, score_rows

ROWS: Final = 600
TRAINED_ON: Final[dict[str, Any]] = {
    "rows": 200,
    "seed": 0,
    "refitted": False,
    "windows": {
        "fit": {"start": 1, "end": 30},
        "calibrate": None,
        "threshold": {"start": 31, "end": 40},
    },
    "evaluated_on": {"start": 51, "end": 120},
}


def bundle(seed: int) -> bytes:
    """A model with histories, and a second one."""
    trained = {"trained_on": TRAINED_ON}
    second = {"without_history": make_content(seed) | trained}
    return pack(make_history_content(seed) | trained | second)


SERVED: Final = bundle(seed=0)
CANDIDATE: Final = bundle(seed=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file of payments, and with a log of the same ones."""
    chance = np.random.default_rng(7)
    folder = tmp_path_factory.mktemp("log")
    frame = pd.DataFrame(
        {
            "step": np.sort(chance.integers(1, 121, ROWS)),
            "type": "TRANSFER",
            "amount": chance.integers(100, 90_000, ROWS) / 100,
            "nameOrig": "payer-" + pd.Series(chance.integers(0, 12, ROWS)).astype(str),
            "oldbalanceOrg": chance.integers(0, 900_000, ROWS) / 100,
            "nameDest": "payee-" + pd.Series(chance.integers(0, 9, ROWS)).astype(str),
            "isFraud": (chance.random(ROWS) < 0.2).astype(int),
        }
    )
    frame.to_parquet(folder / "payments.parquet")
    rows = with_histories(Rows.of(Dataset.of(frame, PAYSIM)))
    seen = [column for history in rows.facts.histories for column in history]
    columns = dict(zip(stored_columns(rows.histories), seen, strict=True))
    frame.assign(**columns, **{LABEL_DELAY: PAYSIM.label_delay_s}).to_parquet(
        folder / "log.parquet"
    )
    write_model(folder / "served", SERVED)
    write_model(folder / "candidate", CANDIDATE)
    return folder


def challenged(aws: Aws, folder: Path, data: str) -> Challenge:
    aws.serve(version_of(SERVED), SERVED)
    return challenge(folder / "candidate", folder / data, **aws.where, margin=0.01, dry_run=True)


def precisions(folder: Path, data: str, *, with_histories: bool) -> dict[str, float]:
    """The average precision of each model on the rows that are new to it."""
    found = {}
    for name in ("served", "candidate"):
        scorer = load_scorer(folder / name)
        scorer = scorer if with_histories else answering(scorer)
        rows = rows_of(folder / data, scorer.bundle)
        scored = score_rows(scorer, rows[rows.steps >= TRAINED_ON["evaluated_on"]["start"]])
        found[name] = average_precision(scored.predicted)
    return found


def test_both_models_see_the_histories_in_the_log(aws: Aws, folder: Path) -> None:
    done = challenged(aws, folder, "log.parquet")

    expected = precisions(folder, "log.parquet", with_histories=True)
    assert done.comparison is not None
    assert done.comparison["current"]["average_precision"] == expected["served"]
    assert done.comparison["candidate"]["average_precision"] == expected["candidate"]
    assert "compared with the account histories that the payments saw in the API" in done.lines()
    assert done.as_dict()["with_histories"] is True


def test_without_a_log_the_models_without_histories_are_compared(aws: Aws, folder: Path) -> None:
    done = challenged(aws, folder, "payments.parquet")

    expected = precisions(folder, "payments.parquet", with_histories=False)
    assert done.comparison is not None
    assert done.comparison["current"]["average_precision"] == expected["served"]
    assert expected != precisions(folder, "payments.parquet", with_histories=True)
    assert not [line for line in done.lines() if "histories" in line]
