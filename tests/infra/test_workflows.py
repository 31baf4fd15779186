"""Properties of the workflows that linters miss; each check also finds a planted defect."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

type Workflows = Mapping[str, str]
"""The texts of workflows, by name."""

type Workflow = dict[str, Any]
type Job = dict[str, Any]
type Step = dict[str, Any]
type Check = Callable[[Workflows], None]

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: path.read_text() for path in sorted((GITHUB / "workflows").glob("*.yml"))}
BIN = Path(sys.executable).parent
ACTIONLINT, ZIZMOR = BIN / "actionlint", BIN / "zizmor"

needs_actionlint = pytest.mark.skipif(
    not ACTIONLINT.exists(), reason="no actionlint in .venv: `make setup` installs it"
)
needs_zizmor = pytest.mark.skipif(
    not ZIZMOR.exists(), reason="no zizmor in .venv: `make setup` installs it"
)


def load(text: str) -> Workflow:
    """A workflow as plain data; YAML 1.1 reads its key `on` as true."""
    workflow = yaml.safe_load(text)
    return {**workflow, "on": workflow[True]}


def loaded(workflows: Workflows) -> dict[str, Workflow]:
    return {name: load(text) for name, text in workflows.items()}


def jobs(workflows: Workflows) -> dict[tuple[str, str], Job]:
    return {
        (name, job): content
        for name, workflow in loaded(workflows).items()
        for job, content in workflow["jobs"].items()
    }


def steps(workflows: Workflows) -> list[tuple[Job, Step]]:
    return [
        (content, step) for content in jobs(workflows).values() for step in content.get("steps", [])
    ]


def actions(workflows: Workflows) -> list[str]:
    """The lines that use third-party actions."""
    lines = re.findall(r"^[ -]*uses: (.+)$", "\n".join(workflows.values()), re.MULTILINE)
    return [line for line in lines if not line.startswith("$/.github/workflows/")]


def every_action_is_pinned_by_commit_beside_its_version(workflows: Workflows) -> None:
    loose = [
        line
        for line in actions(workflows)
        if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ]

    assert actions(workflows)
    assert not loose


def each_action_has_one_version(workflows: Workflows) -> None:
    pins = set(actions(workflows))

    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


def permissions_are_the_least(workflows: Workflows) -> None:
    for workflow in loaded(workflows).values():
        assert workflow["permissions"] == {"contents": "read"}
    for job in jobs(workflows).values():
        allowed = {"contents": "read"}
        if "environment" in job or "environment" in job.get("with", {}):
            allowed["id-token"] = "write"
        assert job.get("permissions", {"contents": "read"}) == allowed


def no_key_is_stored(workflows: Workflows) -> None:
    for text in workflows.values():
        assert "secrets." not in text
        assert "secrets: inherit" not in text
        assert not re.search(r"aws[-_](access[-_]key|secret)", text, re.IGNORECASE)


def aws_is_asked_by_a_role_of_a_variable(workflows: Workflows) -> None:
    assumed = [
        step["with"]["role-to-assume"]
        for _, step in steps(workflows)
        if "configure-aws-credentials" in step.get("uses", "")
    ]

    assert set(assumed) == {
        "${{ inputs.role }}",
        "${{ vars.AWS_RETRAIN_ROLE }}",
        "${{ vars.AWS_WATCH_ROLE }}",
    }


def nothing_belongs_to_one_account(workflows: Workflows) -> None:
    for text in workflows.values():
        assert not re.search(r"\b\d{12}\b|arn:aws|amazonaws\.com|\b[a-z]{2}-[a-z]+-\d\b", text)


def every_job_ends(workflows: Workflows) -> None:
    for job in jobs(workflows).values():
        assert "uses" in job or 0 < job["timeout-minutes"] <= 180


def strangers_start_nothing_with_our_rights(workflows: Workflows) -> None:
    triggers = {"push", "pull_request", "schedule", "workflow_call", "workflow_dispatch"}
    for workflow in loaded(workflows).values():
        assert set(workflow["on"]) <= triggers


def no_script_holds_an_expression(workflows: Workflows) -> None:
    """GitHub pastes an expression into a script as code; a variable's value is no code."""
    for _, step in steps(workflows):
        assert "${{" not in step.get("run", "")


def the_checkout_leaves_no_token(workflows: Workflows) -> None:
    for _, step in steps(workflows):
        if "actions/checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def caches_stay_away_from_credentials(workflows: Workflows) -> None:
    for job, step in steps(workflows):
        if "setup-uv" in step.get("uses", ""):
            assert step["with"]["enable-cache"] is ("environment" not in job)


def everywhere_the_same_uv(workflows: Workflows) -> None:
    for _, step in steps(workflows):
        if "setup-uv" in step.get("uses", ""):
            assert step["with"]["version-file"] == "requirements/uv.txt"
            assert "version" not in step["with"]


def the_check_is_what_a_clean_checkout_says(workflows: Workflows) -> None:
    check = load(workflows["check"])
    setup = next(
        step for step in check["jobs"]["check"]["steps"] if "setup-uv" in step.get("uses", "")
    )

    assert check["jobs"]["check"]["steps"][-1]["run"] == ".ci/run"
    assert check["on"].keys() == {"push", "pull_request", "workflow_call"}
    assert check["concurrency"]["cancel-in-progress"] is True
    assert setup["with"]["cache-dependency-glob"].split() == [
        ".python-version",
        "requirements.txt",
        "requirements/*.txt",
    ]


def only_main_is_deployed_and_only_after_the_check(workflows: Workflows) -> None:
    deploy = load(workflows["deploy"])

    assert deploy["on"] == {"push": {"branches": ["main"]}}
    assert deploy["jobs"]["check"]["uses"] == "$/.github/workflows/check.yml"
    assert deploy["jobs"]["dev"]["needs"] == "check"


def prod_runs_what_dev_ran_once_approved(workflows: Workflows) -> None:
    deploy = load(workflows["deploy"])["jobs"]
    target = load(workflows["deploy-to"])["jobs"]["deploy"]

    assert deploy["dev"]["if"] == "vars.AWS_DEPLOY_ROLE_DEV != ''"
    assert deploy["dev"]["with"] == {
        "environment": "dev",
        "role": "${{ vars.AWS_DEPLOY_ROLE_DEV }}",
    }
    assert deploy["prod"]["needs"] == "dev"
    assert deploy["prod"]["if"] == (
        "vars.DEPLOY_TO_PROD == 'true' && vars.AWS_DEPLOY_ROLE_PROD != ''"
    )
    assert deploy["prod"]["with"] == {
        "environment": "prod",
        "role": "${{ vars.AWS_DEPLOY_ROLE_PROD }}",
        "digest": "${{ needs.dev.outputs.digest }}",
    }
    assert target["environment"] == "${{ inputs.environment }}"


def a_deployment_is_examined_by_the_projects_own_commands(workflows: Workflows) -> None:
    runs = [step.get("run", "") for step in load(workflows["deploy-to"])["jobs"]["deploy"]["steps"]]
    ours = re.findall(r"make \w+ .+", "\n".join(runs))

    assert ours == [
        'make deploy ENV="$TARGET" IMAGE="$image"',
        'make doctor ENV="$TARGET"',
        'make smoke ENV="$TARGET"',
    ]


def credentials_come_after_the_setup(workflows: Workflows) -> None:
    for job in jobs(workflows).values():
        if "environment" in job:
            done = [step.get("run", step.get("uses")) for step in job["steps"]]
            setups = [number for number, step in enumerate(done) if step.startswith(".ci/setup")]
            assert setups
            assert not [step for step in done[: setups[0]] if "configure-aws-credentials" in step]


def nothing_is_left_half_done(workflows: Workflows) -> None:
    deploy, retrain = (load(workflows[name]) for name in ("deploy", "retrain"))

    assert deploy["concurrency"]["cancel-in-progress"] is False
    assert deploy["jobs"]["dev"]["concurrency"]["cancel-in-progress"] is False
    assert retrain["concurrency"]["cancel-in-progress"] is False


def a_run_that_nobody_approves_holds_no_other(workflows: Workflows) -> None:
    """A job that waits for approval holds its concurrency group, for up to 30 days."""
    assert load(workflows["deploy"])["concurrency"]["group"] == "deploy-${{ github.sha }}"
    assert "concurrency" not in load(workflows["deploy"])["jobs"]["prod"]
    assert "concurrency" not in load(workflows["deploy-to"])
    assert "concurrency" not in load(workflows["deploy-to"])["jobs"]["deploy"]


def a_candidate_is_compared_on_data_that_it_was_not_trained_on(workflows: Workflows) -> None:
    retrain = load(workflows["retrain"])

    assert retrain["on"]["schedule"]
    inputs = retrain["on"]["workflow_dispatch"]["inputs"]
    assert inputs.keys() == {"data", "margin", "dry_run"}
    assert inputs["dry_run"]["default"] is False
    assert retrain["jobs"]["retrain"]["environment"] == "retrain"
    assert "--no-refit" in step_of(workflows, "retrain", "retrain", "Train a candidate")["run"]
    compare = step_of(workflows, "retrain", "retrain", "Compare, and promote if better")["run"]
    assert '--margin "$MARGIN"' in compare
    assert "options+=(--dry-run)" in compare


def the_watch_comes_each_week_and_keeps_its_page(workflows: Workflows) -> None:
    watch = load(workflows["watch"])

    assert watch["on"]["schedule"]
    assert watch["jobs"]["watch"]["environment"] == "watch"
    assert "|| status=$?" in step_of(workflows, "watch", "watch", "Watch")["run"]
    kept = step_of(workflows, "watch", "watch", "Keep the page")
    assert kept["if"] == "${{ !cancelled() }}"
    assert kept["with"]["path"] == "build/watch.html"


def step_of(workflows: Workflows, workflow: str, job: str, name: str) -> Step:
    found = load(workflows[workflow])["jobs"][job]["steps"]
    step: Step
    (step,) = [each for each in found if each.get("name") == name]
    return step


CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"

DEFECTS: list[tuple[Check, str, str, str]] = [
    (every_action_is_pinned_by_commit_beside_its_version, "check", CHECKOUT, "actions/checkout@v6"),
    (every_action_is_pinned_by_commit_beside_its_version, "check", " # v7.0.1", ""),
    (each_action_has_one_version, "check", "@3d3c42e5", "@00000000"),
    (permissions_are_the_least, "check", "contents: read", "contents: write"),
    (permissions_are_the_least, "retrain", "  contents: read\n\n", "  packages: read\n\n"),
    (permissions_are_the_least, "deploy", "      id-token: write", "      actions: write"),
    (no_key_is_stored, "retrain", "vars.AWS_RETRAIN_ROLE", "secrets.AWS_RETRAIN_ROLE"),
    (no_key_is_stored, "deploy-to", "role-to-assume:", "aws-access-key-id:"),
    (
        aws_is_asked_by_a_role_of_a_variable,
        "retrain",
        "role-to-assume: ${{ vars.AWS_RETRAIN_ROLE }}",
        "role-to-assume: some-role",
    ),
    (the_watch_comes_each_week_and_keeps_its_page, "watch", "${{ !cancelled() }}", "success()"),
    (the_watch_comes_each_week_and_keeps_its_page, "watch", "  schedule:\n", "  push:\n"),
    (nothing_belongs_to_one_account, "retrain", "${{ vars.AWS_REGION }}", "eu-central-1"),
    (every_job_ends, "check", "    timeout-minutes: 45\n", ""),
    (strangers_start_nothing_with_our_rights, "check", "pull_request:", "pull_request_target:"),
    (no_script_holds_an_expression, "retrain", '--data "$FILE"', '--data "${{ inputs.data }}"'),
    (the_checkout_leaves_no_token, "check", "persist-credentials: false", "fetch-depth: 1"),
    (caches_stay_away_from_credentials, "retrain", "enable-cache: false", "enable-cache: true"),
    (everywhere_the_same_uv, "check", "version-file: requirements/uv.txt", "version: latest"),
    (the_check_is_what_a_clean_checkout_says, "check", ".ci/run\n", ".ci/check\n"),
    (the_check_is_what_a_clean_checkout_says, "check", "            requirements.txt\n", ""),
    (only_main_is_deployed_and_only_after_the_check, "deploy", "[main]", "[main, test]"),
    (only_main_is_deployed_and_only_after_the_check, "deploy", "    needs: check\n", ""),
    (prod_runs_what_dev_ran_once_approved, "deploy", "environment: prod\n", "environment: dev\n"),
    (prod_runs_what_dev_ran_once_approved, "deploy", "needs: dev\n", "needs: check\n"),
    (prod_runs_what_dev_ran_once_approved, "deploy", "vars.DEPLOY_TO_PROD == 'true'", "always()"),
    (prod_runs_what_dev_ran_once_approved, "deploy", "${{ needs.dev.outputs.digest }}", ""),
    (
        prod_runs_what_dev_ran_once_approved,
        "deploy-to",
        "environment: ${{ inputs.environment }}",
        "environment: dev",
    ),
    (
        a_deployment_is_examined_by_the_projects_own_commands,
        "deploy-to",
        "make doctor",
        "make help",
    ),
    (credentials_come_after_the_setup, "retrain", "run: .ci/setup", "run: make help"),
    (
        nothing_is_left_half_done,
        "retrain",
        "cancel-in-progress: false",
        "cancel-in-progress: true",
    ),
    (
        nothing_is_left_half_done,
        "deploy",
        "      cancel-in-progress: false",
        "      cancel-in-progress: true",
    ),
    (
        a_run_that_nobody_approves_holds_no_other,
        "deploy",
        "    needs: dev\n",
        "    needs: dev\n    concurrency: deploy-to-prod\n",
    ),
    (a_run_that_nobody_approves_holds_no_other, "deploy", "deploy-${{ github.sha }}", "deploy"),
    (
        a_run_that_nobody_approves_holds_no_other,
        "deploy-to",
        "    timeout-minutes: 60",
        "    concurrency: deploy\n    timeout-minutes: 60",
    ),
    (a_candidate_is_compared_on_data_that_it_was_not_trained_on, "retrain", " --no-refit", ""),
    (
        a_candidate_is_compared_on_data_that_it_was_not_trained_on,
        "retrain",
        "default: false",
        "default: true",
    ),
    (
        a_candidate_is_compared_on_data_that_it_was_not_trained_on,
        "retrain",
        "options+=(--dry-run)",
        "true",
    ),
]


def planted(workflow: str, old: str, new: str) -> Workflows:
    assert old in WORKFLOWS[workflow]
    return {**WORKFLOWS, workflow: WORKFLOWS[workflow].replace(old, new)}


@pytest.mark.parametrize(
    "check", dict.fromkeys(check for check, *_ in DEFECTS), ids=lambda check: check.__name__
)
def test_the_workflows_hold_that(check: Check) -> None:
    check(WORKFLOWS)


@pytest.mark.parametrize(("check", "workflow", "old", "new"), DEFECTS)
def test_a_planted_defect_is_found(check: Check, workflow: str, old: str, new: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        check(planted(workflow, old, new))


def lint(*command: str | Path, workflows: Workflows, tree: Path) -> tuple[int, str]:
    """A linter's exit code and output on a tree with these workflows."""
    shutil.copytree(GITHUB, tree / ".github")
    (tree / ".git").mkdir()  # where actionlint takes the root to be
    for name, text in workflows.items():
        (tree / ".github" / "workflows" / f"{name}.yml").write_text(text)
    done = subprocess.run(command, cwd=tree, check=False, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


STRICTEST = ("--persona", "auditor", "--strict-collection")
AUDIT = (ZIZMOR, "--offline", "--no-config", *STRICTEST, ".github")


@needs_actionlint
def test_actionlint_finds_nothing(tmp_path: Path) -> None:
    assert lint(ACTIONLINT, workflows=WORKFLOWS, tree=tmp_path) == (0, "")


@needs_actionlint
def test_actionlint_finds_a_misspelt_input_of_our_own_workflow(tmp_path: Path) -> None:
    workflows = planted("deploy", "      environment: dev", "      enviroment: dev")

    code, said = lint(ACTIONLINT, workflows=workflows, tree=tmp_path)

    assert code == 1
    assert 'input "enviroment" is not defined' in said


@needs_zizmor
def test_zizmor_finds_nothing_as_its_strictest_persona(tmp_path: Path) -> None:
    code, said = lint(*AUDIT, workflows=WORKFLOWS, tree=tmp_path)

    assert code == 0, said
    assert said.count("completed .github/") == len(WORKFLOWS) + 1


@needs_zizmor
def test_zizmor_finds_an_input_pasted_into_a_script(tmp_path: Path) -> None:
    workflows = planted("retrain", '--data "$FILE"', '--data "${{ inputs.data }}"')

    code, said = lint(*AUDIT, workflows=workflows, tree=tmp_path)

    assert code != 0
    assert "template-injection" in said


def updates() -> dict[str, Any]:
    configuration = yaml.safe_load((GITHUB / "dependabot.yml").read_text())
    return {each["package-ecosystem"]: each for each in configuration["updates"]}


def test_dependabot_checks_weekly_and_waits_a_week_for_releases() -> None:
    assert updates().keys() == {"github-actions", "pip"}
    for each in updates().values():
        assert each["schedule"] == {"interval": "weekly"}
        assert each["cooldown"]["default-days"] >= 7
        assert each["groups"]
