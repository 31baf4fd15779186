"""A file is recognised by its bytes and read, or refused with its kind and a remedy."""

import gzip
import io
import os
import pickle
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.paysim_files import GOOD, frame_of, parquet, refusal, written
from training.files.sources import READABLE


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (slice(0, 0), "the file is empty; give a header and rows"),
        (slice(0, 99), "damaged, or cut off at its end; copy it again"),
        (slice(99, None), f"not a .parquet file, or a damaged one; {READABLE}"),
        (slice(0, -20), "damaged, or cut off at its end; copy it again"),
    ],
)
def test_a_damaged_parquet_file_is_reported_as_damaged(
    tmp_path: Path, damage: slice, message: str
) -> None:
    path = parquet(tmp_path)
    path.write_bytes(path.read_bytes()[damage])

    assert refusal(path) == f": {message}"


@pytest.mark.parametrize("name", ["data.csv", "data.parquet", "data"])
def test_a_missing_file_and_a_folder_have_different_messages(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    assert refusal(path) == f": No such file or directory; {READABLE}"
    path.mkdir()
    assert refusal(path) == f": a folder; it holds no readable file; {READABLE}"
    for n in range(7):
        (path / f"{n}.csv").touch()
    assert refusal(path) == (
        ": a folder; give one file of it: 0.csv, 1.csv, 2.csv, 3.csv, 4.csv and 2 more"
    )


def zipped(directory: Path, **files: str) -> Path:
    return archived(directory, {f"{name}.csv": text for name, text in files.items()})


def archived(directory: Path, files: dict[str, str]) -> Path:
    path = directory / "archive.zip"
    with ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_zip_with_one_csv_file_is_read(tmp_path: Path) -> None:
    frame = frame_of(zipped(tmp_path, data=GOOD))

    pd.testing.assert_frame_equal(frame, frame_of(written(tmp_path, GOOD)))


def test_a_fault_in_a_zip_is_reported_with_its_row_in_the_csv_file(tmp_path: Path) -> None:
    path = zipped(tmp_path, data=GOOD.replace("9839.64", "much"))

    assert refusal(path).startswith(", row 3, column amount: 'much' is not a number")


@pytest.mark.parametrize("folder", ["", "data/", "a/b/"])
def test_metadata_of_macos_and_windows_in_a_zip_is_ignored(tmp_path: Path, folder: str) -> None:
    junk = ["__MACOSX/._data.csv", ".DS_Store", "._data.csv", "Thumbs.db", "desktop.ini"]
    files = {f"{folder}{name}": "junk" for name in junk}
    folders = {folder: ""} if folder else {}

    frame = frame_of(archived(tmp_path, {**folders, **files, f"{folder}data.csv": GOOD}))

    pd.testing.assert_frame_equal(frame, frame_of(written(tmp_path, GOOD)))


def test_a_zip_is_no_workbook_for_the_letters_in_it(tmp_path: Path) -> None:
    """Compressed bytes hold any three letters by chance, once in 256 such files."""
    account = "xl/PK[Content_Types].xml"
    path = archived(tmp_path, {"data.csv": GOOD.replace("C3", account)})

    assert frame_of(path)["nameOrig"].tolist() == ["C1", account]


def test_a_zip_with_several_files_or_none_is_refused_with_their_names(tmp_path: Path) -> None:
    assert refusal(zipped(tmp_path, one=GOOD, two=GOOD)) == (
        ": holds 2 files: one.csv, two.csv; give a zip of one CSV file"
    )
    assert refusal(archived(tmp_path, {"empty/": ""})) == (
        ": holds 0 files; give a zip of one CSV file"
    )


def flagged(path: Path, *, flag: int = 0, method: int | None = None) -> Path:
    """A zip whose first file is marked as encrypted or compressed by another method."""
    content = bytearray(path.read_bytes())
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.index(header) + offset
        content[start] |= flag
        if method is not None:
            content[start + 2] = method
    path.write_bytes(content)
    return path


def test_a_zip_that_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    assert refusal(flagged(zipped(tmp_path, data=GOOD), flag=1)) == (
        ": encrypted with a password; give a zip of one CSV file"
    )
    assert refusal(flagged(zipped(tmp_path, data=GOOD), method=99)) == (
        ": compressed by a method that cannot be read; unpack it, and give the CSV file"
    )


@pytest.mark.parametrize("ending", [".csv.gz", ".gz", ".tsv", ".tsv.gz", ".TSV"])
def test_gzip_and_tab_separated_files_are_read(tmp_path: Path, ending: str) -> None:
    text = GOOD.replace(",", "\t") if ".tsv" in ending.lower() else GOOD
    path = tmp_path / f"data{ending}"
    path.write_bytes(gzip.compress(text.encode()) if ending.endswith(".gz") else text.encode())

    pd.testing.assert_frame_equal(frame_of(path), frame_of(written(tmp_path, GOOD)))


def test_a_truncated_gzip_file_is_reported_as_truncated(tmp_path: Path) -> None:
    path = tmp_path / "data.csv.gz"
    path.write_bytes(gzip.compress(GOOD.encode())[:-12])

    assert refusal(path) == ": damaged, or cut off at its end; copy it again"


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")

    assert refusal(tmp_path / "pipe.csv") == (
        ": not a regular file; write its rows to a file, and give that"
    )


def workbook() -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


def archive_of(text: str) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr("data.csv", text)
    return file.getvalue()


def tarred(text: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("data.csv")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text.encode()))
    return file.getvalue()


EXCEL = ": an Excel workbook; save its sheet as CSV UTF-8 in Excel"
HTML = ": an HTML page, not the data; download the file itself"
PICKLE = ": a Python pickle, which can run code and is never opened; save its rows as CSV"
BY_COMMAS = ", row 1: cells are separated by {}, not by commas; separate them by commas"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", GOOD.replace(",", ";"), BY_COMMAS.format("semicolons")),
        ("a.csv", GOOD.replace(",", "|"), BY_COMMAS.format("vertical bars")),
        ("a.csv", GOOD.replace(",", ";").replace(".", ","), ", row 1: cells are separated by semicolons, not by commas, and numbers have decimal commas; write 9839.64 and separate by commas"),  # noqa: E501
        (
            "a.csv",
            GOOD.replace(",", "\t"),
            ", row 1: cells are separated by tabs, not by commas; name it .tsv",
        ),
        ("a.tsv", GOOD, ", row 1: cells are separated by commas, not by tabs; name it .csv"),
        ("a.csv", f"sep=,\n{GOOD}", ", row 1: 'sep=,' is a note to Excel; delete this line"),
        ("a.csv", f"# x\n{GOOD}", ", row 1: a comment; delete it, so that the header is the first line"),  # noqa: E501
        ("a.csv", f"\n{GOOD}", ", row 1: a blank line; delete it, so that the header is the first line"),  # noqa: E501
        ("a.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", ": a Git LFS pointer, not the data; run git lfs pull"),  # noqa: E501
        ("a.parquet", "version https://git-lfs.github.com/spec/v1\n", ": a Git LFS pointer, not the data; run git lfs pull"),  # noqa: E501
        ("a.csv", "\n<!DOCTYPE html><html>", HTML),
        ("a.zip", "<html lang='en'>", HTML),
        ("a.csv", '[{"step": 1}]', ": JSON; save its rows as CSV"),
        ("a.json", '{"step": 1}', ": JSON; save its rows as CSV"),
        ("a.csv", "<?xml version='1.0'?>", ": XML; save its rows as CSV"),
        ("a.csv", gzip.compress(b"x", mtime=0), ": a gzip file; name it .csv.gz"),
        ("a.csv.gz", GOOD, f": not a .gz file, or a damaged one; {READABLE}"),
        ("a.gz", gzip.compress(workbook(), mtime=0), ": it holds an Excel workbook; unpack it, and give a CSV file"),  # noqa: E501
        ("a.csv", workbook(), EXCEL),
        ("a.xlsx", workbook(), EXCEL),
        ("a.zip", workbook(), EXCEL),
        ("a.csv", tarred(GOOD), ": a tar archive; unpack it"),
        ("a.tar", tarred(GOOD), ": a tar archive; unpack it"),
        ("a.tar.gz", gzip.compress(tarred(GOOD), mtime=0), ": it holds a tar archive; unpack it, and give a CSV file"),  # noqa: E501
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", EXCEL),
        ("a.csv", archive_of(GOOD), ": a zip file; name it .zip"),
        ("a.zip", GOOD, f": not a .zip file, or a damaged one; {READABLE}"),
        ("a.csv", b"PAR1\x15\x04", ": a Parquet file; name it .parquet"),
        ("a.pq", b"PAR1\x15\x04", ": a Parquet file; name it .parquet"),
        ("a.parquet", GOOD, ": lines of text with commas; if it is CSV, name it .csv"),
        ("a.txt", GOOD, ": lines of text with commas; if it is CSV, name it .csv"),
        ("a", GOOD, ": lines of text with commas; if it is CSV, name it .csv"),
        ("a.pkl", pickle.dumps([1]), PICKLE),
        ("a.csv", pickle.dumps([1]), PICKLE),
        ("a.dat", b"\x01\x02\x03", f": not CSV or Parquet by its ending; {READABLE}"),
        ("a.csv", GOOD.encode("utf-16"), ": UTF-16 text; save it as UTF-8"),
        ("a.csv", GOOD.encode("utf-16-le"), ": UTF-16 text; save it as UTF-8"),
        ("a.csv", GOOD.encode("utf-16-be"), ": UTF-16 text; save it as UTF-8"),
        ("a.csv", GOOD.replace("C3", "Jos\u00e9").encode("latin-1"), ", row 3: not UTF-8 text; save it as UTF-8"),  # noqa: E501
        ("a.csv", GOOD.replace("type", "t\u00e9").encode("latin-1"), ", row 1: not UTF-8 text; save it as UTF-8"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_file_of_another_kind_is_named_with_a_remedy(
    tmp_path: Path, name: str, content: str | bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)

    assert refusal(path) == message


@given(head=st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_parsed_or_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, head: bytes
) -> None:
    for name in ("any.csv", "any.tsv", "any.zip", "any.csv.gz", "any.parquet"):
        path = tmp_path_factory.getbasetemp() / name
        path.write_bytes(head)

        refusal(path)
