"""A stack's parameters: from samconfig.toml, from the deploy itself, and the template's defaults.

`sam deploy --parameter-overrides` on the command line discards all values of samconfig.toml
(aws-sam-cli#2380), and a parameter without a value keeps its old one. So a deploy passes them all.
"""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from training.errors import InputError
from training.local.processes import ROOT

SAMCONFIG: Final = ROOT / "samconfig.toml"
HIDDEN: Final = "****"

type Declared = Mapping[str, Mapping[str, Any]]
"""A template's `Parameters`."""


BOOTSTRAP: Final = "bootstrap"
"""The table of the bootstrap stack, which only `make bootstrap` deploys."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A stack as samconfig.toml describes it: `dev`, `prod` or the bootstrap stack."""

    name: str
    stack_name: str
    overrides: dict[str, str]


def read_environment(name: str, path: Path = SAMCONFIG) -> Environment:
    """An environment of the application, as samconfig.toml describes it.

    Raises
    ------
    InputError
        If it has no environment of that name, or cannot be read.
    """
    if name == BOOTSTRAP:
        raise InputError("bootstrap is not an environment; `make bootstrap` deploys that stack")
    tables = _tables(path)
    known = [table for table in _deployable(tables) if table != BOOTSTRAP]
    if name not in known:
        raise InputError(f"{path.name} has no environment {name}; it has {', '.join(known)}")
    return _environment(name, tables[name])


def environments(path: Path = SAMCONFIG) -> list[str]:
    """The names of the application's environments, or none if the file cannot be read."""
    try:
        tables = _tables(path)
    except InputError:
        return []
    return [name for name in _deployable(tables) if name != BOOTSTRAP]


def read_bootstrap(path: Path = SAMCONFIG) -> Environment:
    """The bootstrap stack, as samconfig.toml describes it.

    Raises
    ------
    InputError
        If it has no such table, or cannot be read.
    """
    tables = _tables(path)
    if BOOTSTRAP not in _deployable(tables):
        raise InputError(f"{path.name} has no table [{BOOTSTRAP}.deploy.parameters]")
    return _environment(BOOTSTRAP, tables[BOOTSTRAP])


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path.name} cannot be read: {error}") from error


def _environment(name: str, commands: Mapping[str, Any]) -> Environment:
    table = {**_parameters(commands, "global"), **_parameters(commands, "deploy")}
    stack_name = table.get("stack_name", f"fraud-api-{name}")
    return Environment(name, stack_name, as_table(table.get("parameter_overrides", {})))


def _deployable(tables: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, commands in tables.items()
        if name != "default" and isinstance(commands, dict) and "deploy" in commands
    ]


def _parameters(commands: Mapping[str, Any], command: str) -> dict[str, Any]:
    parameters: dict[str, Any] = commands.get(command, {}).get("parameters", {})
    return parameters


def as_table(overrides: str | list[str] | Mapping[str, Any]) -> dict[str, str]:
    """`parameter_overrides` in any of SAM's notations, as values by name.

    Raises
    ------
    InputError
        If an entry is not `Name=Value`.

    Examples
    --------
    >>> as_table(["MemoryMb=1024", 'AlarmEmail=""'])
    {'MemoryMb': '1024', 'AlarmEmail': ''}
    """
    if isinstance(overrides, Mapping):
        return {name: str(value) for name, value in overrides.items()}
    text = overrides if isinstance(overrides, str) else " ".join(overrides)
    pairs = [token.partition("=") for token in shlex.split(text)]
    for name, equals, _ in pairs:
        if not equals or name == "ParameterKey":
            raise InputError(f"samconfig.toml: {name!r} in parameter_overrides is not Name=Value")
    return {name: value for name, _, value in pairs}


def effective(
    declared: Declared,
    overrides: Mapping[str, str],
    deploy_values: Mapping[str, str],
) -> dict[str, str]:
    """A value for every parameter that the template declares.

    Parameters
    ----------
    declared : mapping of str to mapping
        The template's `Parameters`.
    overrides : mapping of str to str
        The values of samconfig.toml.
    deploy_values : mapping of str to str
        Values of the deploy itself, which override the others.

    Raises
    ------
    InputError
        If the template has no parameter of a name, or a parameter has no value.
    """
    for name in overrides:
        if name not in declared:
            close = get_close_matches(name, declared, 1)
            meant = f"; did you mean {close[0]}?" if close else ""
            raise InputError(f"samconfig.toml: the template has no parameter {name}{meant}")
    values = {**_defaults(declared), **overrides}
    values |= {name: value for name, value in deploy_values.items() if name in declared}
    if missing := [name for name in declared if name not in values]:
        raise InputError(
            f"no value for {', '.join(missing)}; give one in samconfig.toml's parameter_overrides"
        )
    return {name: values[name] for name in declared}


def _defaults(declared: Declared) -> dict[str, str]:
    return {
        name: str(parameter["Default"])
        for name, parameter in declared.items()
        if "Default" in parameter
    }


def as_arguments(values: Mapping[str, str]) -> list[str]:
    r"""The values as arguments of `--parameter-overrides`.

    Examples
    --------
    >>> as_arguments({"AlarmEmail": "", "Note": 'a "b"'})
    ['AlarmEmail=""', 'Note="a \\"b\\""']
    """
    return [f'{name}="{value.replace('"', r"\"")}"' for name, value in values.items()]


def is_secret(parameter: Mapping[str, Any]) -> bool:
    """Whether a parameter is `NoEcho`, so that CloudFormation never shows its value."""
    return str(parameter.get("NoEcho", False)).lower() == "true"


def compared(declared: Declared, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """One line a parameter: its value, and its old value if that differs; secrets are hidden."""
    lines = []
    for name, value in new.items():
        secret = is_secret(declared[name])
        shown = HIDDEN if secret else value or '""'
        was = old.get(name)
        change = "" if secret or was in (None, value) else f"  (was {was or '""'})"
        lines.append(f"  {name} = {shown}{change}")
    return lines
