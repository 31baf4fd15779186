"""The schema of a file is the given one, or the built-in one that its header fits."""

from collections.abc import Callable
from pathlib import Path

import pytest

from training.errors import InputError
from training.reading.schema_of_file import expanded, schema_of_file
from training.schemas.built_in import built_in
from training.schemas.file import read_schema

SCHEMA = """
name = "vectors"
ignore = ["note*"]

[roles]
time = "at"
amount = "amount"
label = "fraud"

[attributes]
"V*" = "number"
"""
HEADER = ["at", "amount", "fraud", "V1", "V28", "note_a", "note_b"]


def file_of(directory: Path, names: list[str]) -> Path:
    path = directory / "data.csv"
    path.write_text(",".join(names) + "\n")
    return path


def schema_at(directory: Path) -> str:
    path = directory / "schema.toml"
    path.write_text(SCHEMA)
    return str(path)


@pytest.mark.parametrize("name", ["paysim", "cards"])
def test_a_file_with_most_columns_of_a_built_in_schema_has_that_schema(
    tmp_path: Path, name: str
) -> None:
    schema = built_in(name)
    names = [column for column in schema.columns() if column != schema.roles.amount]

    assert schema_of_file(file_of(tmp_path, [*names, "amuont"]), None) == schema


@pytest.mark.parametrize("name", ["paysim", "cards"])
@pytest.mark.parametrize("misspell", [" {}".format, str.upper], ids=["space", "upper"])
def test_a_file_that_misspells_every_column_has_the_schema_that_says_so(
    tmp_path: Path, name: str, misspell: Callable[[str], str]
) -> None:
    schema = built_in(name)

    assert schema_of_file(file_of(tmp_path, [*map(misspell, schema.columns())]), None) == schema


def test_a_file_of_other_columns_gets_the_command_that_drafts_a_schema(tmp_path: Path) -> None:
    path = file_of(tmp_path, HEADER)

    with pytest.raises(InputError, match=rf"describe {path} --out schema.toml, then give it with"):
        schema_of_file(path, None)


def test_a_file_without_a_header_is_told_its_first_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"; its first line is 1, PAYMENT, 9839\.64, C1, 'M 2'$"):
        schema_of_file(file_of(tmp_path, ["1", "PAYMENT", "9839.64", "C1", "M 2"]), None)


def test_a_family_stands_for_every_column_that_begins_with_its_stem(tmp_path: Path) -> None:
    schema = schema_of_file(file_of(tmp_path, HEADER), schema_at(tmp_path))

    assert {name: each.columns for name, each in schema.attributes.items()} == {
        "V1": ("V1",),
        "V28": ("V28",),
    }
    assert schema.ignore == ("note_a", "note_b")


def test_a_column_that_the_schema_does_not_name_is_refused_with_the_line_to_add(
    tmp_path: Path,
) -> None:
    path = file_of(tmp_path, [*HEADER, "branch"])

    with pytest.raises(InputError, match=r'column branch is not in schema vectors: .*branch = "nu'):
        schema_of_file(path, schema_at(tmp_path))


def test_several_unknown_columns_are_counted_beyond_the_first_five(tmp_path: Path) -> None:
    path = file_of(tmp_path, [*HEADER, *(f"branch_{letter}" for letter in "abcdefg")])

    with pytest.raises(
        InputError, match=r"columns branch_a, .*branch_e and 2 more are not in .* each"
    ):
        schema_of_file(path, schema_at(tmp_path))


def test_a_column_that_the_schema_misspells_is_named_with_the_misspelling(tmp_path: Path) -> None:
    path = file_of(tmp_path, ["amounts" if name == "amount" else name for name in HEADER])

    with pytest.raises(InputError, match="which has amount instead: write amounts there"):
        schema_of_file(path, schema_at(tmp_path))


def test_a_role_is_no_member_of_a_family(tmp_path: Path) -> None:
    schema = read_schema(Path(schema_at(tmp_path)))

    assert set(expanded(schema, ["V1", "at", "note_at"]).attributes) == {"V1"}
