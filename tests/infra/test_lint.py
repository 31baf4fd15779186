"""The linters find nothing, and where a template leaves a check out it says why."""

import json
import re
from pathlib import Path

import pytest

from tests.infra.infra import CHECKOV, NEEDS_SAM, ROOT, SAM, TEMPLATES, run

type Finding = tuple[str, str]
"""The file and the rule of a linter's finding."""

NEEDS_CHECKOV = pytest.mark.skipif(
    not CHECKOV.exists(), reason="no .venv-checkov: `make setup` makes it"
)

DEFECTS = {
    "E3002": ("bootstrap/template.yaml", "ScanOnPush: true", "ScanOnPushed: true"),
    "WS1004": ("template.yaml", "- WS1004 # its log group is FraudLogs", "#"),
    "CKV_AWS_53": ("bootstrap/template.yaml", "BlockPublicAcls: true", "BlockPublicAcls: false"),
}
"""By the rule that must find it; WS1004 is one of the serverless rules."""


@pytest.fixture(scope="session")
def linted(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both templates and a copy for each planted defect, so that a linter starts once."""
    folder = tmp_path_factory.mktemp("planted")
    for rule, (template, old, new) in DEFECTS.items():
        text = (ROOT / template).read_text()
        assert old in text
        (folder / f"{rule}.yaml").write_text(text.replace(old, new))
    return [*(ROOT / template for template in TEMPLATES), *sorted(folder.iterdir())]


@pytest.fixture(scope="session")
def cfn_lint(linted: list[Path]) -> list[Finding]:
    """File and rule of each finding of cfn-lint, which `sam validate --lint` runs too."""
    done = run(
        SAM / "cfn-lint", "-a", "cfn_lint_serverless.rules", "--format", "json", "-t", *linted
    )
    assert not done.stderr
    return [(finding["Filename"], finding["Rule"]["Id"]) for finding in json.loads(done.stdout)]


@pytest.fixture(scope="session")
def checkov(linted: list[Path]) -> list[Finding]:
    """File and rule of each finding of checkov."""
    options = ("--framework", "cloudformation", "--skip-download", "--quiet", "--compact")
    done = run(CHECKOV, *options, "--output", "json", "-f", *linted)
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0
    failed = report["results"]["failed_checks"]
    return [(check["file_abs_path"], check["check_id"]) for check in failed]


def rules(findings: list[Finding], file: Path) -> list[str]:
    return [rule for found_in, rule in findings if Path(found_in) == file]


@NEEDS_SAM
@pytest.mark.parametrize("template", TEMPLATES)
def test_cfn_lint_finds_nothing_with_the_serverless_rules(
    cfn_lint: list[Finding], template: str
) -> None:
    assert rules(cfn_lint, ROOT / template) == []


@NEEDS_SAM
@pytest.mark.parametrize("rule", ["E3002", "WS1004"])
def test_cfn_lint_sees_a_planted_defect(cfn_lint: list[Finding], rule: str) -> None:
    assert [found for file, found in cfn_lint if Path(file).stem == rule] == [rule]


@NEEDS_CHECKOV
@pytest.mark.parametrize("template", TEMPLATES)
def test_checkov_finds_nothing(checkov: list[Finding], template: str) -> None:
    assert rules(checkov, ROOT / template) == []


@NEEDS_CHECKOV
def test_checkov_sees_a_planted_defect(checkov: list[Finding]) -> None:
    assert [rule for file, rule in checkov if Path(file).stem == "CKV_AWS_53"] == ["CKV_AWS_53"]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_skipped_check_has_its_reason_beside_it(template: str) -> None:
    text = (ROOT / template).read_text()

    skips = re.findall(r"- id: (CKV_\w+)\n +comment: (.+)", text)
    assert len(skips) == text.count("- id: CKV_")
    assert all(len(comment) > 20 for _, comment in skips)


def unexplained_stars(text: str) -> list[str]:
    """Lines that open a policy to all resources without giving the reason."""
    lines = re.findall(r'^ +Resource: "\*".*$', text, re.MULTILINE)
    return [line for line in lines if not re.search(r" # .{15,}", line)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_policy_on_all_resources_has_its_reason_beside_it(template: str) -> None:
    text = (ROOT / template).read_text()

    assert not unexplained_stars(text)
    assert unexplained_stars(re.sub(r'(Resource: "\*") #.*', r"\1", text))
