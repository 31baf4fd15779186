"""Recognise the kind of a file by its first bytes and lines, without decoding it."""

import re
from typing import Final

HEAD: Final = 1 << 16
"""Number of bytes to inspect."""

_WORKBOOK: Final = re.compile(rb"PK\x03\x04[\s\S]{26}(?:xl/|\[Content_Types\]\.xml)")
"""A member of a workbook: its header, and its name. Other zips hold such letters by chance."""

EXCEL: Final = ("an Excel workbook", "save its sheet as CSV UTF-8 in Excel")
_CSV: Final = "save its rows as CSV"

_KINDS: Final[tuple[tuple[bytes, str, str], ...]] = (
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"PARE", "an encrypted Parquet file", "decrypt it first"),
    (b"PK\x03\x04", "a zip file", "name it .zip"),
    (b"PK\x05\x06", "an empty zip file", "give a zip of one CSV file"),
    (b"\x1f\x8b", "a gzip file", "name it .csv.gz"),
    (b"BZh", "a bzip2 file", "decompress it with bunzip2"),
    (b"\xfd7zXZ", "an xz file", "decompress it with unxz"),
    (b"\x28\xb5\x2f\xfd", "a zstd file", "decompress it with unzstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"\xd0\xcf\x11\xe0", *EXCEL),
    (b"version https://git-lfs", "a Git LFS pointer, not the data", "run git lfs pull"),
    (b"SQLite format 3", "an SQLite database", _CSV),
    (b"\x89HDF", "an HDF5 file", _CSV),
    (b"ARROW1", "an Arrow file", "save it as Parquet"),
    (b"ORC", "an ORC file", "save it as Parquet"),
    (b"Obj\x01", "an Avro file", "save it as Parquet"),
    (b"%PDF", "a PDF document", _CSV),
    (b"\xff\xfe", "UTF-16 text", "save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text", "save it as UTF-8"),
)
_MARKUP: Final[tuple[tuple[str, str, str], ...]] = (
    (r"<!doctype html|<html", "an HTML page, not the data", "download the file itself"),
    (r"<\?xml|<[a-z]+[ >]", "XML", _CSV),
    (r"[\[{]\s*[\[{\"}\]]", "JSON", _CSV),
)
_BEGINNINGS: Final[tuple[tuple[re.Pattern[bytes], str, str], ...]] = (
    (
        re.compile(rb"\x80[\x02-\x05]"),
        "a Python pickle, which can run code and is never opened",
        _CSV,
    ),
    (re.compile(rb".{257}ustar", re.DOTALL), "a tar archive", "unpack it"),
)
_NAMES: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def known_kind(head: bytes) -> tuple[str, str] | None:
    """The kind of a file and its remedy, if its first bytes show that it is not CSV text.

    Parameters
    ----------
    head : bytes
        Its first bytes, up to `HEAD` of them.
    """
    if head.startswith(b"PK") and _WORKBOOK.search(head):
        return EXCEL
    for magic, kind, remedy in _KINDS:
        if head.startswith(magic):
            return kind, remedy
    for beginning, kind, remedy in _BEGINNINGS:
        if beginning.match(head):
            return kind, remedy
    if _is_utf16(head[:200]):
        return "UTF-16 text", "save it as UTF-8"
    start = head[:200].decode("utf-8-sig", "replace").lstrip().lower()
    for pattern, kind, remedy in _MARKUP:
        if re.match(pattern, start):
            return kind, remedy
    return None


def _is_utf16(start: bytes) -> bool:
    """Whether every other byte is 0 and the rest ASCII: UTF-16 without a byte order mark."""
    halves = start[::2], start[1::2]
    return any(
        len(zeros) > 3 and not any(zeros) and all(8 < byte < 127 for byte in letters)
        for zeros, letters in (halves, halves[::-1])
    )


def first_lines_fault(head: bytes, separator: str) -> str | None:
    """A fault in the first lines of a text file, with its remedy; None if there is none."""
    first, _, rest = head.decode("utf-8-sig", "replace").replace("\r", "\n").partition("\n")
    if re.match(r"sep=", first, re.IGNORECASE):
        return f"row 1: {first[:20]!r} is a note to Excel; delete this line"
    if first.startswith("#"):
        return "row 1: a comment; delete it, so that the header is the first line"
    if not first.strip() and rest.strip():
        return "row 1: a blank line; delete it, so that the header is the first line"
    return _separator_fault(first, rest.lstrip("\n").partition("\n")[0], separator)


def _separator_fault(header: str, row: str, separator: str) -> str | None:
    unquoted = re.sub(r'"[^"]*"', "", header)
    other = max(_NAMES, key=unquoted.count)
    if separator in unquoted or other not in unquoted or header.count('"') % 2:
        return None
    fault = f"row 1: cells are separated by {_NAMES[other]}, not by {_NAMES[separator]}"
    decimals = other != "," and re.search(rf"(^|{re.escape(other)})-?\d+,\d+", row)
    if decimals:
        return f"{fault}, and numbers have decimal commas; write 9839.64 and separate by commas"
    if {other, separator} == {",", "\t"}:
        return f"{fault}; name it {'.tsv' if other == '\t' else '.csv'}"
    return f"{fault}; separate them by {_NAMES[separator]}"
