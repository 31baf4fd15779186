"""Files in columns of one's own: read as they are posted, or refused in one line."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fraud_api_lambda.domain.fields import Form
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.schema import Attribute, Kind, Roles, Schema, Time
from tests.schemas import CARDS, Own, own_columns, payments_of
from training.data.matrix import derive, feature_matrix, input_matrix
from training.errors import InputError
from training.reading import dataset
from training.reading.dataset import Dataset, read_dataset

SHOPS = Schema(
    name="shops",
    roles=Roles(Time("at"), "amount", "fraud", payer="card", id="number"),
    attributes={
        each.name: each
        for each in (
            Attribute("zip", Kind.CATEGORY, ("zip",)),
            Attribute("online", Kind.FLAG, ("online",)),
            Attribute("age", Kind.NUMBER, ("age",)),
            Attribute("home", Kind.PLACE, ("lat", "long")),
        )
    },
    entities={"device": "device"},
)
HEADER = "at,amount,fraud,card,number,zip,online,age,lat,long,device\n"
ROW = "2026-03-01 10:00,1.5,{},1234567890123456789,{},02134,yes,40,52.5,13.4,7\n"
ROWS = [ROW.format(int(row % 3 == 0), row) for row in range(9)]


def written(folder: Path, *rows: str) -> Path:
    path = folder / "shops.csv"
    path.write_text(HEADER + "".join(rows or ROWS))
    return path


def read(folder: Path, *rows: str) -> Dataset:
    return read_dataset(written(folder, *rows), SHOPS)


def refusal(path: Path, *, learned: Learned | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read_dataset(path, SHOPS, learned=learned)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(str(path))


def changed(row: int, old: str, new: str) -> list[str]:
    return [text.replace(old, new) if at == row else text for at, text in enumerate(ROWS)]


@st.composite
def bodies(draw: st.DrawFn) -> tuple[Own, list[dict[str, Any]]]:
    """Any schema with payments that a file can hold too: no empty value among listed levels."""
    own = draw(own_columns())
    drawn = draw(st.lists(payments_of(own), min_size=1, max_size=4))
    for field in own.fields.values():
        values = [body.get(field.name) for body in drawn]
        texts = [value for value in values if isinstance(value, str) and field.form != Form.TIME]
        assume(field.closed or all(re.fullmatch(field.pattern, text) for text in texts))
        assume(not (field.closed and None in values))
    return own, drawn


def cells(own: Own, payments: list[dict[str, Any]]) -> pd.DataFrame:
    """The cells of payments as CSV has them: text, or nothing."""
    names = dataset.scored_columns(*own)
    return pd.DataFrame(
        {
            name: pd.Series(
                [None if each.get(name) is None else str(each[name]) for each in payments],
                dtype="str",
            )
            for name in names
        }
    )


def bits(values: Any) -> bytes:
    """The bits of numbers, with one kind of NaN."""
    single = np.asarray(values, dtype=np.float32)
    return np.where(np.isnan(single), np.float32(np.nan), single).tobytes()


@settings(max_examples=60)
@given(drawn=bodies())
def test_a_row_of_a_file_has_the_features_of_the_same_row_posted(
    drawn: tuple[Own, list[dict[str, Any]]],
) -> None:
    own, payments = drawn
    plan = own.plan()

    facts = dataset.payments_of(Path("file"), cells(own, payments), *own).facts

    matrix = feature_matrix(facts, plan)
    posted = [plan.row(own.reader.payment(each).facts) for each in payments]
    assert bits(matrix) == bits(posted)
    assert bits(derive(input_matrix(facts, plan), plan)) == bits(matrix)


def test_zip_codes_keep_their_zeros_and_ids_their_digits(tmp_path: Path) -> None:
    frame = read(tmp_path).frame

    assert set(frame["zip"]) == {"02134"}
    assert set(frame["card"]) == {"1234567890123456789"}


def test_whole_numbers_of_parquet_keep_their_digits_beside_an_empty_cell(tmp_path: Path) -> None:
    table = pa.Table.from_pandas(pd.read_csv(written(tmp_path), dtype={"zip": "str"}))
    codes = [10_000_000_000_000_001, None, *range(7)]
    at = table.column_names.index("zip")
    pq.write_table(table.set_column(at, "zip", pa.array(codes)), tmp_path / "shops.parquet")

    facts = read_dataset(tmp_path / "shops.parquet", SHOPS).facts

    assert facts.attributes[0].categories[2] == "10000000000000001"
    assert pd.isna(facts.attributes[0][1])


def test_ids_that_are_floats_are_refused(tmp_path: Path) -> None:
    frame = pd.read_csv(written(tmp_path))
    frame.assign(card=1e15).to_parquet(tmp_path / "shops.parquet")

    assert refusal(tmp_path / "shops.parquet") == (
        ", column card: its values are numbers with decimals, which may have lost digits; "
        "write them as text"
    )


def test_a_flag_of_parquet_may_be_a_float_beside_an_empty_cell(tmp_path: Path) -> None:
    frame = pd.read_csv(written(tmp_path), dtype={"zip": "str", "card": "str"})
    flags = [1.0, 0.0, np.nan, *[0.0] * 6]
    frame.assign(online=flags).to_parquet(tmp_path / "shops.parquet")

    facts = read_dataset(tmp_path / "shops.parquet", SHOPS).facts

    np.testing.assert_array_equal(facts.attributes[1], flags)


def test_a_whole_number_may_be_posted_where_the_file_has_one(tmp_path: Path) -> None:
    assert set(read(tmp_path).properties.digits) == {"card", "number", "device"}


def test_a_flag_with_three_values_is_refused_with_the_line_to_write(tmp_path: Path) -> None:
    rows = [*changed(1, "yes", "no")[:2], *changed(2, "yes", "perhaps")[2:]]

    assert refusal(written(tmp_path, *rows)) == (
        ", column online: 3 values, such as no, perhaps, yes, and a flag has two; "
        'make it a category: online = "category"'
    )


@pytest.mark.parametrize("value", ["y" * 129, "y\t", "y "])
def test_a_flag_with_a_value_that_no_model_can_hold_is_refused(tmp_path: Path, value: str) -> None:
    assert refusal(written(tmp_path, *changed(2, "yes", value))).endswith(
        " is not allowed; write 1 to 128 printable characters, one of two values"
    )


def test_a_flag_may_be_empty_everywhere(tmp_path: Path) -> None:
    facts = read(tmp_path, *(row.replace("yes", "") for row in ROWS)).facts

    assert np.isnan(facts.attributes[1]).all()


@pytest.mark.parametrize(("yes", "no"), [("true", "FALSE"), ("1", "0"), ("yes", "no")])
def test_true_and_false_are_one_and_zero(tmp_path: Path, yes: str, no: str) -> None:
    rows = [row.replace("yes", no if at else yes) for at, row in enumerate(ROWS)]

    assert read(tmp_path, *rows).facts.attributes[1].tolist() == [True] + [False] * 8


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (",1,1234", ",2,1234", ", row 5, column fraud: 2 is not allowed; write 0 or 1"),
        ("13.4", "180.1", ", row 5, column long: 180.1 is not allowed; write a number from -180 to 180"),  # noqa: E501
        ("52.5", "-91", ", row 5, column lat: -91.0 is negative; write a number from -90 to 90"),
        (",40,", ",x,", ", row 5, column age: 'x' is not a number; write a number from -1e15 to 1e15"),  # noqa: E501
        ("02134", "z" * 10_000, f", row 5, column zip: '{'z' * 37}...' is not allowed; write 1 to 128 printable characters"),  # noqa: E501
        ("1.5", "1.125", ", row 5, column amount: 1.125 has more than 2 decimal places; round it, or set decimals = 3"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_faulty_cell_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert refusal(written(tmp_path, *changed(3, old, new))) == message


def test_times_that_do_not_parse_are_counted(tmp_path: Path) -> None:
    rows = [row.replace("2026-", "26-") if at in {2, 4, 8} else row for at, row in enumerate(ROWS)]

    assert refusal(written(tmp_path, *rows)) == (
        ", row 4, column at: '26-03-01 10:00' is not allowed; write ISO 8601, such as "
        "2026-11-24T03:00:00 or 2026-11-24T03:00:00+01:00 (2 more rows have this)"
    )


def test_an_empty_file_of_any_schema_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shops.csv").write_text(HEADER)

    assert refusal(tmp_path / "shops.csv") == (
        ": no rows below the header; give at least one transaction"
    )


LEARNED = Learned(levels={"zip": ("02134",)}, flags={"online": ("no", "yes")})


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (",40,", "age: the cell is empty; write a number from -1e15 to 1e15"),
        ("yes", "online: the cell is empty; write no or yes"),
        ("02134", "zip: the cell is empty; write 1 to 128 printable characters"),
    ],
)
def test_a_cell_is_never_empty_where_the_model_has_seen_none(
    tmp_path: Path, cell: str, message: str
) -> None:
    path = written(tmp_path, *changed(3, cell, ",," if "," in cell else ""))

    assert len(read_dataset(path, SHOPS).frame) == len(ROWS)
    assert refusal(path, learned=LEARNED) == f", row 5, column {message}"


def test_a_model_refuses_a_third_value_of_its_flag(tmp_path: Path) -> None:
    path = written(tmp_path, *changed(3, "yes", "perhaps"))

    assert refusal(path, learned=LEARNED) == (
        ", row 5, column online: 'perhaps' is not allowed; write no or yes"
    )


def test_an_unknown_category_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, *changed(3, "02134", "99999"))

    facts = read_dataset(path, SHOPS, learned=LEARNED).facts

    assert facts.attributes[0][3] == "99999"


def test_cards_are_read_by_their_schema() -> None:
    assert set(dataset.scored_columns(*CARDS)) >= {"at", "amt", "card", "shop", "category", "lat"}
