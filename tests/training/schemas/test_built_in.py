"""A schema is given by the name of a built-in one, or by the path of a file."""

import re
from pathlib import Path

import pytest

import training.schemas
from training.errors import InputError
from training.option_values import BUILT_IN
from training.schemas.built_in import built_in, schema_named

FOLDER = Path(training.schemas.__file__).parent


def test_every_schema_of_the_folder_is_built_in() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_built_in_schema_has_the_name_of_its_file(name: str) -> None:
    assert built_in(name).name == name
    assert schema_named(name) == built_in(name)


def test_any_other_text_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text((FOLDER / "cards.toml").read_text().replace('"cards"', '"mine"'))

    assert schema_named(str(path)).name == "mine"


def test_a_built_in_name_wins_over_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cards").write_text("not TOML")
    monkeypatch.chdir(tmp_path)

    assert schema_named("cards").name == "cards"
    with pytest.raises(InputError, match=r"^cards: not TOML"):
        schema_named("./cards")


@pytest.mark.parametrize("text", ["card", "nowhere.toml"])
def test_neither_a_name_nor_a_file_is_an_error_that_lists_the_names(text: str) -> None:
    line = f"--schema {text}: not there; give a TOML file, or paysim or cards"

    with pytest.raises(InputError, match=f"^{re.escape(line)}$"):
        schema_named(text)
