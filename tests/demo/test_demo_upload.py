"""A file that is uploaded is scored row by row, and given back with the answers."""

import csv
import re
from io import StringIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from console.api import Api
from console.upload import (
    ADDED,
    MOST_ROWS,
    TOO_LONG,
    FileError,
    Scoring,
    Table,
    columns_kept,
    payments_of,
)
from tests.demo.conftest import CARDS_FILE, Open, Responses, answering, schema_of
from tests.schemas import CARDS, card_body

SCHEMA = schema_of(CARDS.plan())
APPROVED: dict[str, Any] = {
    "fraud_probability": 0.25,
    "is_fraud": False,
    "decision": "approve",
    "reasons": [{"code": "LARGE_AMOUNT", "text": "The amount is larger than usual."}],
}
ERRORS = [{"detail": "write a number", "pointer": "#/transactions/0/a~1b"}]
REFUSED = {"problem": {"detail": "See errors.", "errors": ERRORS}}
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


def file_of(*bodies: dict[str, Any], delimiter: str = ",", **more: str) -> bytes:
    """A CSV file of payments, with more columns that have one value."""
    out = StringIO()
    writer = csv.DictWriter(out, [*bodies[0], *more], delimiter=delimiter)
    writer.writeheader()
    writer.writerows({**body, **more} for body in bodies)
    return out.getvalue().encode()


def scored(data: bytes, *results: dict[str, Any]) -> list[list[str]]:
    """The lines of the result."""
    work = Scoring(Table.read(data), [{}] * len(results))
    work.add(results)
    return list(csv.reader(StringIO(work.as_csv().decode(), newline="")))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_row_is_sent_as_the_payment_that_it_holds(delimiter: str) -> None:
    table = Table.read(file_of(card_body(), delimiter=delimiter, is_fraud="1", city="Ulm"))

    (payment,) = payments_of(table, SCHEMA)

    assert payment == card_body()
    assert columns_kept(table, SCHEMA) == ["is_fraud", "city"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no rows below its header"),
        (b"amt,card\n", "no rows below its header"),
        (b"amt,amt\n1,2\n", "The header has amt twice"),
        (b"amt,card\n1,2\n3\n", "Row 2 has 1 cells and the header 2"),
        (b"amt\n" + b"1\n" * (MOST_ROWS + 1), "10,001 rows, and this page scores at most 10,000"),
        (b"\xff\xfea\x00m\x00t\x00", "not text in UTF-8"),
        (b'amt\n"1\n', "not CSV"),
        (b"amt,card\n1,2\n", "Columns are missing that the model needs: at, shop, category, "),
    ],
    ids=["empty", "header", "twice", "ragged", "too long", "UTF-16", "quote", "columns"],
)
def test_a_file_that_cannot_be_scored_says_why(data: bytes, words: str) -> None:
    with pytest.raises(FileError) as caught:
        payments_of(Table.read(data), SCHEMA)

    assert words in str(caught.value)


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_the_cells_of_the_user_come_back_unchanged(rows: list[tuple[str, str]]) -> None:
    out = StringIO(newline="")
    csv.writer(out).writerows([("=one", "two"), *rows])

    header, *lines = scored(out.getvalue().encode(), *[APPROVED] * len(rows))

    assert header == ["=one", "two", *ADDED]
    assert [tuple(line[:2]) for line in lines] == rows


def test_the_result_says_the_decision_its_reasons_and_why_a_row_was_refused() -> None:
    _, approved, refused = scored(b"amt\n1\n2\n", APPROVED, REFUSED)

    reasons = "LARGE_AMOUNT: The amount is larger than usual."
    assert approved == ["1", "0.25", "false", "approve", reasons, ""]
    assert refused == ["2", "", "", "", "", "Refused: a/b: write a number"]


@given(name=st.sampled_from("=+-@"))
def test_no_added_cell_is_a_formula(name: str) -> None:
    errors = [{"detail": f"{name}1+1", "pointer": f"#/{name}1"}]
    odd = APPROVED | {"reasons": [{"code": "RISKY_VALUE", "text": f"{name}1+1"}]}

    _, *lines = scored(b"amt\n1\n2\n", odd, {"problem": {"detail": name, "errors": errors}})

    assert not [
        cell for line in lines for cell in line[1:] if cell.startswith(("=", "+", "-", "@"))
    ]


def test_an_added_column_does_not_take_the_place_of_the_label() -> None:
    header, line = scored(b"is_fraud,amt\n1,2\n", APPROVED)

    assert header[:4] == ["is_fraud", "amt", "fraud_probability", "scored_is_fraud"]
    assert line[0] == "1"


def test_batches_hold_a_hundred_rows_and_fewer_if_they_are_long() -> None:
    table = Table.read(b"amt\n1\n")
    short, long = [{"amt": 1}] * 250, [{"amt": "1" * 60_000}] * 5

    assert len(Scoring(table, short).upcoming()) == 100
    assert len(Scoring(table, long).upcoming()) == 3


def test_a_row_that_no_batch_has_room_for_is_refused_and_the_next_one_scored() -> None:
    work = Scoring(Table.read(b"amt\n1\n2\n"), [{"amt": "1" * 300_000}, {"amt": 2}])

    work.add(work.upcoming())

    assert work.refused() == [{"row": 1, "error": TOO_LONG}]
    assert work.upcoming() == [{"amt": 2}]


def test_the_largest_probabilities_come_first_with_their_rows() -> None:
    results = [APPROVED | {"fraud_probability": share} for share in (0.1, 0.9, 0.5)]
    work = Scoring(Table.read(b"amt\n1\n2\n3\n4\n"), [{}] * 4)
    work.add([*results, REFUSED])

    assert [(each["row"], each["probability"]) for each in work.largest(2)] == [(2, 0.9), (3, 0.5)]
    assert work.counts() == {"approve": 3, "refused": 1}
    assert work.is_over


def uploaded(app: AppTest, data: bytes) -> AppTest:
    app.file_uploader("file").set_value(("payments.csv", data, "text/csv")).run()
    return app


def test_the_page_scores_every_row_and_tells_the_refused_ones(opened: Open, cards: str) -> None:
    data = CARDS_FILE.read_bytes().replace(b",80.49,", b",much,")
    app = uploaded(opened(cards, "upload"), data)
    told = app.info[0].value
    app.button("score").click().run()

    counts = [int(each.value) for each in app.metric[1:]]
    largest, refused = (each.value for each in app.dataframe)
    assert not app.exception
    assert told == "Not sent to the API, and kept in the result: is_fraud, reported_at, typology."
    assert app.metric[0].value == "420 of 420"
    assert sum(counts) == 420
    assert largest["probability"].is_monotonic_decreasing
    assert [re.sub(":.*", "", each) for each in refused["error"]] == ["amount"]
    assert list(refused["row"]) == [1]


def test_the_page_sends_the_fields_of_the_schema_and_never_the_label(
    opened: Open, cards: str
) -> None:
    lines = CARDS_FILE.read_bytes().splitlines(keepends=True)
    responses: Responses = {
        "/model": (200, Api(cards).model()),
        "/predict/batch": (200, {"results": [APPROVED] * 2}),
    }
    with answering(responses) as server:
        uploaded(opened(server.url, "upload"), b"".join(lines[:3])).button("score").click().run()
        (batch,) = [body for path, _, body in server.requests if path == "/predict/batch"]

    first = batch["transactions"][0]
    assert not first.keys() & {"is_fraud", "reported_at", "typology"}
    assert (first["amount"], first["card_id"]) == (80.49, "9917304951712972")


def test_scoring_that_is_interrupted_goes_on_where_it_was(opened: Open, cards: str) -> None:
    lines = CARDS_FILE.read_bytes().splitlines(keepends=True)
    responses: Responses = {"/model": (200, Api(cards).model()), "/predict/batch": (429, {})}
    with answering(responses) as server:
        app = uploaded(opened(server.url, "upload"), b"".join(lines[:3]))
        app.button("score").click().run()
        interrupted = [each.proto.title for each in app.error]
        responses["/predict/batch"] = (200, {"results": [APPROVED, REFUSED]})
        app.button("again-upload").click().run()

    assert interrupted == ["Too many requests"]
    assert not app.error
    assert app.metric[0].value == "2 of 2"


def test_a_file_without_a_column_is_refused_before_anything_is_sent(
    opened: Open, own_columns: str
) -> None:
    app = uploaded(opened(own_columns, "upload"), b"amt,card\n1,2\n")

    (error,) = app.error
    assert not app.exception
    assert error.proto.title == "The file cannot be scored"
    assert error.value.startswith("Columns are missing that the model needs: at, shop, category")
