"""Resolve a template's conditions and intrinsic functions for given parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from training.errors import CommandError

NO_VALUE: Final = {"Ref": "AWS::NoValue"}
"""A property with this value is left out."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """A template deployed with parameters."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str]

    def resources(self) -> list[dict[str, Any]]:
        """The resources whose condition holds. Functions that only AWS can resolve stay."""
        return [
            {"Name": name, **self.value(resource)}
            for name, resource in self.template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        ]

    def holds(self, name: str) -> bool:
        """Whether a condition of the template is true."""
        return bool(self._test(self.template["Conditions"][name]))

    def value(self, given: Any) -> Any:
        """A value with its parameters, conditions and mappings resolved."""
        if isinstance(given, list):
            return [item for item in map(self.value, given) if item != NO_VALUE]
        if not isinstance(given, dict):
            return given
        if len(given) == 1:
            ((name, argument),) = given.items()
            return self._called(name, argument)
        filled = {name: self.value(item) for name, item in given.items()}
        return {name: item for name, item in filled.items() if item != NO_VALUE}

    def _called(self, name: str, argument: Any) -> Any:
        """A function's value, or a mapping with one key."""
        match name:
            case "Ref":
                return self.parameters.get(argument, {name: argument})
            case "Fn::If":
                condition, yes, no = argument
                return self.value(yes if self.holds(condition) else no)
            case "Fn::Sub" if isinstance(argument, str):
                return re.sub(r"\$\{(\w+)\}", self._named, argument)
            case "Fn::FindInMap":
                table, first, second = (self.value(item) for item in argument)
                return self.template["Mappings"][table][first][second]
        resolved = self.value(argument)
        return {} if resolved == NO_VALUE else {name: resolved}

    def _named(self, match: re.Match[str]) -> str:
        return self.parameters.get(match[1], match[0])

    def _test(self, condition: Any) -> bool:
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self.holds(argument)
        if name == "Fn::Not":
            return not self._test(argument[0])
        if name == "Fn::And":
            return all(self._test(item) for item in argument)
        if name == "Fn::Or":
            return any(self._test(item) for item in argument)
        if name == "Fn::Equals":
            first, second = (str(self.value(item)) for item in argument)
            return first == second
        raise CommandError(f"the template has a condition {name}, which this cannot resolve")
