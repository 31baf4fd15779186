"""Transformed templates, and the tools that check them."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bootstrap.transform import transformed_or_refused

type Resource = dict[str, Any]
type Resources = dict[str, Resource]
type Statement = dict[str, Any]
type Template = dict[str, Any]
"""A transformed template, with what `transform` adds to it."""

type Check = Callable[[Template], None]
type Defects = Mapping[Check, Sequence[tuple[str, str]]]
"""By the check that must find them: the text to replace in a template, and the replacement."""

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".venv-sam" / "bin"
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
TEMPLATES = ("template.yaml", "bootstrap/template.yaml")
TEMPLATE = (ROOT / "template.yaml").read_text()
REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud-api"
IMAGE = f"{REPOSITORY}@sha256:{'0' * 64}"

NEEDS_SAM = pytest.mark.skipif(
    not (SAM / "sam").exists(), reason="no .venv-sam: `make setup` makes it"
)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool on the templates."""
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def planted(defects: Defects) -> list[tuple[Check, str, str]]:
    """Each planted defect: its check, the text to replace, and the replacement."""
    return [(check, old, new) for check, found in defects.items() for old, new in found]


def checked(
    text: str, defects: Defects, **given: str
) -> tuple[object, Callable[..., None], Callable[..., None]]:
    """The tests of a template: each check holds, and each finds the defects planted in a copy.

    A module takes all three: the fixture, which transforms template and copies at once, and the two
    tests that use it.
    """

    @pytest.fixture(scope="module")
    def transformed() -> dict[str, Template]:
        texts = [text, *(text.replace(old, new) for _, old, new in planted(defects))]
        results = transformed_or_refused([(text, given) for text in texts])
        return dict(zip(texts, results, strict=True))

    @NEEDS_SAM
    @pytest.mark.parametrize("check", defects, ids=lambda check: check.__name__)
    def test_the_template_holds_that(transformed: dict[str, Template], check: Check) -> None:
        check(transformed[text])

    @NEEDS_SAM
    @pytest.mark.parametrize(("check", "old", "new"), planted(defects))
    def test_a_planted_defect_is_found(
        transformed: dict[str, Template], check: Check, old: str, new: str
    ) -> None:
        assert old in text

        with pytest.raises((AssertionError, KeyError, ValueError, AttributeError)):
            check(transformed[text.replace(old, new)])

    return transformed, test_the_template_holds_that, test_a_planted_defect_is_found


def resources(template: Template, kind: str) -> list[Resource]:
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: Resource) -> list[Statement]:
    """The statements of a role's own policies."""
    policies = role["Properties"].get("Policies", [])
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]


def bare(statement: Statement) -> Statement:
    """A statement without the condition that it may stand in."""
    return statement["Fn::If"][1] if "Fn::If" in statement else statement
