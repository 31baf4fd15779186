"""`fraud describe`: from a file to its schema, and from a schema to how a file differs."""

from pathlib import Path

import pandas as pd
import pytest

from training.commands.schema import describe
from training.errors import CheckFailedError, InputError
from training.schemas.file import read_schema
from training.simulator.simulate import simulate


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    return simulate(3_000, seed=0)


@pytest.fixture
def file(simulated: pd.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "transactions.csv"
    simulated.to_csv(path, index=False)
    return path


def test_a_drafted_schema_can_be_read_and_fits_its_file(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "schema.toml"

    describe(file, out=out)
    out.write_text(out.read_text().replace('typology = "?"', 'typology = "category"'))
    describe(file, schema=str(out))

    assert read_schema(out).roles.balance == "oldbalanceOrg"
    assert f"{file} fits {out}" in capsys.readouterr().out


def test_simulated_rows_fit_the_schema_of_paysim(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(file, schema="paysim")

    assert "fits" in capsys.readouterr().out


def test_an_existing_schema_is_not_replaced(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "schema.toml"
    out.write_text("mine")

    with pytest.raises(InputError, match="is there already; delete it"):
        describe(file, out=out)

    assert out.read_text() == "mine"


def test_the_draft_goes_to_stdout_by_default(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    describe(file)

    assert capsys.readouterr().out.startswith('name = "my-data"')


def test_each_difference_is_one_line(simulated: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    changed = simulated.drop(columns="oldbalanceOrg").assign(device="d1", amount="much")
    changed.assign(isFraud=[number % 3 for number in range(len(changed))]).to_csv(path, index=False)

    with pytest.raises(CheckFailedError) as caught:
        describe(path, schema="paysim")

    assert str(caught.value).splitlines() == [
        f"{path}: column oldbalanceOrg is not in the file: correct its name, or delete the line",
        f'{path}: column device is new: add device = "KIND" to [attributes], or ignore it',
        f"{path}: column amount holds 'much'; write numbers, with a point before decimals",
        f"{path}: column isFraud is the label and has 3 values, not two; write 0 and 1",
    ]


def test_a_duplicate_column_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "twice.csv"
    path.write_text("a,b,a\n1,2,3\n")

    with pytest.raises(InputError, match="column a is there twice"):
        describe(path)


def test_draft_and_comparison_exclude_each_other(file: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give one option"):
        describe(file, out=tmp_path / "a.toml", schema="b.toml")
