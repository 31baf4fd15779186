"""Templates as CloudFormation sees them, and the tools that look at them."""

import json
import os
import subprocess
from pathlib import Path

import pytest

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

TRANSFORM = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def transform(text, given):
    source, template = yaml_parse(text), yaml_parse(text)
    defaults = {name: each.get("Default", "") for name, each in source["Parameters"].items()}
    if "Transform" not in template:
        return {"source": source, **template}
    for each in template["Resources"].values():
        if "CodeUri" in each.get("Properties", {}):
            each["Properties"]["CodeUri"] = "s3://stands/for-the-upload"
    try:
        made = Translator({}, Parser()).translate(template, {**defaults, **given})
    except InvalidDocumentException as error:  # as a defect may deserve
        return {"source": source, "refused": str(error)}
    return {"source": source, **made}

asked = json.load(sys.stdin)
json.dump([transform(text, asked["given"]) for text in asked["texts"]], sys.stdout)
"""


def run(*command, **options):
    """What a tool says of the templates."""
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(
        [str(part) for part in command],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        **options,
    )


def transformed_by_sam(texts, **given):
    """Templates, transformed with these parameters; each also has its own text as `source`."""
    asked = json.dumps({"texts": texts, "given": given})
    done = run(SAM / "python", "-c", TRANSFORM, input=asked)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def planted(defects):
    """Every check with each text to replace and what, in its place, the check must find."""
    return [(check, old, new) for check, found in defects.items() for old, new in found]


def transformed_copies(text, defects, **given):
    """A template and its defective copies as CloudFormation sees them, by their text."""
    texts = [text, *(text.replace(old, new) for _, old, new in planted(defects))]
    return dict(zip(texts, transformed_by_sam(texts, **given), strict=True))


def resources(template, kind):
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(role):
    """The statements of a role's own policies."""
    policies = role["Properties"].get("Policies", [])
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]


def bare(statement):
    """A statement without the condition that it may stand in."""
    return statement["Fn::If"][1] if "Fn::If" in statement else statement
