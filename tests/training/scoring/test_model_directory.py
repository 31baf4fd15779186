"""A saved model is described, whatever its directory holds."""

import inspect
from pathlib import Path

import pytest

from tests.bundles import make_bundle, write_model
from training.commands import local as local_commands
from training.commands.options import BUILD
from training.scoring.model_directory import saved_model


def test_a_saved_model_is_described_by_version_and_date(tmp_path: Path) -> None:
    version = write_model(tmp_path, make_bundle(), created="2026-02-03T04:05:06+00:00")

    assert saved_model(tmp_path) == f"model {version} of 2026-02-03T04:05:06+00:00"


def test_an_empty_directory_holds_no_model(tmp_path: Path) -> None:
    assert saved_model(tmp_path) is None
    assert saved_model(tmp_path / "missing") is None


@pytest.mark.parametrize(
    "manifest",
    [
        "",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"version": 7, "created": "\\u001b[2J"}',
        '{"version": "\\ud800", "created": "2026-02-03T04:05:06+00:00"}',
    ],
    ids=lambda text: text[:16],
)
def test_a_model_with_a_damaged_manifest_is_still_described(tmp_path: Path, manifest: str) -> None:
    write_model(tmp_path, make_bundle())
    (tmp_path / "manifest.json").write_text(manifest)

    assert saved_model(tmp_path) == "a model with a damaged manifest"


@pytest.mark.parametrize(
    ("command", "option"), [("run", "out"), ("demo", "out"), ("invoke", "model")]
)
def test_commands_for_this_machine_keep_their_model_apart_from_the_one_to_publish(
    command: str, option: str
) -> None:
    out = inspect.signature(getattr(local_commands, command)).parameters[option].default

    assert out == Path("build/demo")
    assert out != BUILD
