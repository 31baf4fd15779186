"""Scoring in parts: the part size changes nothing, and an interrupted run resumes."""

import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from tests.bundles import make_bundle, write_model
from tests.forks import forks
from training.errors import InputError
from training.files.writing import write_transactions
from training.scoring.stream import score_stream
from training.simulator.simulate import simulate

ROOT = Path(__file__).parents[3]
ROWS = 5_000


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.from_bundle(read(make_bundle()))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "data.csv"
    write_transactions(simulate(ROWS, seed=1, days=5), path)
    return path


@pytest.fixture(scope="module")
def whole(scorer: Scorer, data: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The result of scoring in one part."""
    out = tmp_path_factory.mktemp("whole") / "out.csv"
    score_stream(scorer, data, out, quiet)
    return out.read_bytes()


def quiet(_: str) -> None:
    return


@pytest.mark.parametrize("rows", [1, 700, 2_500, 5_000, 9_999])
def test_the_part_size_changes_nothing(
    scorer: Scorer, data: Path, whole: bytes, tmp_path: Path, rows: int
) -> None:
    small = tmp_path / "small.csv"
    lines = data.read_bytes().splitlines(keepends=True)
    small.write_bytes(b"".join(lines[:60] if rows == 1 else lines))

    count = score_stream(scorer, small, tmp_path / "out.csv", quiet, rows=rows)

    expected = whole.splitlines()[: count + 1]
    assert (tmp_path / "out.csv").read_bytes().splitlines() == expected
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("ending", [".parquet", ".zip"])
def test_parquet_and_zip_are_scored_alike(
    scorer: Scorer, data: Path, whole: bytes, tmp_path: Path, ending: str
) -> None:
    source = tmp_path / f"data{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(source, "w") as archive:
            archive.write(data, "data.csv")
    else:
        write_transactions(pd.read_csv(data), source)

    score_stream(scorer, source, tmp_path / "out.parquet", quiet, rows=1_200)

    expected = pd.read_csv(tmp_path / "whole.csv") if _save(tmp_path, whole) else None
    found = pd.read_parquet(tmp_path / "out.parquet")
    assert expected is not None
    for name in ("fraud_probability", "is_fraud", "decision", "amount", "nameOrig"):
        assert found[name].tolist() == expected[name].tolist()


def _save(directory: Path, content: bytes) -> int:
    return (directory / "whole.csv").write_bytes(content)


def test_cells_are_returned_unchanged(scorer: Scorer, tmp_path: Path) -> None:
    header = "note,step,type,amount,nameOrig,oldbalanceOrg,nameDest,branch"
    row = '"a, ""b""\nc",14,PAYMENT,1820.50,C1,2e4,M1,007'
    (tmp_path / "data.csv").write_text(f"{header}\n{row}\n")

    score_stream(scorer, tmp_path / "data.csv", tmp_path / "out.csv", quiet)

    text = (tmp_path / "out.csv").read_text()
    frame = pd.read_csv(tmp_path / "out.csv", dtype="str")
    assert frame["note"][0] == 'a, "b"\nc'
    assert ",1820.50," in text or '"1820.50"' in text
    assert frame["branch"][0] == "007"


class InterruptedByTestError(Exception):
    pass


def interrupted_at(part: int) -> Callable[[str], None]:
    def progress(text: str) -> None:
        if text.endswith(f"up to row {part * 700:,}"):
            raise InterruptedByTestError

    return progress


def test_an_interrupted_run_resumes_where_it_stopped(
    scorer: Scorer, data: Path, whole: bytes, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    said: list[str] = []
    with pytest.raises(InterruptedByTestError):
        score_stream(scorer, data, out, interrupted_at(4), rows=700)
    assert not out.exists()

    score_stream(scorer, data, out, said.append, rows=700)

    assert out.read_bytes() == whole
    assert said[0] == "resuming after 3 parts of 700 rows"
    assert sum(text.startswith("scoring") for text in said) == 5


@pytest.mark.parametrize("changed", ["model", "data"])
def test_parts_of_another_job_are_not_reused(
    scorer: Scorer, data: Path, tmp_path: Path, changed: str
) -> None:
    source, out = tmp_path / "data.csv", tmp_path / "out.csv"
    source.write_bytes(data.read_bytes())
    with pytest.raises(InterruptedByTestError):
        score_stream(scorer, source, out, interrupted_at(4), rows=700)
    if changed == "model":
        scorer = Scorer.from_bundle(read(make_bundle(threshold=0.25)))
    else:
        source.write_bytes(data.read_bytes()[:-1] + b"x\n")

    said: list[str] = []
    score_stream(scorer, source, out, said.append, rows=700)

    assert not any(text.startswith("going on") for text in said)
    if changed == "model":
        flagged = pd.read_csv(out)
        assert ((flagged["fraud_probability"] >= 0.25) == flagged["is_fraud"]).all()


@pytest.mark.parametrize("row", [3, 2_002, 5_001])
def test_a_row_that_cannot_be_scored_is_named_by_its_line(
    scorer: Scorer, data: Path, tmp_path: Path, row: int
) -> None:
    lines = data.read_text().splitlines()
    cells = lines[row - 1].split(",")
    lines[row - 1] = ",".join([*cells[:2], "-1", *cells[3:]])
    (tmp_path / "data.csv").write_text("\n".join(lines))

    with pytest.raises(InputError, match=f"row {row}, column amount: -1.0 is negative"):
        score_stream(scorer, tmp_path / "data.csv", tmp_path / "out.csv", quiet, rows=700)

    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("blank_after", [700, 1_400, 4_000])
def test_trailing_blank_lines_are_not_rows(
    scorer: Scorer, data: Path, whole: bytes, tmp_path: Path, blank_after: int
) -> None:
    lines = data.read_text().splitlines()[: blank_after + 1]
    (tmp_path / "data.csv").write_text("\n".join([*lines, "", "", ""]))

    count = score_stream(scorer, tmp_path / "data.csv", tmp_path / "out.csv", quiet, rows=700)

    assert count == blank_after
    assert (tmp_path / "out.csv").read_bytes().splitlines() == whole.splitlines()[: count + 1]


def test_a_blank_line_in_the_middle_is_refused_by_number(
    scorer: Scorer, data: Path, tmp_path: Path
) -> None:
    lines = data.read_text().splitlines()
    (tmp_path / "data.csv").write_text("\n".join([*lines[:701], "", *lines[701:]]))

    with pytest.raises(InputError, match="row 702, column step: the cell is empty"):
        score_stream(scorer, tmp_path / "data.csv", tmp_path / "out.csv", quiet, rows=700)


def test_a_file_without_rows_is_refused(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text("step,type,amount,nameOrig,oldbalanceOrg,nameDest\n")

    with pytest.raises(InputError, match="no rows below the header"):
        score_stream(scorer, tmp_path / "data.csv", tmp_path / "out.csv", quiet)


FORK_A_RUN_FOR_EACH_LINE = """
import os, sys
from pathlib import Path
from training.scoring.score import load_scorer
from training.scoring.stream import score_stream
model, data = map(Path, sys.argv[1:])
for line in sys.stdin:
    child = os.fork()
    if not child:
        score_stream(load_scorer(model), data, Path(line.strip()), lambda _: None, rows=100)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("times", [1, pytest.param(20, marks=pytest.mark.soak)])
def test_a_run_killed_at_any_moment_and_repeated_gives_the_same_file(
    data: Path, whole: bytes, tmp_path: Path, times: int
) -> None:
    model, random = tmp_path / "model", np.random.default_rng(times)
    write_model(model, make_bundle())
    command: list[str | Path] = [sys.executable, "-c", FORK_A_RUN_FOR_EACH_LINE, model, data]
    with forks(command, cwd=ROOT) as runs:
        duration = runs.duration(tmp_path / "first.csv")
        for number in range(times):
            out = tmp_path / f"{number}.csv"
            runs.kill_after(random.uniform(0, duration), out)

            assert runs.run(out) == 0

            assert out.read_bytes() == whole
            assert not out.with_name(f".{out.name}.parts").exists()
