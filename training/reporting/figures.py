"""The types of the verdict on a model, as ``metrics.json`` holds it."""

from typing import Literal, TypedDict

type Light = Literal["green", "amber", "red"]


class CheckResult(TypedDict):
    """What a check found.

    Attributes
    ----------
    light : Light
        Red is a no-go.
    text : str
        A sentence, or two.
    reason : str
        The same as a clause after "because"; empty for green.
    """

    light: Light
    text: str
    reason: str


class Check(CheckResult):
    """A check of page one with its result."""

    name: str


class Verdict(TypedDict):
    """Whether to serve the model, and the checks that decide."""

    is_go: bool
    sentence: str
    checks: list[Check]
