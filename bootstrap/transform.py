"""A SAM template as CloudFormation sees it, by SAM's own library in its own environment."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from training.errors import InputError, TrainingError
from training.processes import ROOT

TEMPLATE: Final = ROOT / "template.yaml"
BOOTSTRAP_TEMPLATE: Final = ROOT / "bootstrap" / "template.yaml"

SCRIPT: Final = """
import json, os, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

asked = json.load(sys.stdin)
source = yaml_parse(asked["text"])
found = {"declared": source.get("Parameters", {})}
if asked["parameters"] is not None:
    template = yaml_parse(asked["text"])
    for resource in template["Resources"].values():
        # `sam package` names the zip's place before CloudFormation sees the template.
        if isinstance(resource.get("Properties", {}).get("CodeUri"), str):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    found["transformed"] = Translator({}, Parser()).translate(template, asked["parameters"])
json.dump(found, sys.stdout, default=str)
"""


def declared_by(text: str) -> dict[str, Any]:
    """The parameters that the text of a template declares.

    Raises
    ------
    TrainingError
        If SAM cannot read it.
    """
    found: dict[str, Any] = json.loads(_asked(text, None))["declared"]
    return found


def transformed(text: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The text of a template, transformed; intrinsic functions stay.

    Raises
    ------
    TrainingError
        If SAM cannot.
    """
    found: dict[str, Any] = json.loads(_asked(text, tuple(parameters.items())))["transformed"]
    return found


@cache  # SAM takes a second to start
def _asked(text: str, parameters: tuple[tuple[str, str], ...] | None) -> str:
    python = ROOT / ".venv-sam" / "bin" / "python"
    if not python.exists():
        raise InputError("SAM is missing: `make setup` installs it into .venv-sam")
    given = None if parameters is None else dict(parameters)
    done = subprocess.run(
        [python, "-c", SCRIPT],
        input=json.dumps({"text": text, "parameters": given}),
        env={"AWS_DEFAULT_REGION": "us-east-1"},  # the translator asks botocore for one
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TrainingError(f"SAM cannot read the template: {done.stderr.strip()[-1500:]}")
    return done.stdout
