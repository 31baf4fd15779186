"""A SAM template as CloudFormation sees it, by SAM's own library in its own environment."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from training.errors import InputError, TrainingError
from training.local.processes import ROOT

TEMPLATE: Final = ROOT / "template.yaml"
BOOTSTRAP_TEMPLATE: Final = ROOT / "bootstrap" / "template.yaml"

SCRIPT: Final = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def transform(text, given):
    source, template = yaml_parse(text), yaml_parse(text)  # SAM writes into what it is given
    defaults = {name: each.get("Default", "") for name, each in source["Parameters"].items()}
    for resource in template["Resources"].values():
        # `sam package` names the zip's place before CloudFormation sees the template.
        if isinstance(resource.get("Properties", {}).get("CodeUri"), str):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    try:
        made = Translator({}, Parser()).translate(template, {**defaults, **given})
    except InvalidDocumentException as error:
        return {"source": source, "refused": str(error)}
    return {"source": source, **made}

asked = json.load(sys.stdin)
json.dump([transform(text, asked["given"]) for text in asked["texts"]], sys.stdout, default=str)
"""


def declared_by(text: str) -> dict[str, Any]:
    """The parameters that the text of a template declares.

    Raises
    ------
    TrainingError
        If SAM cannot read it.
    """
    found: dict[str, Any] = transformed(text, {})["source"]["Parameters"]
    return found


def transformed(text: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The text of a template, transformed; intrinsic functions stay, and `source` is as written.

    Raises
    ------
    TrainingError
        If SAM cannot.
    """
    (found,) = all_transformed([text], parameters)
    if "refused" in found:
        raise TrainingError(f"SAM cannot read the template: {found['refused']}")
    return found


def all_transformed(texts: Sequence[str], parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    """Templates, transformed by one start of SAM, which takes a second; or why one is `refused`.

    Raises
    ------
    InputError
        If SAM is not installed.
    TrainingError
        If one is no template at all.
    """
    found: list[dict[str, Any]] = json.loads(_run(tuple(texts), tuple(parameters.items())))
    return found


@cache
def _run(texts: tuple[str, ...], parameters: tuple[tuple[str, str], ...]) -> str:
    """SAM's answer as JSON, which each caller decodes for itself; it is asked once."""
    python = ROOT / ".venv-sam" / "bin" / "python"
    if not python.exists():
        raise InputError("SAM is missing: `make setup` installs it into .venv-sam")
    done = subprocess.run(
        [python, "-c", SCRIPT],
        input=json.dumps({"texts": texts, "given": dict(parameters)}),
        env={"AWS_DEFAULT_REGION": "us-east-1"},  # the translator asks botocore for one
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise TrainingError(f"SAM cannot read the template: {done.stderr.strip()[-1500:]}")
    return done.stdout
