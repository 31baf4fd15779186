"""Small files in PaySim's columns, their rows, and the message for a faulty one."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.transactions import LEARNED, PAYSIM
from training.data.rows import Rows
from training.errors import InputError
from training.files.tables import read_chunks
from training.reading.dataset import Dataset, payments_of, read_dataset, scored_columns

HEADER = (
    "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,"
    "nameDest,oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud\n"
)
FRAUD = "7,TRANSFER,181.5,C1,181.5,0.0,C2,0.0,181.5,1,0\n"
GENUINE = "8,PAYMENT,9839.64,C3,170136.0,160296.36,M4,0.0,0.0,0,0\n"
GOOD = HEADER + FRAUD + GENUINE


def written(directory: Path, text: str) -> Path:
    """Write a CSV file; surrogates become the undecodable bytes they escape."""
    path = directory / "file.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def parquet(directory: Path, **columns: Any) -> Path:
    """A Parquet file of a fraud and a genuine row, with other columns."""
    frame = frame_of(written(directory, GOOD)).assign(**columns)
    frame.to_parquet(directory / "file.parquet")
    return directory / "file.parquet"


def frame_of(path: Path) -> pd.DataFrame:
    """The labelled rows of a file, checked."""
    return read_dataset(path, PAYSIM).frame


def frame_to_score(path: Path) -> pd.DataFrame:
    """The rows of a file as `fraud score` reads them."""
    chunks = list(read_chunks(path, 100_000))
    names = scored_columns(PAYSIM, LEARNED)
    checked = [payments_of(path, each.frame(names), PAYSIM, LEARNED) for each in chunks]
    return pd.concat([each.frame for each in checked])


def rows_of(frame: pd.DataFrame) -> Rows:
    """The rows of a frame in PaySim's columns."""
    return Rows.of(Dataset.of(frame, PAYSIM))


def refusal(path: Path) -> str:
    """The one-line refusal of a file, without its name."""
    with pytest.raises(InputError) as caught:
        read_dataset(path, PAYSIM)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(str(path))
