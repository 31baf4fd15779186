"""Drafted schemas: roles by evidence, and what a person must think about."""

import tomllib
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.schemas.draft import draft
from training.schemas.draft_text import as_toml

N = 2_000


@pytest.fixture(scope="module")
def cards() -> pd.DataFrame:
    """Card payments as a CSV file gives them: text."""
    random = np.random.default_rng(0)
    payer = random.integers(0, 50, N)
    is_fraud = random.random(N) < 0.05
    frame = pd.DataFrame(
        {
            "ts": pd.date_range("2026-01-01", periods=N, freq="7min").strftime("%Y-%m-%d %H:%M:%S"),
            "card": [f"00{4_000_000_000_000_000 + number}" for number in payer],
            "merchant": [f"Shop {number}" for number in random.integers(0, 200, N)],
            "amount": np.round(random.lognormal(3, 1, N), 2),
            "mcc": random.choice(["5411", "5812", "4829"], N),
            "country": random.choice(["DE", "FR", "NL"], N),
            "city": [f"city {number % 40}" for number in payer],
            "chip": random.integers(0, 2, N),
            "lat": np.round(random.uniform(40, 50, N), 4),
            "long": np.round(random.uniform(5, 15, N), 4),
            "remark": [f"text {number}" for number in range(N)],
            "empty_so_far": ["" if number < N / 2 else str(number % 7) for number in range(N)],
            "version": 3,
            "scenario": np.where(is_fraud, random.integers(1, 4, N), 0),
            "is_fraud": is_fraud.astype(int),
        }
    )
    return frame.astype("str")


def drafted(frame: pd.DataFrame) -> dict[str, Any]:
    return tomllib.loads(as_toml(draft(frame), "cards"))


def test_roles_are_found_by_name_and_evidence(cards: pd.DataFrame) -> None:
    assert drafted(cards)["roles"] == {
        "label": "is_fraud",
        "time": "ts",
        "amount": "amount",
        "payer": "card",
        "payee": "merchant",
    }


def test_other_columns_become_numbers_flags_categories_and_places(cards: pd.DataFrame) -> None:
    schema = drafted(cards)

    assert schema["attributes"] == {
        "place": ["lat", "long"],
        "mcc": "category",
        "country": "category",
        "chip": "flag",
        "scenario": "?",
    }
    assert schema["peer_group"] == "mcc"


@pytest.mark.parametrize(
    ("column", "why"),
    [
        ("city", "never changes for a payer: a model would memorise payers"),
        ("remark", "has 2,000 different texts"),
        ("empty_so_far", "is empty until row 1,001: a model would learn the date"),
        ("version", "has one value"),
    ],
)
def test_a_misleading_column_is_ignored_with_a_reason(
    cards: pd.DataFrame, column: str, why: str
) -> None:
    assert f'    "{column}",  # {why}' in as_toml(draft(cards), "cards").splitlines()


def test_a_column_that_leaks_the_label_is_left_to_the_user(cards: pd.DataFrame) -> None:
    made = draft(cards)

    assert made.undecided == 1
    assert 'scenario = "?"  # may leak the label: is it known' in as_toml(made, "cards")


def test_a_mandatory_role_without_evidence_is_left_to_the_user(cards: pd.DataFrame) -> None:
    schema = drafted(cards.drop(columns=["is_fraud", "scenario", "chip"]))

    assert schema["roles"]["label"] == "?"


def test_balances_after_the_payment_are_distinguished_from_those_before() -> None:
    frame = pd.DataFrame(
        {
            "step": np.arange(N) // 20 + 1,
            "amount": np.linspace(1, 90, N),
            "nameOrig": [f"C{number}" for number in range(N)],
            "oldbalanceOrg": np.linspace(5, 7, N),
            "newbalanceOrig": np.linspace(6, 8, N),
            "nameDest": [f"M{number % 99}" for number in range(N)],
            "oldbalanceDest": np.linspace(9, 11, N),
            "newbalanceDest": np.linspace(10, 12, N),
            "isFraud": np.arange(N) % 50 == 0,
        }
    )

    roles = drafted(frame)["roles"]

    assert roles["time"] == {"column": "step", "unit": "hour"}
    assert (roles["balance"], roles["payee_balance"]) == ("oldbalanceOrg", "oldbalanceDest")
    assert roles["after"] == ["newbalanceOrig", "newbalanceDest"]


@pytest.mark.parametrize(("prefix", "are_shared"), [("A", True), ("", False)])
def test_payers_who_are_payees_elsewhere_share_their_accounts_unless_ids_are_plain_numbers(
    cards: pd.DataFrame, prefix: str, *, are_shared: bool
) -> None:
    """Card 17 and shop 17 are not one account."""
    numbers = np.arange(N) % 50 + 10_000
    ids = pd.Series(numbers.astype("str"))
    shared = cards.assign(card=prefix + ids, merchant=prefix + ids.to_numpy()[::-1])

    made = draft(shared)

    assert made.shared_accounts is are_shared
    assert ("shared_accounts = true" in as_toml(made, "cards")) is are_shared
    assert not draft(cards).shared_accounts


def test_numbered_columns_become_a_family() -> None:
    random = np.random.default_rng(1)
    columns = {f"V{number}": random.normal(size=N) for number in range(1, 29)}
    frame = pd.DataFrame({"Time": np.arange(N), **columns, "Class": np.arange(N) % 50 == 0})

    assert drafted(frame)["attributes"] == {"V*": "number"}


def test_identifiers_made_of_digits_are_not_numbers(cards: pd.DataFrame) -> None:
    frame = cards.assign(mcc=[f"0{number % 9}" for number in range(N)])

    assert drafted(frame)["attributes"]["mcc"] == "category"


def test_a_name_that_is_not_a_bare_toml_key_is_quoted(cards: pd.DataFrame) -> None:
    frame = cards.rename(columns={"country": 'the "country"', "chip": "chip used"})

    attributes = drafted(frame)["attributes"]

    assert attributes['the "country"'] == "category"
    assert attributes["chip used"] == "flag"


@pytest.mark.parametrize(
    ("role", "column", "cell", "note"),
    [
        ("amount", "amount", "1234,50", "'1234,50'; write numbers, with a point"),
        ("amount", "amount", "12.5 EUR", "'12.5 EUR'; write numbers, with a point"),
        ("time", "ts", "31/12/2025 03:00", "'31/12/2025 03:00'; write ISO 8601"),
        ("label", "is_fraud", "", "has 0 values, not two; write 0 and 1"),
        ("label", "is_fraud", "0", "has 1 value, not two; write 0 and 1"),
    ],
)
def test_a_column_that_its_name_suggests_but_its_cells_do_not_fit_is_explained(
    cards: pd.DataFrame, role: str, column: str, cell: str, note: str
) -> None:
    made = draft(cards.assign(**{column: cell}))

    assert made.roles[role] == '"?"'
    assert f"'{column}'" in made.role_notes[role]
    assert note in made.role_notes[role]
    assert column not in {*made.ignore, *made.attributes}
    tomllib.loads(as_toml(made, "cards"))


def test_times_out_of_order_are_left_to_the_user(cards: pd.DataFrame) -> None:
    made = draft(cards.assign(ts=cards["ts"].to_numpy()[::-1]))

    assert made.roles["time"] == '"?"'
    assert "is not in the order of the rows" in made.role_notes["time"]


@pytest.mark.parametrize(
    ("role", "column", "cells", "note"),
    [
        ("label", "is_fraud", ["N", "Y"], "holds 'N' and 'Y'; write 0 and 1"),
        ("label", "is_fraud", ["1", "2"], "holds '1' and '2'; write 0 and 1"),
        ("label", "is_fraud", ["0", "1", ""], "has empty cells; write 0 or 1"),
    ],
)
def test_a_role_whose_cells_training_would_refuse_is_explained(
    cards: pd.DataFrame, role: str, column: str, cells: list[str], note: str
) -> None:
    made = draft(cards.assign(**{column: np.resize(cells, N)}))

    assert made.roles[role] == f'"{column}"'
    assert note in made.role_notes[role]


def test_milliseconds_are_not_drafted_as_seconds_without_a_word(cards: pd.DataFrame) -> None:
    made = draft(cards.assign(ts=[str(1_767_225_631_000 + 1_000 * row) for row in range(N)]))

    assert "if it counts milliseconds, write seconds" in made.role_notes["time"]


@pytest.mark.parametrize("label", [["0", "1"], ["0", "1.0"], ["false", "True"]])
def test_a_label_that_training_reads_has_no_note(cards: pd.DataFrame, label: list[str]) -> None:
    made = draft(cards.assign(is_fraud=np.resize(label, N)))

    assert made.role_notes == {}


@pytest.mark.parametrize("as_in", [str, float], ids=["CSV", "Parquet"])
def test_ids_that_lost_digits_are_neither_ids_nor_flags(cards: pd.DataFrame, as_in: Any) -> None:
    cells = [as_in(cell) for cell in np.resize(["9.99E+15", "1.0E+16"], N)]
    many = [as_in(f"{9 + row / N:.4f}E+15") for row in range(N)]

    for ids in (cells, many):
        made = draft(cards.assign(card=ids))
        assert "payer" not in made.roles
        assert "write ids as text" in made.notes["card"]
