"""Estimate the number of rows of a file without reading it all."""

from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pyarrow.parquet as pq

from training.files.sources import opened

_SAMPLE: Final = 1 << 16
_GZIP_SIZE: Final = 4
"""Bytes at the end of a gzip file that hold the size of its content, modulo 4 GiB."""


def estimated_rows(path: Path) -> int:
    """The number of rows; for text, an estimate from the length of its first lines.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    with opened(path) as source:
        if source.separator is None:
            return int(pq.ParquetFile(source.file).metadata.num_rows)
        sample = source.file.read(_SAMPLE)
    return sample.count(b"\n") * _text_size(path) // max(len(sample), 1)


def _text_size(path: Path) -> int:
    """Bytes of the text, decompressed."""
    match path.suffix.lower():
        case ".gz":
            with path.open("rb") as file:
                file.seek(-_GZIP_SIZE, 2)
                return int.from_bytes(file.read(), "little")
        case ".zip":
            with ZipFile(path) as archive:
                return max(member.file_size for member in archive.infolist())
        case _:
            return path.stat().st_size
