"""The command line: help at once, errors in one line, exit codes that mean something."""

import contextlib
import io
import json
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
from typer.testing import CliRunner

from fraud_api_lambda import __version__
from tests.aws import Aws
from training.__main__ import app, main
from training.distributed.engine_options import ENGINES
from training.files.writing import write_transactions
from training.fitting.goal import GOALS
from training.hints import fraud
from training.option_values import AUTO, FEATURES, RESAMPLING
from training.simulator.simulate import simulate

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
HEAVY = {"pandas", "xgboost", "numpy", "sklearn", "pyarrow", "matplotlib", "boto3", "moto"}
GROUP = "history"
COMMANDS = sorted(
    (typer.main.get_command(app).commands.keys() - {GROUP}) | {f"{GROUP} load"}  # type: ignore[attr-defined]
)


class Refusal(NamedTuple):
    """A call's exit code, its errors, and the heavy libraries it imported."""

    code: int
    said: str
    heavy: list[str]


class Done(NamedTuple):
    """How a call ended."""

    returncode: int
    stdout: str
    stderr: str


def training(*arguments: object) -> Done:
    """Run the command line in this process, which has imported everything already."""
    code: Any = 0
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        patch.setattr(sys, "argv", ["training", *map(str, arguments)])
        patch.setenv("OMP_WAIT_POLICY", "passive")
        try:
            main()
        except SystemExit as end:
            code = end.code
    return Done(code, stdout.getvalue(), stderr.getvalue())


def training_in_a_new_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", *map(str, arguments)]
    return subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "transactions.csv"
    write_transactions(simulate(20_000, seed=3, days=10), path)
    return path


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    done = training("train", "--data", data, "--out", out, "--no-compare", "--smote-ratio", 0.1)
    assert done.returncode == 0, done.stderr
    return out


def help_of(*command: str) -> str:
    words = [word for each in command for word in each.split()]
    result = CliRunner().invoke(app, [*words, "--help"])
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_description_and_an_example(command: str) -> None:
    text = help_of(command)

    assert re.search(r"^  [A-Z].*\.$", text, re.MULTILINE)
    assert f"  Example: {fraud(*command.split())}" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_example_can_be_pasted(command: str) -> None:
    example = help_of(command).partition("Example: ")[2]

    name, *arguments = shlex.split(example.partition("\n")[0].removeprefix(fraud()))
    found = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    if name == GROUP:
        name, *arguments = arguments
        found = found.commands[name]
    found.make_context(name, arguments)


def refusals(calls: list[list[str]]) -> list[Refusal]:
    """Run calls one after another in one new process."""
    code = (
        "import io, json, runpy, sys\n"
        "for call in json.loads(sys.argv[1]):\n"
        "    sys.argv, sys.stderr, code = ['', *call], io.StringIO(), None\n"
        "    sys.stdout = io.StringIO()\n"
        "    try: runpy.run_module('training', run_name='__main__')\n"
        "    except SystemExit as end: code = end.code\n"
        f"    heavy = sorted({HEAVY} & sys.modules.keys())\n"
        "    print(json.dumps([code, sys.stderr.getvalue(), heavy]), file=sys.__stdout__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(calls)],
        check=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return [Refusal(*json.loads(line)) for line in done.stdout.splitlines()]


def test_help_imports_nothing_heavy() -> None:
    pages = [command.split() for command in ("", *COMMANDS)]
    for help_page in refusals([[*page, "--help"] for page in pages]):
        assert help_page == Refusal(0, "", [])


TOO_LONG = "File name too long; choose another"

WRONG = {
    "train --data nowhere.csv": "nowhere.csv: No such file or directory",
    "train --data {folder}": "a folder; ",
    "train --data {data} --features decision-tim": "did you mean decision-time?",
    "train --data {data} --resampling bogus": "choose one of smote, smotenc, weights, none, auto",
    "train --data {data} --smote-ratio 2": "write a number above 0 up to 1",
    "train --data {data} --smote-ratio nan": "write a number above 0 up to 1",
    "train --data {data} --goal recall:2": "write cost, or recall:0.75",
    "train --data {data} --out {data}": "data.csv is not a folder",
    "train --data {data} --out {data}/model": "data.csv is not a folder",
    "train --data {data} --out /proc/model": "cannot write to /proc/model: ",
    "score --data {data} --model {model} --out /proc/scored.csv": "cannot write to /proc: ",
    "train --data {data} --engine dask": "choose one of local, ray",
    "train --data {data} --address auto": "add --engine ray",
    "train --data {data} --seed -1": "-1 is not in the range",
    "train --data {data} --policy nowhere.toml": "nowhere.toml: No such file or directory",
    "train --data {data} --schema card": "--schema card: not there; give a TOML file, or paysim",
    "train --data {data} --schema {long}": TOO_LONG,
    "train --data {data} --schema {bad}": "bad.toml, line 1, x: unknown key",
    "train --data {data} --label-delay 1w": "--label-delay 1w: write hours such as 24",
    "simulate --out {folder}/data.xls": "ends neither in .csv nor in .parquet",
    "simulate --schema card": "--schema card: not known; did you mean cards?",
    "simulate --rows 5": "5 is not in the range x>=1000",
    "evaluate --data {data} --model {folder}": "model.joblib: not there; make it with",
    "evaluate --data nowhere.csv --model {model}": "nowhere.csv: No such file or directory",
    "score --data nowhere.csv --model {model}": "nowhere.csv: No such file or directory",
    "score --data {data} --model {folder}": "model.joblib: not there; make it with",
    "score --data {data} --model {model} --out {folder}": "ends neither in .csv nor in .parquet",
    "score --data {data} --model {model} --out {odd}": "odd.csv: is a folder; name a file",
    "score --data {data} --model {model} --engine dask": "choose one of local, ray",
    "run --data nowhere.csv": "nowhere.csv: No such file or directory",
    "run --data {data} --schema {bad}": "bad.toml, line 1, x: unknown key",
    "run --schema {bad}": "bad.toml: has no simulator; give transactions with --data, or choose",
    "demo --data {data} --schema card": "--schema card: not there; give a TOML file, or paysim",
    "demo --schema card": "--schema card: has no simulator; give transactions with --data",
    "describe {data} --schema card": "--schema card: not there; give a TOML file, or paysim",
    "run --out {data}": "data.csv is not a folder",
    "run --rows 5": "5 is not in the range x>=1000",
    "demo --out {data}": "data.csv is not a folder",
    "demo --port 99999": "99999 is not in the range",
    "invoke --event nowhere.json": "nowhere.json is not a file",
    "challenge {folder} --data {data} --bucket b --parameter p": "model.joblib: not there",
    "challenge {model} --data nowhere.csv --bucket b --parameter p": "nowhere.csv: No such file",
    "publish {folder} --model {model} --bucket b --parameter p": "two models; give one of them",
    "publish {folder}": "Missing option '--bucket'",
    "publish {folder} --bucket b --parameter p": "model.joblib: not there; make it with",
    "train --data {data} --out {long}": TOO_LONG,
    "evaluate --data {data} --model {long}": TOO_LONG,
    "score --data {data} --model {model} --out {long}.csv": TOO_LONG,
    "simulate --out {long}.csv": TOO_LONG,
    "describe {data} --out {long}": TOO_LONG,
    "invoke --event {long}": TOO_LONG,
    "publish {long} --bucket b --parameter p": TOO_LONG,
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Refusal]:
    folder = tmp_path_factory.mktemp("wrong")
    data, model, odd = folder / "data.csv", folder / "model", folder / "odd.csv"
    data.write_text("step,type\n")
    odd.mkdir()
    model.mkdir()
    (model / "model.joblib").touch()
    bad = folder / "bad.toml"
    bad.write_text("x = 1\n")
    names = {
        "bad": bad,
        "folder": folder,
        "data": data,
        "model": model,
        "odd": odd,
        "long": "x" * 300,
    }
    calls = [[word.format(**names) for word in call.split()] for call in WRONG]
    return dict(zip(WRONG, refusals(calls), strict=True))


@pytest.mark.parametrize("call", WRONG)
def test_a_wrong_option_is_refused_before_anything_heavy_is_imported(
    refused: dict[str, Refusal], call: str
) -> None:
    refusal = refused[call]

    assert (refusal.code, refusal.heavy) == (2, [])
    assert WRONG[call] in refusal.said


@pytest.mark.parametrize(
    ("command", "option", "names"),
    [
        ("train", "--features", FEATURES),
        ("train", "--resampling", (*RESAMPLING, AUTO)),
        ("train", "--goal", GOALS),
        ("train", "--engine", ENGINES),
        ("score", "--engine", ENGINES),
    ],
)
def test_help_lists_the_choices_of_an_option(
    command: str, option: str, names: tuple[str, ...]
) -> None:
    assert f"  {option} [{'|'.join(names)}]" in help_of(command)


@pytest.mark.parametrize(
    ("arguments", "suggestion"),
    [
        (["trian"], "train"),
        (["train", "--dat", "x"], "--data"),
        (["train", "--data", "x", "--features", "decision-tim"], "did you mean decision-time?"),
        (["train", "--data", "x", "--resampling", "smoten"], "did you mean smotenc?"),
    ],
)
def test_a_near_miss_gets_a_suggestion_and_exit_code_2(
    arguments: list[str], suggestion: str
) -> None:
    done = training(*arguments)

    assert done.returncode == 2
    assert suggestion in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_file_gives_one_line_and_exit_code_2() -> None:
    done = training("train", "--data", "nowhere.csv")

    assert done.returncode == 2
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert "nowhere.csv" in line
    assert "Traceback" not in done.stderr


def test_a_failed_check_gives_exit_code_3(data: Path, model: Path) -> None:
    done = training("evaluate", "--model", model, "--data", data, "--from", 1, "--to", 50)

    assert done.returncode == 3
    assert "--in-sample" in done.stderr


def test_an_aws_failure_gives_exit_code_1(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
    }.items():
        monkeypatch.setenv(name, value)

    done = training("models", "--bucket", "fraud-models", "--parameter", "/fraud/model")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_an_interrupt_gives_exit_code_130_and_keeps_the_old_model(data: Path, model: Path) -> None:
    before = (model / "model.joblib").read_bytes()
    command = [sys.executable, "-m", "training", "train", "--data", str(data), "--out", str(model)]

    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any("reading" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=120)

    assert process.returncode == 130
    assert "Traceback" not in errors
    assert (model / "model.joblib").read_bytes() == before


def test_score_prints_its_result_to_stdout_and_no_next_command(
    data: Path, model: Path, tmp_path: Path
) -> None:
    done = training("score", "--model", model, "--data", data, "--out", tmp_path / "scored.csv")

    assert done.returncode == 0
    assert done.stdout == f"{tmp_path / 'scored.csv'}: 20,000 transactions scored\n"
    # A refitted model has seen these rows and new rows have no labels: no next command fits all.
    assert "next:" not in done.stderr


def test_the_hint_of_simulate_trains_on_its_output(tmp_path: Path) -> None:
    out = tmp_path / "two words" / "it's.csv"

    said = CliRunner().invoke(app, ["simulate", "--rows", "1000", "--out", str(out)]).stderr

    *_, last = said.splitlines()
    assert shlex.split(last) == ["next:", *shlex.split(fraud()), "train", "--data", str(out)]
    assert out.exists()


def test_simulated_cards_are_written_and_the_hint_trains_on_them(
    tmp_path: Path,
) -> None:
    out = tmp_path / "cards.parquet"
    options = ["--rows", "1000", "--schema", "cards", "--out", str(out)]

    done = CliRunner().invoke(app, ["simulate", *options])

    assert done.stdout == f"{out}: 1,000 transactions, 12 of them fraud\n"
    *_, last = done.stderr.splitlines()
    assert shlex.split(last) == ["next:", *shlex.split(fraud()), "train", "--data", str(out)]


def test_the_hint_of_evaluate_publishes_the_model(
    data: Path, model: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAUD_MODEL_BUCKET", aws.bucket)
    monkeypatch.setenv("FRAUD_MODEL_PARAMETER", aws.parameter)

    done = CliRunner().invoke(
        app, ["evaluate", "--model", str(model), "--data", str(data), "--in-sample"]
    )

    command = done.stderr.splitlines()[-1].removeprefix(f"next: {fraud()} ")
    assert CliRunner().invoke(app, shlex.split(command)).exit_code == 0
    assert len(aws.registry.versions()) == 1


@pytest.mark.soak
def test_two_processes_write_the_same_bytes(data: Path, model: Path, tmp_path: Path) -> None:
    training_in_a_new_process(
        "train", "--data", data, "--out", tmp_path, "--no-compare", "--smote-ratio", 0.1
    )

    for name in ("model.joblib", "metrics.json", "report.html", "model_card.md"):
        assert (tmp_path / name).read_bytes() == (model / name).read_bytes()


def test_version_prints_the_version() -> None:
    assert training_in_a_new_process("--version").stdout == f"fraud {__version__}\n"
