"""A payment that is read from the log has the facts that it has in a file."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.api.cards import CARDS, PLAN, card_payment
from tests.bundles import PURCHASE, bundle_of, make_bundle
from tests.training.memory.played import START_S, InProcess, Played, Published, exported
from tests.transactions import PAYSIM
from training.data.rows import Rows
from training.errors import InputError
from training.files.writing import write_transactions
from training.histories.stored import with_stored
from training.reading.dataset import Dataset, read_dataset
from training.reading.schema_of_file import OF_EXPORT, schema_of_file
from training.reading.typed import have_digits

BUNDLE: Final = bundle_of(PLAN, [card_payment(amt=float(1_000 - 990 * (i % 2))) for i in range(40)])

PAYMENTS: Final[list[dict[str, Any]]] = [
    card_payment(**{"trans time": "2025-12-31 20:00:00", "device_id": "phone 7"}),
    card_payment(**{"trans time": "2025-12-31T21:30:00.5+01:00", "amt": 0.1 + 0.2, "age": ...}),
    card_payment(
        **{"trans time": "2025-12-31 10:00:00", "cc_num": 4532015112830367, "zip": 501},
        known="0",
        gender="M",
        category=...,
    ),
]
"""By text and by number, in the zone of the schema and in another, with and without a fact."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of an API that some card payments were sent to, one of them a fraud."""
    played = Played(BUNDLE)
    for number, payment in enumerate(PAYMENTS):
        played.now += 1
        played.post(**payment, trans_num=str(number))
    played.now += 0.4
    played.tell("1")
    out = tmp_path_factory.mktemp("log") / "log.parquet"
    exported(InProcess(played.memory.table.items), Published(BUNDLE), out)
    return out


def read_as_file(folder: Path) -> Dataset:
    """The same payments from a file, in the order of their times."""
    frame = pd.DataFrame(PAYMENTS).assign(is_fraud=[0, 1, 0], trans_num=["0", "1", "2"])
    frame["known"] = frame["known"].astype(str)
    frame[["cc_num", "zip"]] = frame[["cc_num", "zip"]].astype(str)
    in_order = frame.iloc[[2, 1, 0]]
    write_transactions(in_order, folder / "file.parquet")
    return read_dataset(folder / "file.parquet", CARDS)


def test_the_facts_are_those_of_the_file(log: Path, tmp_path: Path) -> None:
    of_file, of_log = read_as_file(tmp_path), read_dataset(log, CARDS)

    np.testing.assert_array_equal(of_log.seconds, of_file.seconds)
    assert of_log.frame["is_fraud"].tolist() == of_file.frame["is_fraud"].tolist()
    for name in ("amount", "hour", "balance"):
        np.testing.assert_array_equal(getattr(of_log.facts, name), getattr(of_file.facts, name))
    for name, one, other in zip(
        CARDS.attributes, of_log.facts.attributes, of_file.facts.attributes, strict=True
    ):
        assert pd.Series(one).astype(str).tolist() == pd.Series(other).astype(str).tolist(), name
    assert of_log.properties.flags == of_file.properties.flags
    assert of_log.properties.missing == of_file.properties.missing
    assert set(of_log.properties.digits) == set(PLAN.learned.digits)


def test_the_log_brings_its_schema_along(log: Path, tmp_path: Path) -> None:
    pd.read_parquet(log).to_parquet(tmp_path / "copy.parquet")  # without our metadata

    assert schema_of_file(log, None) == CARDS
    with pytest.raises(InputError, match="its columns are those of no built-in schema"):
        schema_of_file(tmp_path / "copy.parquet", None)


def test_a_damaged_schema_of_a_log_is_named(log: Path, tmp_path: Path) -> None:
    table = pq.read_table(log)
    pq.write_table(table.replace_schema_metadata({OF_EXPORT: b"{}"}), tmp_path / "log.parquet")

    with pytest.raises(InputError, match=r"the schema in its metadata is damaged .*--schema FILE"):
        schema_of_file(tmp_path / "log.parquet", None)


def test_accounts_are_tokens_and_the_payments_id_is_the_predictions(log: Path) -> None:
    frame = pd.read_parquet(log)
    text = frame.to_csv()

    assert frame["trans_num"].tolist() == frame["log:prediction_id"].tolist()
    assert frame["cc_num"].nunique() == 2
    assert have_digits(frame["cc_num"])
    assert frame["Merchant/Name"].nunique() == 1
    assert frame["device_id"].notna().tolist() == [False, False, True]
    assert not [name for name in ("4532015112830366", "Kirlin", "phone 7") if name in text]
    assert not {"settled", "job"} & set(frame)


def test_a_label_is_known_from_the_second_on_in_which_its_outcome_was(log: Path) -> None:
    known = pd.read_parquet(log)["reported at"]

    assert known.fillna("").tolist() == ["", "2026-01-01T00:00:04Z", ""]
    at = read_dataset(log, CARDS).known_at
    assert at[1] == START_S + 4


def test_of_a_count_a_label_is_known_as_long_after_the_payment_as_after_its_arrival(
    tmp_path: Path,
) -> None:
    played = Played(make_bundle())
    played.post(**PURCHASE, transaction_id="t")
    played.now += 2 * 3_600 + 1
    played.tell("t")
    played.post(**PURCHASE | {"step": None, "timestamp": "2026-01-01T03:59:59+01:00"})
    exported(
        InProcess(played.memory.table.items), Published(make_bundle()), tmp_path / "log.parquet"
    )

    frame = pd.read_parquet(tmp_path / "log.parquet")

    since_1970 = (START_S + 2 * 3_600) // 3_600
    assert frame["step"].tolist() == [14, since_1970]
    assert frame["label_time"].fillna(-1).tolist() == [14 + 3, -1]


def test_an_amount_may_have_more_decimals_than_the_currency(tmp_path: Path) -> None:
    played = Played(make_bundle())
    played.post(**PURCHASE | {"amount": 10.123456})
    exported(
        InProcess(played.memory.table.items), Published(make_bundle()), tmp_path / "log.parquet"
    )

    rows = Rows.of(read_dataset(tmp_path / "log.parquet", PAYSIM, one_class=True))

    assert with_stored(rows, tmp_path / "log.parquet").amounts.tolist() == [10.123456]
