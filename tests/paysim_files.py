"""Small files in PaySim's columns, and the message for a faulty one."""

from pathlib import Path
from typing import Any

import pytest

from training.data.transactions import read_transactions
from training.errors import InputError

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
    frame = read_transactions(written(directory, GOOD)).assign(**columns)
    frame.to_parquet(directory / "file.parquet")
    return directory / "file.parquet"


def refusal(path: Path) -> str:
    """The one-line refusal of a file, without its name."""
    with pytest.raises(InputError) as caught:
        read_transactions(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(str(path))
