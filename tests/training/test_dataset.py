"""A file is read exactly, or refused with one line that says where and what would be right."""

import re
import struct
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.features import Facts
from fraud_api_lambda.transaction import MAX_AMOUNT, Transaction, TransactionType
from tests.transactions import ACCOUNTS, CENTS, MONEY, transactions
from training.dataset import read_transactions, to_facts
from training.errors import InputError
from training.output import write_transactions

DATA = Path(__file__).parents[2].parent / "shared" / "data"

HEADER = (
    "step,type,amount,nameOrig,oldbalanceOrg,newbalanceOrig,"
    "nameDest,oldbalanceDest,newbalanceDest,isFraud,isFlaggedFraud\n"
)
FRAUD = "7,TRANSFER,181.5,C1,181.5,0.0,C2,0.0,181.5,1,0\n"
GENUINE = "8,PAYMENT,9839.64,C3,170136.0,160296.36,M4,0.0,0.0,0,0\n"
GOOD = HEADER + FRAUD + GENUINE

MONEY_IS = "write a number from 0 to 1e12"
STEP_IS = "write a whole number from 1 to 1,000,000"
TYPE_IS = "write one of CASH_IN, CASH_OUT, DEBIT, PAYMENT, TRANSFER"
NAME_IS = "write 1 to 64 printable characters without spaces"
NEEDED = "the header needs step, type, amount, nameOrig, oldbalanceOrg, nameDest, isFraud"

BAD: list[tuple[str, str, str]] = [
    # the header
    ("nameDest,", "payee,", f": no column nameDest; {NEEDED}"),
    ("isFraud", "fraudulent", f": no column isFraud; {NEEDED}"),
    (",", ";", f": no column {NEEDED.removeprefix('the header needs ')}; {NEEDED}"),
    ("isFraud", "isfraud", ": unknown column isfraud; did you mean isFraud?"),
    ("anceOrg", "anceOrig", ": unknown column oldbalanceOrig; did you mean oldbalanceOrg?"),
    ("anceOrig", "anceOrg", ": unknown column newbalanceOrg; did you mean newbalanceOrig?"),
    ("isFlaggedFraud", "amount", ": column amount is there twice; keep one"),
    # one cell
    ("PAYMENT", "REFUND", f", row 3, column type: 'REFUND' is not allowed; {TYPE_IS}"),
    ("9839.64", "much", f", row 3, column amount: 'much' is not a number; {MONEY_IS}"),
    ("9839.64", "x" * 50, f", row 3, column amount: '{'x' * 37}...' is not a number; {MONEY_IS}"),
    ("9839.64", '"9,839.64"', f", row 3, column amount: '9,839.64' is not a number; {MONEY_IS}"),
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
    ("1,0\n", "1,0,7\n", ", row 2: more cells than the header"),
    ("0,0\n", "0,0,7\n", ", row 3: more cells than the header"),
    ("1,0\n", "1\n", ", row 2, column isFlaggedFraud: the cell is empty; write 0 or 1"),
    ("PAYMENT", '"PAYMENT', ", row 3: a quote is opened but never closed"),
    ("C3", "\udce9", ": not UTF-8 text; save it as UTF-8"),
    (GOOD, "", ": the file is empty; give a header and rows"),
    (FRAUD + GENUINE, "", ": no rows below the header; give at least one transaction"),
    (FRAUD + GENUINE, "\n\n", ": no rows below the header; give at least one transaction"),
    # the labels
    (FRAUD, "", ", column isFraud: all 1 rows are genuine; a model needs rows of both classes"),
    (GENUINE, FRAUD, ", column isFraud: all 2 rows are fraud; a model needs rows of both classes"),
]  # fmt: skip


def written(directory: Path, text: str) -> Path:
    path = directory / "file.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_transactions(path)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(str(path))


def parquet(directory: Path, **columns: object) -> Path:
    frame = read_transactions(written(directory, GOOD)).assign(**columns)
    frame.to_parquet(directory / "file.parquet")
    return directory / "file.parquet"


@pytest.mark.parametrize(("old", "new", "message"), BAD)
def test_a_bad_file_is_refused_with_where_what_and_what_would_be_right(
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
        ({"nameOrig": [1, 2]}, f", row 1, column nameOrig: 1 is not text; {NAME_IS}"),
        ({"nameDest": [b"C", b"D"]}, f", row 1, column nameDest: b'C' is not text; {NAME_IS}"),
        (
            {"isFraud": [True, False]},
            ", row 1, column isFraud: 'True' is not a number; write 0 or 1 (1 more row has this)",
        ),
    ],
)
def test_parquet_has_no_header_so_its_first_row_is_row_1(
    tmp_path: Path, columns: dict[str, list[object]], message: str
) -> None:
    assert refusal(parquet(tmp_path, **columns)) == message


def test_numbers_stored_as_text_in_parquet_are_read_to_the_last_bit(tmp_path: Path) -> None:
    frame = read_transactions(parquet(tmp_path, amount=["0.1", "123456789.01"]))

    assert frame["amount"].to_list() == [0.1, 123456789.01]


@pytest.mark.parametrize("damage", [slice(0, 0), slice(0, 99), slice(99, None), slice(0, -20)])
def test_a_damaged_parquet_file_is_told_as_that(tmp_path: Path, damage: slice) -> None:
    path = parquet(tmp_path)
    path.write_bytes(path.read_bytes()[damage])

    assert refusal(path) == ": not a Parquet file, or a damaged one; give a CSV or Parquet file"


@pytest.mark.parametrize("name", ["data.csv", "data.parquet"])
def test_a_missing_file_and_a_directory_are_told_apart(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    assert refusal(path) == ": No such file or directory; give a CSV or Parquet file"
    path.mkdir()
    assert refusal(path) == ": Is a directory; give a CSV or Parquet file"


def zipped(directory: Path, **files: str) -> Path:
    path = directory / "archive.zip"
    with ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.csv", text)
    return path


def test_a_zip_of_one_csv_file_is_read_as_that_file(tmp_path: Path) -> None:
    frame = read_transactions(zipped(tmp_path, data=GOOD))

    pd.testing.assert_frame_equal(frame, read_transactions(written(tmp_path, GOOD)))


def test_a_fault_within_a_zip_is_named_by_its_row_in_the_csv_file(tmp_path: Path) -> None:
    path = zipped(tmp_path, data=GOOD.replace("9839.64", "much"))

    assert refusal(path) == f", row 3, column amount: 'much' is not a number; {MONEY_IS}"


def test_a_zip_of_several_files_or_none_is_refused(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path, one=GOOD, two=GOOD)) == (
        ": holds 2 files; give a zip of one CSV file"
    )
    assert "give a zip of one CSV file" in refusal(
        written(tmp_path, GOOD).rename(tmp_path / "no.zip")
    )


def test_a_file_of_another_ending_is_not_guessed_at(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD).rename(tmp_path / "file.txt")

    assert refusal(path) == ": not CSV or Parquet by its ending; name it .csv or .parquet"


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
def test_what_programs_do_to_csv_files_changes_nothing(tmp_path: Path, text: str) -> None:
    expected = read_transactions(written(tmp_path, GOOD))

    pd.testing.assert_frame_equal(read_transactions(written(tmp_path, text)), expected)


def test_every_column_has_the_type_that_training_counts_on(tmp_path: Path) -> None:
    types = read_transactions(written(tmp_path, GOOD)).dtypes.astype("str").to_dict()

    numbers = dict.fromkeys(
        ("amount", "oldbalanceOrg", "newbalanceOrig", "oldbalanceDest", "newbalanceDest"), "float64"
    )
    assert types == {
        "step": "int64",
        "type": "category",
        "nameOrig": "str",
        "nameDest": "str",
        "isFraud": "int8",
        "isFlaggedFraud": "int8",
        **numbers,
    }


def test_types_are_numbered_alike_whichever_occur(tmp_path: Path) -> None:
    frame = read_transactions(written(tmp_path, GOOD))

    assert list(frame["type"].cat.categories) == list(TransactionType)


def test_columns_that_we_do_not_know_stay_as_they_were(tmp_path: Path) -> None:
    text = "".join(
        f"{line},{note}\n" for line, note in zip(GOOD.split(), ["note", "NA", "007"], strict=True)
    )

    assert list(read_transactions(written(tmp_path, text))["note"]) == ["NA", "007"]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_breaks_within_a_cell_are_counted_as_an_editor_does(
    tmp_path: Path, newline: str
) -> None:
    lines = [f"{line},{note}" for line, note in zip(GOOD.split(), ["note", "", "x"], strict=True)]
    lines[1] += f'"one{newline}two{newline}three"'
    path = written(tmp_path, newline.join(lines).replace("9839.64", "much"))

    assert refusal(path) == f", row 5, column amount: 'much' is not a number; {MONEY_IS}"


def test_accounts_that_parquet_keeps_as_categories_are_text(tmp_path: Path) -> None:
    frame = read_transactions(parquet(tmp_path, nameOrig=pd.Categorical(["C1", "C3"])))

    assert frame["nameOrig"].dtype == "str"


def test_rows_to_score_need_no_label(tmp_path: Path) -> None:
    text = "\n".join(line.rsplit(",", 2)[0] for line in GOOD.split())

    frame = read_transactions(written(tmp_path, text), labelled=False)

    assert list(frame["amount"]) == [181.5, 9839.64]


def test_rows_to_score_may_be_of_one_class(tmp_path: Path) -> None:
    frame = read_transactions(written(tmp_path, HEADER + FRAUD), labelled=False)

    assert list(frame["isFraud"]) == [1]


def weighted(first: str) -> str:
    return "".join(
        f"{line},{cell}\n" for line, cell in zip(GOOD.split(), ["weight", first, "1"], strict=True)
    )


def test_weights_are_numbers(tmp_path: Path) -> None:
    frame = read_transactions(written(tmp_path, weighted("169")))

    assert frame["weight"].to_list() == [169.0, 1.0]
    assert frame["weight"].dtype == np.float64


@pytest.mark.parametrize(
    ("cell", "what"),
    [("0", "0 is not allowed"), ("-1", "-1 is negative"), ("inf", "inf is not finite")],
)
def test_a_row_cannot_weigh_nothing_or_everything(tmp_path: Path, cell: str, what: str) -> None:
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

    frame = read_transactions(path, labelled=False)

    exact = struct.pack(f"{len(texts)}d", *map(float, texts))
    assert frame["amount"].to_numpy().tobytes() == exact
    assert frame["oldbalanceOrg"].to_numpy().tobytes() == exact


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Any frame that `read_transactions` could give."""
    row = st.fixed_dictionaries(
        {
            "step": st.integers(1, 1_000_000),
            "type": st.sampled_from([str(kind) for kind in TransactionType]),
            "amount": MONEY | CENTS,
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
            "type": pd.CategoricalDtype([str(kind) for kind in TransactionType]),
            "isFraud": "int8",
            "amount": "float64",
            "oldbalanceOrg": "float64",
        }
    )


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@settings(max_examples=40)
@given(frame=frames())
def test_what_is_written_reads_back_equal(
    tmp_path_factory: pytest.TempPathFactory, ending: str, frame: pd.DataFrame
) -> None:
    path = tmp_path_factory.getbasetemp() / f"back.{ending}"

    write_transactions(frame, path)

    pd.testing.assert_frame_equal(read_transactions(path), frame, check_exact=True)


@settings(max_examples=50)
@given(rows=st.lists(transactions(), min_size=1, max_size=6))
def test_a_column_of_facts_holds_the_facts_of_each_payment(rows: list[Transaction]) -> None:
    frame = pd.DataFrame(
        {
            "step": [24 + row.hour for row in rows],
            "type": pd.Categorical([str(row.type) for row in rows]),
            "amount": [row.amount for row in rows],
            "oldbalanceOrg": [row.origin_balance for row in rows],
            "nameDest": pd.Series([row.destination for row in rows], dtype="str"),
        }
    )

    columns = to_facts(frame)

    assert [Facts(*each) for each in zip(*columns, strict=True)] == [Facts.of(row) for row in rows]


def test_the_largest_amount_itself_is_allowed(tmp_path: Path) -> None:
    frame = read_transactions(written(tmp_path, GOOD.replace("9839.64", "1e12")))

    assert frame["amount"].max() == MAX_AMOUNT


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real PaySim rows: put them into {DATA}")
def test_a_real_paysim_file_is_read_as_it_is() -> None:
    frame = read_transactions(DATA / "paysim_steps_1_to_8.csv")

    assert len(frame) == 35_098
    assert frame["isFraud"].sum() == 90
    assert re.fullmatch(r"C\d+", frame["nameOrig"].iloc[0])
