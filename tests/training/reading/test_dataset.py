"""A file is read exactly or refused in one line with place and remedy."""

import re
import struct
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.domain.payment import MAX_AMOUNT, Facts
from tests.paysim_files import (
    FRAUD,
    GENUINE,
    GOOD,
    HEADER,
    frame_of,
    frame_to_score,
    parquet,
    refusal,
    written,
)
from tests.transactions import ACCOUNTS, CENTS, LEARNED, MONEY, PAYSIM, READER, TYPES, bodies
from training.files.writing import write_transactions
from training.reading.dataset import Dataset, payments_of, scored_columns

DATA = Path(__file__).parents[3].parent / "shared" / "data"

MONEY_IS = "write a number from 0 to 1e12"
STEP_IS = "write a whole number from 1 to 1,000,000"
TYPE_IS = "write one of CASH_IN, CASH_OUT, DEBIT, PAYMENT, TRANSFER"
NAME_IS = "write 1 to 64 printable characters without spaces"
NEEDED = "the header needs step, type, amount, nameOrig, oldbalanceOrg, nameDest, isFraud"
FOUND = HEADER.strip().replace(",", ", ")
MARKED = f"{MONEY_IS}, with a point before decimals and no other mark"
WIDER = "more cells than the header; write decimals with a point, and put text that holds commas into quotes"  # noqa: E501

BAD: list[tuple[str, str, str]] = [
    # the header
    ("nameDest", "payee", f": no column nameDest; {NEEDED} and is {FOUND.replace('nameDest', 'payee')}"),  # noqa: E501
    ("isFraud", "label", f": no column isFraud; {NEEDED} and is {FOUND.replace('isFraud', 'label')}"),  # noqa: E501
    (HEADER, "a b,\x1b[2J\n", f": no column {NEEDED.removeprefix('the header needs ')}; {NEEDED} and is 'a b', '\\x1b[2J'"),  # noqa: E501
    ("isFraud", "isfraud", ": unknown column isfraud; did you mean isFraud?"),
    ("anceOrg", "anceOrig", ": unknown column oldbalanceOrig; did you mean oldbalanceOrg?"),
    ("type,amount", "Type,a_mount", ": unknown columns Type, a_mount; did you mean type, amount?"),
    ("type,amount", "Type,sum", f": no column type, amount; {NEEDED} and is {FOUND.replace('type, amount', 'Type, sum')}"),  # noqa: E501
    ("isFlaggedFraud", "amount", ": column amount is there twice; keep one"),
    # one cell
    ("PAYMENT", "REFUND", f", row 3, column type: 'REFUND' is not allowed; {TYPE_IS}"),
    ("9839.64", "much", f", row 3, column amount: 'much' is not a number; {MONEY_IS}"),
    ("9839.64", "x" * 50, f", row 3, column amount: '{'x' * 37}...' is not a number; {MONEY_IS}"),
    ("9839.64", '"9,839.64"', f", row 3, column amount: '9,839.64' is not a number; {MARKED}"),
    ("9839.64", '"9839,64"', f", row 3, column amount: '9839,64' is not a number; {MARKED}"),
    ("9839.64", "True", f", row 3, column amount: 'True' is not a number; {MONEY_IS}"),
    ("9839.64", "nan", f", row 3, column amount: 'nan' is not a number; {MONEY_IS}"),
    ("9839.64", "-0.01", f", row 3, column amount: -0.01 is negative; {MONEY_IS}"),
    ("9839.64", "inf", f", row 3, column amount: inf is not finite; {MONEY_IS}"),
    ("9839.64", "-inf", f", row 3, column amount: -inf is not finite; {MONEY_IS}"),
    ("9839.64", "1e400", f", row 3, column amount: inf is not finite; {MONEY_IS}"),
    ("9839.64", "1.1e12", f", row 3, column amount: 1100000000000.0 is not allowed; {MONEY_IS}"),
    ("9839.64", "", f", row 3, column amount: the cell is empty; {MONEY_IS}"),
    ("C3", "", f", row 3, column nameOrig: the cell is empty; {NAME_IS}"),
    ("C3", "C 3", f", row 3, column nameOrig: 'C 3' is not allowed; {NAME_IS}"),
    ("M4", "M" * 65, f", row 3, column nameDest: '{'M' * 37}...' is not allowed; {NAME_IS}"),
    ("\n8", "\n1.5", f", row 3, column step: 1.5 is not allowed; {STEP_IS}"),
    ("\n8", "\n0", f", row 3, column step: 0 is not allowed; {STEP_IS}"),
    ("\n8", "\n1000001", f", row 3, column step: 1000001 is not allowed; {STEP_IS}"),
    ("1,0\n", "2,0\n", ", row 2, column isFraud: 2 is not allowed; write 0 or 1"),
    ("1,0\n", "yes,0\n", ", row 2, column isFraud: 'yes' is not a number; write 0 or 1"),
    # several cells: the first in file order, then in the order of the columns
    (
        FRAUD,
        f"{FRAUD}7,TRANSFER,-5,C1,-5,0,C2,0,0,2,0\n8,PAYMENT,much,C3,1,1,M4,0,0,0,0\n",
        f", row 3, column amount: -5.0 is negative; {MONEY_IS} (1 more row has this)",
    ),
    (
        FRAUD,
        f"{FRAUD}7,TRANSFER,1,C1,1,0,C2,0,0,2,0\n-8,PAYMENT,1,C3,1,1,M4,0,0,0,0\n",
        ", row 3, column isFraud: 2 is not allowed; write 0 or 1",
    ),
    (
        ".5,",
        "O,",
        f", row 2, column amount: '181O' is not a number; {MONEY_IS}",
    ),
    (
        FRAUD,
        FRAUD.replace("C1", "") * 2,
        f", row 2, column nameOrig: the cell is empty; {NAME_IS} (1 more row has this)",
    ),
    (
        FRAUD,
        FRAUD.replace("181.5,C1", "much,C1") * 1_235,
        f", row 2, column amount: 'much' is not a number; {MONEY_IS} (1,234 more rows have this)",
    ),
    # the shape
    (FRAUD, f"{FRAUD}\n", f", row 3, column step: the cell is empty; {STEP_IS}"),
    (
        FRAUD,
        f"\n{FRAUD}\n",
        f", row 2, column step: the cell is empty; {STEP_IS} (1 more row has this)",
    ),
    ("C3", '"C3\n"', f", row 3, column nameOrig: 'C3\\n' is not allowed; {NAME_IS}"),
    ("isFraud", '"is\nFraud"', ": unknown column 'is\\nFraud'; did you mean isFraud?"),
    ("1,0\n", "1,0,7\n", f", row 2: {WIDER}"),
    ("0,0\n", "0,0,7\n", f", row 3: {WIDER}"),
    ("1,0\n", "\n", ", row 2, column isFraud: the cell is empty; write 0 or 1"),
    ("PAYMENT", '"PAYMENT', ", row 3: a quote is opened but never closed"),
    ("C3", "\udce9", ", row 3: not UTF-8 text; save it as UTF-8"),
    (GOOD, "", ": the file is empty; give a header and rows"),
    (FRAUD + GENUINE, "", ": no rows below the header; give at least one transaction"),
    (FRAUD + GENUINE, "\n\n", ": no rows below the header; give at least one transaction"),
    # the labels
    (FRAUD, "", ", column isFraud: all 1 rows are genuine; a model needs rows of both classes"),
    (GENUINE, FRAUD, ", column isFraud: all 2 rows are fraud; a model needs rows of both classes"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_a_bad_file_is_refused_with_place_fault_and_remedy(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in GOOD

    assert refusal(written(tmp_path, GOOD.replace(old, new))) == message


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"amount": [1.0, np.nan]},
            f", row 2, column amount: the cell is empty; {MONEY_IS}",
        ),
        ({"step": [0, 1]}, f", row 1, column step: 0 is not allowed; {STEP_IS}"),
        (
            {"nameDest": [b"C", b"D"]},
            f", row 1, column nameDest: b'C' is not text; {NAME_IS} (1 more row has this)",
        ),
    ],
)
def test_parquet_has_no_header_so_its_first_row_is_row_1(
    tmp_path: Path, columns: dict[str, list[object]], message: str
) -> None:
    assert refusal(parquet(tmp_path, **columns)) == message


def test_numbers_stored_as_text_in_parquet_are_read_to_the_last_bit(tmp_path: Path) -> None:
    frame = frame_of(parquet(tmp_path, amount=["0.1", "123456789.01"]))

    assert frame["amount"].to_list() == [0.1, 123456789.01]


@pytest.mark.parametrize(
    "text",
    [
        f"{GOOD}\n\n",
        f"{GOOD}{',' * 10}\n",
        f"\ufeff{GOOD}",
        GOOD.replace("\n", "\r\n"),
        GOOD.removesuffix("\n"),
        GOOD.replace("\n8,", "\n8.0,"),
        GOOD.replace("C3", '"C3"'),
    ],
    ids=["blank end", "commas at the end", "BOM", "CRLF", "no last newline", "8.0", "quotes"],
)
def test_common_csv_dialects_are_read_alike(tmp_path: Path, text: str) -> None:
    expected = frame_of(written(tmp_path, GOOD))

    pd.testing.assert_frame_equal(frame_of(written(tmp_path, text)), expected)


def test_every_column_has_the_expected_type(tmp_path: Path) -> None:
    types = frame_of(written(tmp_path, GOOD)).dtypes.astype("str").to_dict()

    numbers = dict.fromkeys(
        ("amount", "oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"), "float64"
    )
    assert types == {
        "step": "int64",
        "type": "category",
        "nameOrig": "str",
        "nameDest": "str",
        "isFraud": "int8",
        **numbers,
    }


def test_type_codes_do_not_depend_on_the_types_present(tmp_path: Path) -> None:
    frame = frame_of(written(tmp_path, GOOD))

    assert list(frame["type"].cat.categories) == list(TYPES)


@pytest.mark.parametrize("cell", ["", "much", "-1"])
@pytest.mark.parametrize("name", ["newbalanceOrig", "oldbalanceDest", "newbalanceDest"])
def test_an_unused_balance_with_a_bad_cell_is_dropped(tmp_path: Path, name: str, cell: str) -> None:
    rows = pd.read_csv(written(tmp_path, GOOD), dtype="str")
    rows.loc[1, name] = cell
    rows.to_csv(tmp_path / "file.csv", index=False)

    assert set(frame_of(tmp_path / "file.csv")) == set(HEADER.strip().split(",")) - {
        name,
        "isFlaggedFraud",
    }


@pytest.mark.parametrize("cell", ["", "yes", "2"])
def test_an_unused_flag_may_hold_anything(tmp_path: Path, cell: str) -> None:
    path = written(tmp_path, GOOD.replace(",0\n", f",{cell}\n"))

    assert len(frame_of(path)) == 2


@pytest.mark.parametrize(
    ("fraud", "genuine"), [("True", "False"), ("true", "0"), ("TRUE", "false"), ("1.0", "FALSE")]
)
def test_true_and_false_are_valid_labels(tmp_path: Path, fraud: str, genuine: str) -> None:
    text = GOOD.replace("1,0\n", f"{fraud},0\n").replace("0.0,0,0\n", f"0.0,{genuine},0\n")

    assert frame_of(written(tmp_path, text))["isFraud"].to_list() == [1, 0]


@pytest.mark.parametrize("labels", [[True, False], ["TRUE", "false"], [Decimal(1), Decimal(0)]])
def test_labels_of_any_type_are_read_from_parquet(tmp_path: Path, labels: list[object]) -> None:
    assert frame_of(parquet(tmp_path, isFraud=labels))["isFraud"].to_list() == [1, 0]


def test_an_empty_label_among_words_is_named(tmp_path: Path) -> None:
    path = parquet(tmp_path, isFraud=pd.array([True, None], dtype="boolean"))

    assert refusal(path) == ", row 2, column isFraud: the cell is empty; write 0 or 1"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_unknown_columns_may_hold_anything_and_repeat(tmp_path: Path, ending: str) -> None:
    rows = pa.Table.from_pandas(frame_of(written(tmp_path, GOOD)), preserve_index=False)
    for cells in (["NA", "007"], ["", "x"]):
        rows = rows.append_column("note", pa.array(cells))
    path = tmp_path / f"twice.{ending}"
    if ending == "csv":
        pa.csv.write_csv(rows, path)
    else:
        pq.write_table(rows.append_column("list", pa.array([[1], None])), path)

    assert len(frame_of(path)) == 2


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_numbers_count_line_breaks_within_cells(tmp_path: Path, newline: str) -> None:
    lines = [f"{line},{note}" for line, note in zip(GOOD.split(), ["note", "", "x"], strict=True)]
    lines[1] += f'"one{newline}two{newline}three"'
    path = written(tmp_path, newline.join(lines).replace("9839.64", "much"))

    assert refusal(path) == f", row 5, column amount: 'much' is not a number; {MONEY_IS}"


@pytest.mark.parametrize("backend", ["pyarrow", "numpy_nullable"])
def test_numbers_of_other_backends_than_numpy_are_checked_alike(
    tmp_path: Path, backend: Literal["pyarrow", "numpy_nullable"]
) -> None:
    frame = frame_of(written(tmp_path, GOOD))[scored_columns(PAYSIM, LEARNED)]

    typed = payments_of(
        tmp_path, frame.convert_dtypes(dtype_backend=backend), PAYSIM, LEARNED
    ).frame

    pd.testing.assert_frame_equal(
        typed, payments_of(tmp_path, frame, PAYSIM, LEARNED).frame, check_exact=True
    )


def test_categorical_accounts_in_parquet_become_text(tmp_path: Path) -> None:
    frame = frame_of(parquet(tmp_path, nameOrig=pd.Categorical(["C1", "C3"])))

    assert frame["nameOrig"].dtype == "str"


@pytest.mark.parametrize("labels", [("1", "1"), ("", "perhaps")])
def test_rows_to_score_need_no_label_and_ignore_one(
    tmp_path: Path, labels: tuple[str, str]
) -> None:
    text = GOOD.replace("1,0\n", f"{labels[0]},0\n").replace("0.0,0,0\n", f"0.0,{labels[1]},0\n")

    frame = frame_to_score(written(tmp_path, text))

    assert list(frame) == ["step", "type", "amount", "nameOrig", "oldbalanceOrg", "nameDest"]


def weighted(first: str) -> str:
    return "".join(
        f"{line},{cell}\n" for line, cell in zip(GOOD.split(), ["weight", first, "1"], strict=True)
    )


def test_weights_are_numbers(tmp_path: Path) -> None:
    frame = frame_of(written(tmp_path, weighted("169")))

    assert frame["weight"].to_list() == [169.0, 1.0]
    assert frame["weight"].dtype == np.float64


@pytest.mark.parametrize(
    ("cell", "what"),
    [("0", "0 is not allowed"), ("-1", "-1 is negative"), ("inf", "inf is not finite")],
)
def test_zero_and_infinite_weights_are_refused(tmp_path: Path, cell: str, what: str) -> None:
    path = written(tmp_path, weighted(cell))

    assert refusal(path) == f", row 2, column weight: {what}; write a number above 0"


DIGITS = st.text("0123456789", min_size=1, max_size=40)
DECIMALS = st.one_of(
    MONEY.map(repr),
    CENTS.map("{:.2f}".format),
    st.integers(0, 10**12).map(str),
    st.tuples(st.integers(0, 10**12 - 1), DIGITS).map(lambda parts: f"{parts[0]}.{parts[1]}"),
    st.tuples(DIGITS, st.integers(-400, -30)).map(lambda parts: f"{parts[0]}e{parts[1]}"),
    st.decimals(0, 10**12, places=9).map(str),
)


@settings(max_examples=50)
@given(texts=st.lists(DECIMALS, min_size=1, max_size=20))
def test_every_decimal_is_read_to_the_last_bit(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    rows = [f"1,CASH_IN,{text},C1,{text},0,C2,0,0\n" for text in texts]
    header = HEADER.replace(",isFraud,isFlaggedFraud", "")
    path = written(tmp_path_factory.getbasetemp(), header + "".join(rows))

    frame = frame_to_score(path)

    exact = struct.pack(f"{len(texts)}d", *map(float, texts))
    assert frame["amount"].to_numpy().tobytes() == exact
    assert frame["oldbalanceOrg"].to_numpy().tobytes() == exact


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Any frame that `read_transactions` can return."""
    row = st.fixed_dictionaries(
        {
            "step": st.integers(1, 1_000_000),
            "type": st.sampled_from(TYPES),
            "amount": CENTS,
            "nameOrig": ACCOUNTS,
            "oldbalanceOrg": MONEY | CENTS,
            "nameDest": ACCOUNTS,
            "isFraud": st.integers(0, 1),
        }
    )
    rows = draw(st.lists(row, min_size=1, max_size=8))
    frame = pd.DataFrame([{**rows[0], "isFraud": 0}, {**rows[0], "isFraud": 1}, *rows])
    return frame.astype(
        {
            "type": pd.CategoricalDtype(list(TYPES)),
            "isFraud": "int8",
            "amount": "float64",
            "oldbalanceOrg": "float64",
        }
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@settings(max_examples=40)
@given(frame=frames())
def test_a_written_file_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, ending: str, frame: pd.DataFrame
) -> None:
    path = tmp_path_factory.getbasetemp() / f"back.{ending}"

    write_transactions(frame, path)

    pd.testing.assert_frame_equal(frame_of(path), frame, check_exact=True)


@settings(max_examples=50)
@given(rows=st.lists(bodies(), min_size=1, max_size=6))
def test_columns_of_facts_equal_the_facts_of_each_payment(rows: list[dict[str, Any]]) -> None:
    facts = Dataset.of(pd.DataFrame(rows), PAYSIM).facts

    columns = zip(facts.amount, facts.hour, facts.balance, *facts.attributes, strict=True)
    expected = [READER.payment(row).facts for row in rows]
    assert [Facts._make([*each[:3], each[3:], ()]) for each in columns] == expected


def test_the_largest_amount_is_allowed(tmp_path: Path) -> None:
    frame = frame_of(written(tmp_path, GOOD.replace("9839.64", "1e12")))

    assert frame["amount"].max() == MAX_AMOUNT


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real PaySim rows: put them into {DATA}")
def test_a_real_paysim_file_is_read_unchanged() -> None:
    frame = frame_of(DATA / "paysim_steps_1_to_8.csv")

    assert len(frame) == 35_098
    assert frame["isFraud"].sum() == 90
    assert re.fullmatch(r"C\d+", frame["nameOrig"].iloc[0])
