"""The workflows' own scripts, run as GitHub runs them; scripts stand in for AWS and Docker."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.infra.test_workflows import WORKFLOWS, load, step_of

DIGEST = "sha256:" + "a" * 64

STACK = """
case "$*" in
  *"--stack-name fraud-api-bootstrap "*ImageRepositoryUri*) echo registry.example/fraud-api ;;
  *"--stack-name fraud-api-dev "*ImageUri*) echo registry.example/fraud-api@$RUNNING ;;
  *ApiKeyId*) echo the-key-id ;;
  *ApiUrl*) echo https://api.example/live ;;
  *"get-api-key --include-value --api-key the-key-id"*) echo the-key ;;
  *) exit 9 ;;
esac
"""


class Runner:
    """A directory in which a step runs, and a record of its programs' calls."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        (directory / "bin").mkdir()

    def program(self, name: str, script: str) -> None:
        """Put a program on the path that records its arguments, then runs `script`."""
        path = self.directory / name if "/" in name else self.directory / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho "{path.name} $*" >> calls\n{script}\n')
        path.chmod(0o755)

    def run(
        self, workflow: str, job: str, name: str, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        step = step_of(WORKFLOWS, workflow, job, name)
        assert load(WORKFLOWS[workflow])["defaults"]["run"]["shell"] == "bash"
        files = {"GITHUB_OUTPUT": "output", "GITHUB_ENV": "env", "GITHUB_STEP_SUMMARY": "summary"}
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.directory,
            env={"PATH": f"{self.directory / 'bin'}:{os.environ['PATH']}", **files, **variables},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def read(self, name: str) -> str:
        path = self.directory / name
        return path.read_text() if path.exists() else ""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def deploy(
    runner: Runner, *, digest: str = "", running: str = DIGEST
) -> subprocess.CompletedProcess[str]:
    runner.program("aws", STACK)
    variables = {"TARGET": "dev", "DIGEST": digest, "RUNNING": running}
    return runner.run("deploy-to", "deploy", "Deploy", **variables)


def test_without_a_digest_the_commits_image_is_deployed_and_its_digest_reported(
    runner: Runner,
) -> None:
    runner.program("make", "")

    assert deploy(runner).returncode == 0

    assert runner.read("calls").splitlines()[0] == "make deploy ENV=dev IMAGE="
    assert runner.read("output") == f"digest={DIGEST}\n"


def test_with_a_digest_that_image_is_deployed(runner: Runner) -> None:
    runner.program("make", "")

    assert deploy(runner, digest=DIGEST).returncode == 0

    asked = f"make deploy ENV=dev IMAGE=registry.example/fraud-api@{DIGEST}"
    assert asked in runner.read("calls").splitlines()


@pytest.mark.parametrize(("ends", "running"), [(1, DIGEST), (0, ""), (0, "sha256:short")])
def test_a_failed_deployment_reports_no_digest(runner: Runner, ends: int, running: str) -> None:
    runner.program("make", f"exit {ends}")

    assert deploy(runner, running=running).returncode != 0

    assert runner.read("output") == ""


def test_a_stack_whose_image_has_no_digest_is_named(runner: Runner) -> None:
    runner.program("make", "")

    done = deploy(runner, running="latest")

    assert done.stdout.startswith("::error::fraud-api-dev runs 'registry.example/fraud-api@latest'")


def test_a_digest_without_a_repository_deploys_nothing(runner: Runner) -> None:
    runner.program("make", "")
    runner.program("aws", "exit 254")

    done = runner.run("deploy-to", "deploy", "Deploy", TARGET="prod", DIGEST=DIGEST)

    assert done.returncode == 254
    assert "make" not in runner.read("calls")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_the_data_keeps_its_file_extension(runner: Runner, ending: str) -> None:
    runner.program("aws", "")
    where = f"s3://bucket/some key.{ending}"

    assert runner.run("retrain", "retrain", "Fetch the transactions", DATA=where).returncode == 0

    file = f"build/transactions.{ending}"
    assert runner.read("calls") == f"aws s3 cp --only-show-errors {where} {file}\n"
    assert runner.read("env") == f"FILE={file}\n"


@pytest.mark.parametrize(
    "where", ["", "bucket/key.csv", "s3://bucket/key.json", "$(touch gone).csv"]
)
def test_an_unusable_data_address_is_refused_before_any_call_to_aws(
    runner: Runner, where: str
) -> None:
    runner.program("aws", "")

    done = runner.run("retrain", "retrain", "Fetch the transactions", DATA=where)

    assert done.returncode == 2
    assert done.stdout.startswith("::error::")
    assert runner.read("calls") == ""
    assert not (runner.directory / "gone").exists()


def export_log(
    runner: Runner,
    *,
    table: str = "fraud-api-prod",
    secret: str = "/fraud/prod/secret",
    ends: int = 0,
) -> subprocess.CompletedProcess[str]:
    runner.program(".venv/bin/python", f"echo '12 payments'; exit {ends}")
    variables = {"FRAUD_TABLE": table, "FRAUD_SECRET_PARAMETER": secret, "MATURED_DAYS": "90"}
    return runner.run("retrain", "retrain", "Fetch the transactions", DATA="log", **variables)


def test_the_log_is_exported_and_its_counts_are_in_the_summary(runner: Runner) -> None:
    assert export_log(runner).returncode == 0

    assert runner.read("calls") == (
        "python -m training history export --out build/log.parquet --matured-days 90\n"
    )
    assert runner.read("summary") == "12 payments\n"
    assert runner.read("env") == "FILE=build/log.parquet\n"


@pytest.mark.parametrize(("table", "secret"), [("", "/fraud/prod/secret"), ("fraud-api-prod", "")])
def test_without_a_table_or_its_secret_no_log_is_exported(
    runner: Runner, table: str, secret: str
) -> None:
    done = export_log(runner, table=table, secret=secret)

    assert done.returncode == 2
    assert done.stdout.startswith("::error::data is 'log'; set the variables FRAUD_TABLE and")
    assert runner.read("calls") == ""


def test_an_export_that_fails_trains_nothing(runner: Runner) -> None:
    assert export_log(runner, ends=2).returncode == 2

    assert runner.read("env") == ""


NOT_BETTER = "not better: 0.2% of the cost saved"


@pytest.mark.parametrize(
    ("code", "said", "ends"),
    [
        (0, "better: 5.0% of the cost saved", 0),
        (3, NOT_BETTER, 0),
        (3, "", 3),  # a served model that does not verify has no verdict
        (1, "", 1),
        (2, NOT_BETTER, 2),
    ],
)
def test_only_a_challenger_that_loses_does_not_fail_the_workflow(
    runner: Runner, code: int, said: str, ends: int
) -> None:
    runner.program(".venv/bin/python", f"echo '{said}'; exit {code}")
    (runner.directory / "build").mkdir()

    done = runner.run(
        "retrain", "retrain", "Compare, and promote if better", FILE="build/data.csv", MARGIN="0.02"
    )

    assert done.returncode == ends
    assert runner.read("summary") == f"{said}\n"
    assert ("::notice" in done.stdout) == (said == NOT_BETTER and code == 3)
    assert runner.read("calls") == (
        "python -m training challenge --model build/model --data build/data.csv --margin 0.02\n"
    )


@pytest.mark.parametrize(("dry_run", "added"), [("true", " --dry-run"), ("false", "")])
def test_a_dry_run_compares_only(runner: Runner, dry_run: str, added: str) -> None:
    runner.program(".venv/bin/python", "")
    (runner.directory / "build").mkdir()
    variables = {"FILE": "build/log.parquet", "MARGIN": "0.02", "DRY_RUN": dry_run}

    done = runner.run("retrain", "retrain", "Compare, and promote if better", **variables)

    assert done.returncode == 0
    assert runner.read("calls") == (
        "python -m training challenge --model build/model --data build/log.parquet --margin 0.02"
        f"{added}\n"
    )


@pytest.mark.parametrize("ends", [0, 2, 3])
def test_only_an_alarm_of_the_watch_is_annotated_with_its_sentence(
    runner: Runner, ends: int
) -> None:
    runner.program(".venv/bin/python", f"echo 'Alarm. Amount: larger'; echo more; exit {ends}")

    done = runner.run("watch", "watch", "Watch", DAYS="7", MATURED_DAYS="60")

    assert done.returncode == ends
    assert runner.read("summary") == "Alarm. Amount: larger\nmore\n"
    said = "::error title=Payments moved::Alarm. Amount: larger\n"
    assert (said in done.stdout) == (ends == 3)
    assert runner.read("calls") == (
        "python -m training watch --days 7 --matured-days 60 --out build/watch.html\n"
    )
