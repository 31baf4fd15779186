"""IAM's decision on one request, for the policy elements that this project uses.

References
----------
AWS IAM User Guide: "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from tests.infra.infra import as_list

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT}


@dataclass(frozen=True)
class Call:
    """An action on a resource; condition keys are compared without case."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)

    def value(self, key: str) -> str | None:
        found = {name.lower(): value for name, value in self.context.items()}
        return found.get(key.lower())


def rendered(value: Any, names: Mapping[str, str]) -> Any:
    """A template's value with its references filled in; an unknown one is an error."""
    known = {**PSEUDO, **names}
    if isinstance(value, list):
        return [rendered(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    for function in ("Ref", "Fn::GetAtt", "Fn::ImportValue"):
        if function in value:
            return known[".".join(as_list(value[function]))]
    if "Fn::Sub" in value:
        text, more = (*as_list(value["Fn::Sub"]), {})[:2]
        local = known | {name: rendered(each, names) for name, each in more.items()}
        filled = re.sub(r"\$\{([A-Za-z:.]+)\}", lambda match: local[match[1]], text)
        return filled.replace("${!", "${")
    return {key: rendered(each, names) for key, each in value.items()}


def is_allowed(statements: list[dict[str, Any]], call: Call) -> bool:
    """Whether a statement allows the call and none denies it."""
    effects = {each["Effect"] for each in statements if _applies(each, call)}
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], call: Call) -> bool:
    return (
        any(_like(each.lower(), call.action.lower()) for each in as_list(statement["Action"]))
        and any(
            _like(_with_variables(each, call), call.resource)
            for each in as_list(statement.get("Resource", call.resource))
        )
        and all(
            _holds(operator, call.value(key), as_list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _with_variables(pattern: str, call: Call) -> str:
    """A policy variable's value is literal; without a value it matches nothing."""

    def literal(match: re.Match[str]) -> str:
        found = call.value(match[1])
        return "\0" if found is None else re.sub(r"([*?\[])", r"[\1]", found)

    return re.sub(r"\$\{([^}]+)\}", literal, pattern)


def _holds(operator: str, given: str | None, wanted: list[str]) -> bool:
    if operator == "ArnNotLike":
        return not _holds("ArnLike", given, wanted)  # true without the key too
    if operator == "Null":
        return str(given is None).lower() in wanted
    if given is None:
        return False
    match operator:
        case "StringEquals":
            return given in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(_like(each, given) for each in wanted)
        case "Bool":
            return given.lower() in [each.lower() for each in wanted]
    raise NotImplementedError(operator)


def _like(pattern: str, text: str) -> bool:
    """IAM's wildcards are `*` and `?` alone; case counts."""
    escaped = re.sub(r"\[(?![*?\[]\])", "[[]", pattern)
    return fnmatchcase(text, escaped)
