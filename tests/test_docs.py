"""README and docs/ tell the truth: commands, settings, routes, alarms are those of the code."""

import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from benchmarks.sizes import Row, chosen, share_of
from benchmarks.tune import SIZES_MB
from bootstrap.deploy import deploy
from bootstrap.offline import Offline
from bootstrap.prepare import prepare
from bootstrap.programs import RealPrograms
from bootstrap.stack_status import STATUSES, Command
from bootstrap.transform import TEMPLATE, declared_by
from fraud_api_lambda import __version__
from fraud_api_lambda.openapi import document
from fraud_api_lambda.problems import KINDS, OF_THE_GATEWAY
from fraud_api_lambda.reasons import CODES
from fraud_api_lambda.settings import PREFIX, Settings
from tests.fakes import app
from training.__main__ import app as command_line
from training.arm_names import AUTO, FEATURES, RESAMPLING
from training.local.sam import Engine
from training.policy.file import read_policy

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
OPERATE = (ROOT / "docs" / "operate.md").read_text()
DOCUMENTS = {
    path: path.read_text() for path in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")))
}
MAKEFILE = (ROOT / "Makefile").read_text()

COMMANDS = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]


def rows(heading: str, text: str = README) -> list[list[str]]:
    """The cells of the table that follows a line of the text, by default the README's."""
    after = text.partition(heading)[2]
    table = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert table, heading
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_target_of_the_makefile_is_listed_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)) - {"help"}

    listed = {code(target)[0].removeprefix("make ") for target, _ in rows("lists every target:")}

    assert listed == targets


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__


def test_every_target_is_one_command() -> None:
    for rule in re.findall(r"^[a-z-]+:.*##.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE):
        assert rule.count("\n") == 1


def test_every_command_is_listed_and_no_other() -> None:
    listed = {code(command)[0] for command, _ in rows("--promote\n```")}

    assert listed == set(COMMANDS)


def calls(program: str) -> list[str]:
    """The arguments of each call of a program, on a line of its own or in backticks."""
    pattern = rf"(?:^(?:\$ )?|`)(?:\.venv(?:-ray)?/bin/)?{program} +([^`\n#]+)"
    found = re.findall(pattern, "\n".join(DOCUMENTS.values()), re.MULTILINE)
    return sorted({line.strip() for line in found})


@pytest.mark.parametrize("line", calls("fraud"))
def test_every_command_line_has_options_that_exist(line: str) -> None:
    name, *words = line.split()

    known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("line", calls("make"))
def test_every_make_line_names_a_target_and_variables_that_it_reads(line: str) -> None:
    target, *words = line.split()

    rule = re.search(rf"^{target}:.*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
    assert rule
    for name in (word.partition("=")[0] for word in words if "=" in word):
        assert re.search(rf"\b{name}\)", rule[0]), name


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    listed = {code(name)[0]: default for name, default, _ in rows("## Settings")}

    expected = {
        PREFIX + name.upper(): "required"
        if field.is_required()
        else f"{field.default + 0 if isinstance(field.default, bool) else field.default}"
        for name, field in Settings.model_fields.items()
    }
    assert listed == expected


def test_the_routes_are_those_of_the_api() -> None:
    listed = {code(route)[0] for route, _ in rows("## The API")}

    paths = document(app())["paths"]
    expected = {
        f"{method.upper()} {path}" for path, operations in paths.items() for method in operations
    }
    assert listed == expected


def test_the_problem_types_are_those_of_the_code() -> None:
    listed = {(int(status), code(kind)[0]) for status, kind, _ in rows("repeat what you sent.")}

    assert listed == {(kind.status, kind.type) for kind in (*KINDS, *OF_THE_GATEWAY)}


def test_the_reason_codes_are_those_of_the_code() -> None:
    sentence = README.partition("from a closed list:")[2].partition(".")[0]

    assert tuple(code(sentence)) == CODES


def test_the_example_of_a_policy_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(README.partition("```toml\n")[2].partition("```")[0])

    assert read_policy(tmp_path / "policy.toml")["currency"] == "EUR"


def test_the_resampling_arms_are_those_of_the_code() -> None:
    listed = [code(name)[0] for name, _ in rows("0.01 of average precision:")]

    assert listed == [*RESAMPLING, AUTO]


def test_the_feature_sets_are_those_of_the_code() -> None:
    listed = [code(name)[0] for name, _ in rows("judged beside each other:")]

    assert listed == [*FEATURES]


def anchors(text: str) -> set[str]:
    """The headings of a document as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)]+)\)", DOCUMENTS[document]):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(DOCUMENTS[target]), link


@pytest.mark.parametrize(
    "path", sorted({cell for row in rows("## Layout") for cell in code(row[0])})
)
def test_the_layout_names_what_is_there(path: str) -> None:
    assert (ROOT / path).exists()


WATCHERS = re.findall(
    r"^  (\w+):.*\n    Type: AWS::(?:CloudWatch::Alarm|Budgets::Budget)$",
    (ROOT / "template.yaml").read_text(),
    re.MULTILINE,
)
"""Alarms and budgets of the application."""


def test_the_runbook_has_every_alarm_and_budget_and_no_other() -> None:
    runbook = OPERATE.partition("## Runbook: alarms")[2].partition("## When a deploy fails")[0]

    sections = re.split(r"^### ", runbook, flags=re.MULTILINE)[1:]

    assert [section.partition("\n")[0] for section in sections] == WATCHERS
    for section in sections:
        for part in ("Meaning", "Look at", "Do"):
            assert f"- **{part}.** " in section, section


def test_the_default_memory_follows_from_the_figures_shown() -> None:
    cells = rows("`make tune` measures the function", OPERATE)
    figures = [[float(cell.replace(",", "")) for cell in row] for row in cells]

    sizes = [Row(int(memory_mb), *measured) for memory_mb, *measured in figures]

    assert tuple(each.memory_mb for each in sizes) == SIZES_MB
    for each in sizes:
        assert each.share == pytest.approx(share_of(each.memory_mb), abs=0.005)
    best = chosen(sizes)
    assert best is not None
    assert best.memory_mb == declared_by(TEMPLATE.read_text())["MemoryMb"]["Default"]


def test_the_table_of_stack_statuses_is_that_of_the_code() -> None:
    heading, table = "in which state of the stack:", {}
    commands = (Command.DEPLOY, Command.ROLLBACK, Command.DESTROY)
    for statuses, *answers, _ in rows(heading, OPERATE):
        allowed = {
            command for command, answer in zip(commands, answers, strict=True) if answer == "yes"
        }
        table |= dict.fromkeys(code(statuses), allowed)

    assert table == {name: set(status.allows) for name, status in STATUSES.items()}


def test_the_variables_of_the_workflows_are_explained_and_no_other() -> None:
    workflows = "".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))

    listed = {code(name)[0] for name, _ in rows("Set the repository's variables:", OPERATE)}

    assert listed == set(re.findall(r"\bvars\.([A-Z_]+)", workflows))
    outputs = (ROOT / "bootstrap" / "template.yaml").read_text().partition("\nOutputs:\n")[2]
    assert set(re.findall(r"\bAWS_[A-Z_]+", outputs)) <= listed


@pytest.mark.parametrize(
    ("heading", "template"),
    [
        ("prints the stack's outputs:", "bootstrap/template.yaml"),
        ("To call the API yourself:", "template.yaml"),
    ],
)
def test_the_outputs_are_those_of_the_template(heading: str, template: str) -> None:
    outputs = (ROOT / template).read_text().partition("\nOutputs:\n")[2]

    for row in rows(heading, OPERATE):
        assert set(code(row[0])) <= set(re.findall(r"^  (\w+):$", outputs, re.MULTILINE))


class CommittedPrograms(RealPrograms):
    """Programs of a clean working tree."""

    def ask(self, *command: str) -> str:
        self._say(shlex.join(command))
        return "" if "status" in command else "8526d91f" + "0" * 32


def plan_of_bootstrap(account: Offline, programs: RealPrograms) -> None:
    prepare(account, programs, github="owner@1/name@2")


def plan_of_deploy(account: Offline, programs: RealPrograms) -> None:
    docker = Engine("unix:///docker.sock", is_podman=False)
    deploy(account, programs, environment="dev", image=None, engine=lambda: docker)


@pytest.mark.parametrize("plan", [plan_of_bootstrap, plan_of_deploy])
def test_the_dry_runs_shown_are_those_of_the_commands(
    plan: Callable[[Offline, RealPrograms], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command = plan.__name__.removeprefix("plan_of_")
    block = OPERATE.partition(f"$ make {command} DRY_RUN=1")[2].partition("```")[0]
    _, _, *shown = block.splitlines()  # the command line, and what goes to stderr
    has_bootstrap = plan is plan_of_deploy

    plan(Offline(print, has_bootstrap=has_bootstrap), CommittedPrograms(print, dry_run=True))

    printed = [without_place(line) for line in capsys.readouterr().out.splitlines()]
    for line in map(without_place, shown):
        pattern = ".*".join(map(re.escape, line.split("...")))
        assert any(re.fullmatch(pattern, each) for each in printed), line


def without_place(line: str) -> str:
    """A printed line without the project's folder and the time."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", line.replace(f"{ROOT}/", ""))


def test_the_readme_says_how_many_calls_a_key_has() -> None:
    template = (ROOT / "template.yaml").read_text()
    of_a_key = re.search(r"RequestsPerSecond:\n(?: .*\n)*? +Default: (\d+)", template)
    of_health = re.search(r"/~1health.*\n(?: .*\n)*? +ThrottlingRateLimit: (\d+)", template)

    assert of_a_key
    assert of_health
    assert f"A key has {of_a_key[1]} calls a second" in README
    assert f"`/health` has {of_health[1]}." in README
