"""A results directory holds either the old files or the new ones, complete."""

from pathlib import Path

import pytest

from training.errors import InputError
from training.files.atomic import write_files


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_files_are_written_to_a_new_directory(tmp_path: Path) -> None:
    write_files(tmp_path / "a" / "b", {"one": b"1", "two": b"2"})

    assert content(tmp_path / "a" / "b") == {"one": b"1", "two": b"2"}


def test_a_new_file_replaces_the_old_one_and_others_stay(tmp_path: Path) -> None:
    write_files(tmp_path, {"model": b"old", "notes": b"kept"})

    write_files(tmp_path, {"model": b"new"})

    assert content(tmp_path) == {"model": b"new", "notes": b"kept"}


def test_a_reader_of_the_old_file_keeps_reading_it_whole(tmp_path: Path) -> None:
    write_files(tmp_path, {"model": b"old" * 1_000})

    with (tmp_path / "model").open("rb") as reader:
        write_files(tmp_path, {"model": b"new"})
        assert reader.read() == b"old" * 1_000


def test_leftovers_of_an_earlier_run_are_removed(tmp_path: Path) -> None:
    write_files(tmp_path, {"model": b"1", "leaky": b"1", "notes": b"1"})

    write_files(tmp_path, {"model": b"2"}, remove=["leaky", "never there"])

    assert content(tmp_path) == {"model": b"2", "notes": b"1"}


def test_a_file_that_is_written_again_is_not_removed_first(tmp_path: Path) -> None:
    write_files(tmp_path, {"model": b"old"})
    (tmp_path / "first").mkdir()  # so that its rename fails, ahead of the model's

    with pytest.raises(InputError):
        write_files(tmp_path, {"first": b"", "model": b"new"}, remove=["model"])

    assert (tmp_path / "model").read_bytes() == b"old"


def test_a_write_that_fails_halfway_changes_nothing(tmp_path: Path) -> None:
    write_files(tmp_path, {"model": b"old", "leaky": b"old"})
    (tmp_path / ".metrics.new").mkdir()  # where the second file would be written first

    with pytest.raises(InputError):
        write_files(tmp_path, {"model": b"new", "metrics": b"new"}, remove=["leaky"])

    old = content(tmp_path)
    assert (old["model"], old["leaky"]) == (b"old", b"old")


def test_files_appear_in_the_given_order(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()  # so that its rename fails

    with pytest.raises(InputError):
        write_files(tmp_path, {"first": b"1", "second": b"2", "third": b"3"})

    assert (tmp_path / "first").read_bytes() == b"1"
    assert not (tmp_path / "third").exists()


def test_a_file_in_place_of_the_directory_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").touch()

    with pytest.raises(InputError) as caught:
        write_files(tmp_path / "out", {"model": b""})

    place = tmp_path / "out" / "model"
    assert str(caught.value) == f"{place}: cannot be written: File exists; choose another"


def test_the_directory_is_named_where_one_of_several_files_cannot_be_written(
    tmp_path: Path,
) -> None:
    (tmp_path / "second").mkdir()

    with pytest.raises(InputError, match=f"^{tmp_path}: cannot be written: "):
        write_files(tmp_path, {"first": b"1", "second": b"2"})
