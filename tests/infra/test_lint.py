"""What the linters find: nothing, and where they are told to look away the template says why."""

import re

import pytest

from tests.infra.infra import CHECKOV, NEEDS_SAM, ROOT, SAM, TEMPLATES, run


@NEEDS_SAM
@pytest.mark.parametrize("template", TEMPLATES)
def test_sam_finds_nothing_to_object_to(template):
    done = run(SAM / "sam", "validate", "--lint", "--template", template)

    assert done.returncode == 0, done.stdout + done.stderr


@NEEDS_SAM
def test_cfn_lint_finds_nothing_with_the_serverless_rules():
    done = run(SAM / "cfn-lint", "-a", "cfn_lint_serverless.rules", "-t", *TEMPLATES)

    assert done.returncode == 0, done.stdout + done.stderr


@NEEDS_SAM
def test_cfn_lint_sees_a_defect_that_only_the_serverless_rules_know(tmp_path):
    text = (ROOT / "template.yaml").read_text()
    defective = tmp_path / "template.yaml"
    defective.write_text(text.replace("- WS1004 # its log group is FraudLogs", "#"))

    done = run(SAM / "cfn-lint", "-a", "cfn_lint_serverless.rules", "-t", defective)
    assert done.returncode != 0
    assert "WS1004" in done.stdout


@NEEDS_SAM
def test_sam_sees_a_planted_defect(tmp_path):
    text = (ROOT / "bootstrap/template.yaml").read_text()
    defective = tmp_path / "template.yaml"
    defective.write_text(text.replace("ScanOnPush: true", "ScanOnPushed: true"))

    assert run(SAM / "sam", "validate", "--lint", "--template", defective).returncode != 0


needs_checkov = pytest.mark.skipif(
    not CHECKOV.exists(), reason="no .venv-checkov: `make setup` makes it"
)


def checkov(*templates):
    options = ("--framework", "cloudformation", "--skip-download", "--quiet", "--compact")
    return run(CHECKOV, *options, "-f", *templates)


@needs_checkov
def test_checkov_finds_nothing():
    done = checkov(*TEMPLATES)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Failed checks: 0" in done.stdout


@needs_checkov
def test_checkov_sees_a_planted_defect(tmp_path):
    text = (ROOT / "bootstrap/template.yaml").read_text()
    defective = tmp_path / "template.yaml"
    defective.write_text(text.replace("BlockPublicAcls: true", "BlockPublicAcls: false"))

    assert checkov(str(defective)).returncode == 1


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_check_that_is_left_out_has_its_reason_beside_it(template):
    text = (ROOT / template).read_text()

    skips = re.findall(r"- id: (CKV_\w+)\n +comment: (.+)", text)
    assert len(skips) == text.count("- id: CKV_")
    assert all(len(comment) > 20 for _, comment in skips)


def unexplained_stars(text):
    """Lines that open a policy to all resources and do not say why AWS has no other form."""
    lines = re.findall(r'^ +Resource: "\*".*$', text, re.MULTILINE)
    return [line for line in lines if not re.search(r" # .{15,}", line)]


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_policy_on_all_resources_has_its_reason_beside_it(template):
    text = (ROOT / template).read_text()

    assert not unexplained_stars(text)
    assert unexplained_stars(re.sub(r'(Resource: "\*") #.*', r"\1", text))
