"""A SAM template as CloudFormation sees it, transformed by SAM's own library in .venv-sam."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import yaml

from training.errors import CommandError, InputError
from training.local.processes import ROOT

TEMPLATE: Final = ROOT / "template.yaml"
BOOTSTRAP_TEMPLATE: Final = ROOT / "bootstrap" / "template.yaml"

type Deployment = tuple[str, Mapping[str, str]]
"""The text of a template, and the parameters that it is deployed with."""

SCRIPT: Final = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def transform(text, parameters):
    template = yaml_parse(text)
    source = json.loads(json.dumps(template, default=str))  # SAM changes the template in place
    defaults = {name: one.get("Default", "") for name, one in source["Parameters"].items()}
    for resource in template["Resources"].values():
        # `sam package` names the zip's place before CloudFormation sees the template.
        if isinstance(resource.get("Properties", {}).get("CodeUri"), str):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    try:
        result = Translator({}, Parser()).translate(template, {**defaults, **parameters})
    except InvalidDocumentException as error:
        return {"source": source, "refused": str(error)}
    return {"source": source, **result}

json.dump([transform(*deployment) for deployment in json.load(sys.stdin)], sys.stdout, default=str)
"""


class _WithoutFunctions(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Reads a template; `!Ref` and its like become None, for no parameter's declaration has one."""


_WithoutFunctions.add_multi_constructor("!", lambda *_: None)


def declared_by(text: str) -> dict[str, dict[str, Any]]:
    """The parameters that a template declares, by name. SAM is not started.

    Raises
    ------
    CommandError
        If the text is no template.
    """
    try:
        # `_WithoutFunctions` is a SafeLoader, which the rule does not see.
        declared: dict[str, dict[str, Any]] = yaml.load(text, _WithoutFunctions)["Parameters"]  # noqa: S506
    except (yaml.YAMLError, TypeError, KeyError) as error:
        raise CommandError(f"the template's parameters cannot be read: {error}") from error
    return declared


def transformed(text: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """One template, transformed; see `all_transformed`."""
    (result,) = all_transformed([(text, parameters)])
    return result


def all_transformed(deployments: Sequence[Deployment]) -> list[dict[str, Any]]:
    """Transform templates in one start of SAM, which takes half a second of a core.

    Returns
    -------
    list of dict
        The template that CloudFormation sees, in the order of `deployments`. Intrinsic functions
        stay as they are. `source` is the template as it is written.

    Raises
    ------
    InputError
        If SAM is not installed.
    CommandError
        If SAM refuses a template.
    """
    results = transformed_or_refused(deployments)
    for result in results:
        if "refused" in result:
            raise CommandError(f"SAM refuses the template: {result['refused']}")
    return results


def transformed_or_refused(deployments: Sequence[Deployment]) -> list[dict[str, Any]]:
    """Like `all_transformed`, but a template that SAM refuses has the reason as `refused`.

    Raises
    ------
    InputError
        If SAM is not installed.
    CommandError
        If a text is no template at all.
    """
    request = json.dumps([(text, dict(parameters)) for text, parameters in deployments])
    results: list[dict[str, Any]] = json.loads(_sam(request))
    return results


@cache
def _sam(request: str) -> str:
    """SAM's answer as JSON, which each caller decodes into a copy of its own."""
    python = ROOT / ".venv-sam" / "bin" / "python"
    if not python.exists():
        raise InputError("SAM is missing: `make setup` installs it into .venv-sam")
    done = subprocess.run(
        [python, "-c", SCRIPT],
        input=request,
        env={"AWS_DEFAULT_REGION": "us-east-1"},  # the translator asks botocore for one
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"SAM cannot read the template: {done.stderr.strip()[-1500:]}")
    return done.stdout
