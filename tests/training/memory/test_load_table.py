"""A table that is filled from a file: payments see what they would see in the file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.history.state import Partners
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import Record, state_item
from fraud_api_lambda.records.keys import Keys
from tests.bundles import make_history_bundle, write_model
from tests.emulator import TableAws
from tests.memory_app import memory_client, remove, write
from training.__main__ import app
from training.errors import InputError
from training.files.writing import write_transactions
from training.registry.table import MemoryTable
from training.simulator.simulate import simulate

BUNDLE: Final = make_history_bundle()
ROWS: Final = 1_000
LATER: Final = 40
PAYERS: Final = 30
PAYEES: Final = 35
ACCOUNTS: Final = PAYERS + PAYEES
KNOWN_UNTIL: Final = 48
"""Hours: the frauds before are known at the end of the file, by a label delay of 24 hours."""


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Payments of a few accounts, the first of which are frauds."""
    frame = simulate(ROWS, seed=1, days=6).drop(columns="label_time")
    number = pd.Series(range(ROWS))
    return frame.assign(
        nameOrig="C" + (number % PAYERS).astype(str),
        nameDest="C" + (number % PAYEES).astype(str),
        isFraud=((frame["step"] < KNOWN_UNTIL) & (number % 3 == 0)).astype(int),
    )


@pytest.fixture(scope="module")
def files(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model, earlier payments and later ones."""
    folder = tmp_path_factory.mktemp("files")
    write_model(folder / "model", BUNDLE)
    write_transactions(frame.head(ROWS - LATER), folder / "earlier.csv")
    write_transactions(later(frame), folder / "later.csv")
    return folder


def later(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.tail(LATER).drop(columns="isFraud")


def fraud(*arguments: object) -> str:
    result = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.stdout
    return result.stdout


def loaded(files: Path, aws: TableAws, data: str = "earlier.csv") -> str:
    options = ("--model", files / "model", "--data", files / data, "--table", aws.table)
    return fraud("history", "load", *options, "--secret-parameter", aws.secret_parameter)


def answered(client: TestClient, payments: pd.DataFrame) -> list[dict[str, Any]]:
    answers = [client.post("/predict", json=row) for row in payments.to_dict("records")]
    assert {each.status_code for each in answers} == {200}
    return [each.json() for each in answers]


def records(aws: TableAws) -> Sequence[Record]:
    pages = MemoryTable(aws.table, aws.secret_parameter).items("P#")
    return [Record.of(item) for page in pages for item in page]


def test_payments_after_loading_see_the_histories_that_score_gives_them(
    table_aws: TableAws, frame: pd.DataFrame, files: Path, tmp_path: Path
) -> None:
    options = ("--model", files / "model", "--history-from", files / "earlier.csv")
    fraud("score", *options, "--data", files / "later.csv", "--out", tmp_path / "out.parquet")
    expected = pd.read_parquet(tmp_path / "out.parquet")["fraud_probability"]

    said = loaded(files, table_aws)
    answers = answered(memory_client(table_aws, BUNDLE), later(frame))

    assert f"the states of {ACCOUNTS} accounts written; 0 accounts were there before" in said
    assert "no command undoes it" in said
    assert "left out" not in said
    assert [each["fraud_probability"] for each in answers] == expected.tolist()
    payees = [record.histories[1] for record in records(table_aws) if record.histories]
    assert len(payees) == LATER
    assert any(payee.frauds_30d for payee in payees)
    assert not any(payee.new_partner for payee in payees)
    assert "no differences" in fraud("replay")


def test_loading_again_writes_what_is_missing_and_skips_the_rest(
    table_aws: TableAws, frame: pd.DataFrame, files: Path
) -> None:
    answered(memory_client(table_aws, BUNDLE), frame.head(1).drop(columns="isFraud"))
    first = loaded(files, table_aws)
    bases = [key for key in table_aws.items if key.startswith("B#")][::2]
    for key in bases:
        remove(table_aws, key)
        remove(table_aws, f"A#{key[2:]}")
    kept = table_aws.items

    again = loaded(files, table_aws)

    assert f"{ACCOUNTS - 2} accounts written; 2 accounts were there before" in first
    there = ACCOUNTS - len(bases)
    assert f"{len(bases)} accounts written; {there} accounts were there before" in again
    assert {key: item for key, item in table_aws.items.items() if key in kept} == kept
    assert "no differences" in fraud("replay")


def test_labels_that_are_unknown_at_the_end_are_counted(
    table_aws: TableAws, frame: pd.DataFrame, files: Path
) -> None:
    write_transactions(frame.head(300), files / "start.csv")
    unknown = (frame["isFraud"] == 1) & (frame["step"] >= frame["step"][299] - 24)
    assert unknown.head(300).sum() > 10

    said = loaded(files, table_aws, "start.csv")

    # Each counts for its payer and for its payee.
    assert f"left out: {2 * unknown.head(300).sum()} labels of frauds" in said


@pytest.mark.parametrize("lost", ["state", "base", "changed base"])
def test_a_replay_finds_that_what_was_loaded_is_gone_or_another(
    table_aws: TableAws, frame: pd.DataFrame, files: Path, lost: str
) -> None:
    loaded(files, table_aws)
    answered(memory_client(table_aws, BUNDLE), later(frame).tail(1))
    keys = Keys.of_text(table_aws.secret)
    payer = keys.account("payer", frame["nameOrig"].iloc[-1])
    base = f"B#{payer}"
    if lost == "changed base":
        item: Any = MemoryTable(table_aws.table, table_aws.secret_parameter).find([base])[base]
        account = Account.unpack(item["s"])
        changed = account._replace(state=account.state._replace(partners=Partners({})))
        write(table_aws, state_item(base, changed, account.since, keys))
        words = f"account {payer}: its state, version 1, is not what the records give: partners"
    else:
        remove(table_aws, base if lost == "base" else f"A#{payer}")
        words = {
            "state": f"account {payer}: it has no state, though the prediction",
            "base": f"its history of the payer (account {payer}, version 0) says seen True",
        }[lost]

    result = CliRunner().invoke(app, ["replay"], catch_exceptions=False)

    assert words in result.stdout, result.stdout
    assert result.exit_code == 3


def test_a_state_that_was_loaded_and_never_moved_must_be_there(
    table_aws: TableAws, files: Path
) -> None:
    table_aws.serve(version_of(BUNDLE), BUNDLE)
    loaded(files, table_aws)
    key = next(key for key in table_aws.items if key.startswith("A#"))
    remove(table_aws, key)

    result = CliRunner().invoke(app, ["replay"], catch_exceptions=False)

    what = "it has no state, though history load made version 0"
    assert f"account {key[2:]}: {what}" in result.stdout
    assert "1 difference\n" in result.stdout


def test_a_file_and_a_table_at_once_are_refused(files: Path) -> None:
    options = ("--model", files / "model", "--data", files / "earlier.csv")

    with pytest.raises(InputError, match="two places; give one of them"):
        fraud("history", "load", *options, "--table", "any", "--out", files / "states.sqlite")


def test_a_table_that_is_not_there_is_said_before_the_file_is_read(
    table_aws: TableAws, files: Path
) -> None:
    (files / "odd.csv").write_text("no columns\n")

    with pytest.raises(InputError, match="no table none in this account"):
        fraud(
            *("history", "load", "--model", files / "model", "--data", files / "odd.csv"),
            *("--table", "none", "--secret-parameter", table_aws.secret_parameter),
        )
