"""The command line: its output, exit codes and error messages."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.__main__ import main
from bootstrap.account import AwsError, Hidden
from bootstrap.programs import RealPrograms
from tests.bootstrap.cloud import Cloud
from training.errors import CommandError
from training.local.processes import ROOT


@pytest.fixture
def prepared(cloud: Cloud) -> Cloud:
    """An account with the table and the secret of dev, as the project's samconfig.toml has it."""
    cloud.make_table()
    cloud.put_secret("/fraud/dev/secret")
    return cloud


def run(cloud: Cloud, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program in a process of its own; `ended` runs it in this one."""
    return subprocess.run(
        [sys.executable, "-m", "bootstrap", *arguments],
        cwd=ROOT,
        env=cloud.aws.environment | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=False,
        text=True,
    )


def test_a_dry_deploy_of_a_named_image_prints_its_steps_and_changes_nothing(
    prepared: Cloud,
) -> None:
    digest = prepared.push("ci-1")

    done = run(prepared, "deploy", "--image", f"{prepared.uri}@{digest}", "--dry-run")

    assert done.returncode == 0, done.stderr
    assert "would call aws ecr:PutImage" in done.stdout
    assert "would run " in done.stdout
    assert f"would deploy {digest}, before: nothing; nothing was changed" in done.stdout
    assert prepared.tags() == ["ci-1"]


def ended(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """The exit code of the program, run in this process."""
    monkeypatch.setattr(sys, "argv", ["bootstrap", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code


@pytest.mark.usefixtures("prepared")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("deploy", "--image", "x:latest"), 2, "name the image by its digest"),
        (("deploy", "--env", "nowhere"), 2, "no environment nowhere"),
        (("doctor",), 3, "there is no stack fraud-api-dev"),
        (("rollback", "--env", "prod"), 3, "make deploy ENV=prod makes it"),
        (("destroy",), 3, "nothing was deleted"),
        (("dance",), 2, "No such command"),
    ],
)
def test_each_kind_of_failure_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    assert ended(monkeypatch, *arguments) == code

    assert words in capsys.readouterr().err


def test_destroy_without_a_terminal_wants_yes(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.sam_deploys("fraud-api-dev", {"ImageUri": f"{cloud.uri}@{cloud.push('ci-1')}"})

    assert ended(monkeypatch, "destroy") == 2

    assert "YES=1" in capsys.readouterr().err
    assert cloud.parameters()


def test_an_interruption_ends_it_with_130(cloud: Cloud) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        waiting = subprocess.Popen(
            [sys.executable, "-m", "bootstrap", "doctor"],
            cwd=ROOT,
            env=cloud.aws.environment | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"},
            stderr=subprocess.PIPE,
        )
        silent.settimeout(30)
        with silent.accept()[0]:
            waiting.send_signal(signal.SIGINT)
            _, said = waiting.communicate(timeout=30)

    assert waiting.returncode == 130
    assert b"Traceback" not in said


def test_a_refusal_of_aws_names_the_call_and_the_code(cloud: Cloud) -> None:
    with pytest.raises(
        AwsError, match="aws ssm:GetParameter Name=/none: AWS says ParameterNotFound"
    ):
        cloud.account().read("ssm", "GetParameter", Name="/none")


def test_a_program_that_fails_or_is_missing_is_named() -> None:
    said: list[str] = []
    programs = RealPrograms(said.append)

    with pytest.raises(CommandError, match="`git no-such-command` failed with exit code 1"):
        programs.run("git", "no-such-command")
    with pytest.raises(CommandError, match="no-such-program is not installed"):
        programs.ask("no-such-program")


def test_a_secret_is_passed_on_standard_input(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "read"

    RealPrograms(said.append).run("sh", "-c", f"cat > {path}", secret="hush")

    assert path.read_text() == "hush"
    assert "hush" not in "".join(said)


def test_the_first_line_of_an_answer_keeps_its_indentation() -> None:
    """`git status --porcelain` begins a line with a blank if a file is not staged."""
    programs = RealPrograms(lambda _: None)

    assert programs.ask("printf", " M one\n M two\n") == " M one\n M two"


def test_a_hidden_argument_of_a_call_is_never_shown(cloud: Cloud) -> None:
    value = Hidden("hush")

    cloud.account().change("ssm", "PutParameter", Name="/fraud/x", Type="SecureString", Value=value)
    with pytest.raises(AwsError, match="ParameterAlreadyExists") as caught:
        cloud.account().change("ssm", "PutParameter", Name="/fraud/x", Type="String", Value=value)

    assert cloud.said[0].endswith("Type=SecureString Value=****")
    assert "hush" not in "".join(cloud.said) + str(caught.value)
    assert (
        cloud.aws.ssm.get_parameter(Name="/fraud/x", WithDecryption=True)["Parameter"]["Value"]
        == "hush"
    )


def test_a_printed_command_line_hides_the_stacks_parameters() -> None:
    said: list[str] = []

    RealPrograms(said.append, dry_run=True).run("sam", "--parameter-overrides", 'Secret="hush"')

    assert said == ["would run sam --parameter-overrides ..."]
