"""Scoring returns all other columns unchanged and refuses unwritable ones at once."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from tests.bundles import make_bundle
from tests.paysim_files import GOOD, HEADER, written
from training.errors import InputError
from training.scoring.stream import score_stream

HEAD, *LINES = GOOD.splitlines()
REQUIRED = "step,type,amount,nameOrig,oldbalanceOrg,nameDest"
ROW = "14,PAYMENT,1820.50,C1,2e4,M1"


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.from_bundle(read(make_bundle()))


def scored(scorer: Scorer, data: Path, out: Path) -> Path:
    score_stream(scorer, data, out, lambda _: None)
    return out


def refused(scorer: Scorer, data: Path, out: Path) -> str:
    """The refusal of a scoring run that leaves nothing behind."""
    before = sorted(out.parent.iterdir()) if out.parent.is_dir() else []
    with pytest.raises(InputError) as caught:
        score_stream(scorer, data, out, pytest.fail)
    assert "\n" not in str(caught.value)
    assert (sorted(out.parent.iterdir()) if out.parent.is_dir() else []) == before
    return str(caught.value)


def test_unnamed_and_duplicate_columns_keep_their_names(scorer: Scorer, tmp_path: Path) -> None:
    data = written(tmp_path, f",{REQUIRED},note,note,\n0,{ROW},a,b,c\n")

    text = scored(scorer, data, tmp_path / "out.csv").read_text()

    header, row = text.splitlines()
    assert header == f",{REQUIRED},note,note,,fraud_probability,is_fraud,decision"
    assert row.startswith(f"0,{ROW},a,b,c,")


@settings(max_examples=40)
@given(
    names=st.lists(st.text("ab,\"' \n.1é", max_size=4), min_size=1, max_size=5),
    cells=st.lists(st.text("ab,\"' \n\x00é", max_size=4), min_size=5, max_size=5),
)
def test_any_other_columns_are_returned_unchanged(
    scorer: Scorer, tmp_path_factory: pytest.TempPathFactory, names: list[str], cells: list[str]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    frame = pd.DataFrame([[*ROW.split(","), *cells[: len(names)]]])
    frame.to_csv(folder / "file.csv", index=False, header=[*REQUIRED.split(","), *names])

    out = scored(scorer, folder / "file.csv", folder / "back.csv")

    options: dict[str, Any] = {"header": None, "dtype": "str", "keep_default_na": False}
    given_rows = pd.read_csv(folder / "file.csv", **options)
    back = pd.read_csv(out, **options)
    pd.testing.assert_frame_equal(back.iloc[:, : given_rows.shape[1]], given_rows)


ODD = {
    "list": pa.array([[1], None]),
    "struct": pa.array([{"a": 1}, None]),
    "binary": pa.array([b"\xff", None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
}


def odd(directory: Path, **columns: pa.Array) -> Path:
    table = pa.Table.from_pandas(pd.read_csv(written(directory, GOOD)), preserve_index=False)
    for name, column in columns.items():
        table = table.append_column(name.rstrip("_"), column)
    pq.write_table(table, directory / "odd.parquet")
    return directory / "odd.parquet"


@pytest.mark.parametrize("name", ODD)
def test_parquet_columns_that_csv_cannot_hold_are_refused_before_any_work(
    scorer: Scorer, tmp_path: Path, name: str
) -> None:
    data, out = odd(tmp_path, **{name: ODD[name]}), tmp_path / "out.csv"

    assert refused(scorer, data, out).startswith(f"{out}: column '{name}' holds ")

    back = pq.read_table(scored(scorer, data, tmp_path / "out.parquet"))
    assert back.column(name).to_pylist() == ODD[name].to_pylist()


def test_decimals_and_categories_of_parquet_become_cells_of_csv(
    scorer: Scorer, tmp_path: Path
) -> None:
    data = odd(
        tmp_path,
        money=pa.array(["1.50", "2.00"]).cast(pa.decimal128(9, 2)),
        kind=pa.array(["a", "b"]).dictionary_encode(),
    )

    back = pd.read_csv(scored(scorer, data, tmp_path / "out.csv"), dtype="str")

    assert back[["money", "kind"]].to_numpy().tolist() == [["1.50", "a"], ["2.00", "b"]]


def test_duplicate_parquet_columns_are_written_to_csv_but_refused_for_parquet(
    scorer: Scorer, tmp_path: Path
) -> None:
    data = odd(tmp_path, note=pa.array(["a", "b"]), note_=pa.array(["c", "d"]))

    assert refused(scorer, data, tmp_path / "out.parquet") == (
        f"{tmp_path}/out.parquet: column 'note' is there twice, which .parquet cannot hold; "
        f"choose {tmp_path}/out.csv"
    )
    lines = scored(scorer, data, tmp_path / "out.csv").read_text().splitlines()
    assert ",note,note,fraud_probability," in lines[0]


def test_a_duplicate_required_column_is_refused(scorer: Scorer, tmp_path: Path) -> None:
    data = written(tmp_path, f"{REQUIRED},amount\n{ROW},1\n")

    assert (
        refused(scorer, data, tmp_path / "out.csv")
        == f"{data}: column amount is there twice; keep one"
    )


@pytest.mark.parametrize("cells", [",", "perhaps,", ",-1"])
def test_labels_and_later_balances_are_ignored(scorer: Scorer, tmp_path: Path, cells: str) -> None:
    data = written(tmp_path, f"{REQUIRED},isFraud,newbalanceOrig\n{ROW},{cells}\n")

    text = scored(scorer, data, tmp_path / "out.csv").read_text()

    assert text.splitlines()[1].startswith(f"{ROW},{cells},")


def test_known_numeric_columns_of_csv_become_numbers_in_parquet_if_all_cells_are(
    scorer: Scorer, tmp_path: Path
) -> None:
    lines = [f"{REQUIRED},isFraud,newbalanceOrig,newbalanceDest,branch"]
    lines += [f"{ROW},0,1.5,,007", f"{ROW},1,,much,008"]

    out = scored(scorer, written(tmp_path, "\n".join(lines)), tmp_path / "out.parquet")

    table = pq.read_table(out)
    assert table.select(["step", "amount", "isFraud", "newbalanceOrig"]).to_pylist() == [
        {"step": 14, "amount": 1820.5, "isFraud": 0, "newbalanceOrig": 1.5},
        {"step": 14, "amount": 1820.5, "isFraud": 1, "newbalanceOrig": None},
    ]
    assert table.select(["newbalanceDest", "branch"]).to_pylist() == [
        {"newbalanceDest": None, "branch": "007"},
        {"newbalanceDest": "much", "branch": "008"},
    ]


def test_a_faulty_row_is_named_by_its_line_despite_multiline_cells(
    scorer: Scorer, tmp_path: Path
) -> None:
    cells = ['"a\nb"', "", '"c\n\nd"', "", ""]
    rows = [f"{ROW},{cell}" for cell in cells]
    rows[4] = rows[4].replace("1820.50", "much")
    data = written(tmp_path, "\n".join([f'{REQUIRED},"no\nte"', *rows]))

    with pytest.raises(InputError, match="row 10, column amount: 'much'"):
        score_stream(scorer, data, tmp_path / "out.csv", lambda _: None, rows=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        (HEADER, "no rows below the header"),
        (f"{HEADER}\n\n", "no rows below the header"),
        (GOOD.replace(",", ";"), "separated by semicolons"),
    ],
)
def test_an_empty_file_leaves_nothing_behind(
    scorer: Scorer, tmp_path: Path, text: str, message: str
) -> None:
    assert message in refused(scorer, written(tmp_path, text), tmp_path / "out.csv")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return written(tmp_path, GOOD)


def test_the_input_is_never_overwritten(scorer: Scorer, data: Path, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(data)
    os.link(data, tmp_path / "hard.csv")

    for out in (data, tmp_path / "link.csv", tmp_path / "hard.csv", tmp_path / "." / "file.csv"):
        assert refused(scorer, data, out) == (
            f"{out}: this is the file to read; choose another --out"
        )
    assert data.read_text() == GOOD


def test_a_place_that_cannot_be_written_is_refused_before_any_work(
    scorer: Scorer, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").mkdir()
    long, bad = tmp_path / f"{'x' * 246}.csv", tmp_path / "\udce9.csv"

    assert refused(scorer, data, tmp_path / "folder.csv").endswith(": is a folder; name a file")
    assert refused(scorer, data, long).endswith(
        ".csv: cannot be written: File name too long; choose another"
    )
    assert refused(scorer, data, bad).endswith(
        "\\udce9.csv': the name is not UTF-8; choose another"
    )
    assert refused(scorer, data, data / "out.csv").endswith("; choose another")
    assert refused(scorer, data, Path("/proc/out.csv")).endswith("; choose another")


def test_parent_folders_are_created(scorer: Scorer, data: Path, tmp_path: Path) -> None:
    assert scored(scorer, data, tmp_path / "a" / "b" / "out.csv").is_file()


def test_a_user_folder_with_the_name_of_the_parts_stays(
    scorer: Scorer, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / ".out.csv.parts"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")

    assert refused(scorer, data, tmp_path / "out.csv") == (
        f"{folder}: this folder was not made by a run; move it, or choose another --out"
    )
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_a_second_run_is_refused_while_the_first_is_writing(
    scorer: Scorer, data: Path, tmp_path: Path
) -> None:
    out, said = tmp_path / "out.csv", []

    def meanwhile(text: str) -> None:
        if text.startswith("scoring"):
            said.append(refused(scorer, data, out))

    score_stream(scorer, data, out, meanwhile)

    assert said == [f"{out}: another run is writing it; wait for its end, or choose another --out"]
    assert scored(scorer, data, out).is_file()
