"""Findings: what a reader must know before trusting the figures of a training run."""

from typing import Literal, TypedDict

type Code = Literal[
    "leak",
    "too-good",
    "adds-nothing",
    "emptied-accounts",
    "night",
    "split-by-hours",
    "not-calibrated",
    "better-resampling",
    "history-worse",
    "not-compared",
    "calibration-lost",
    "stops-nothing",
    "approves-nothing",
]
"""Programs compare codes; the words of a finding are for people and may change."""


class Finding(TypedDict):
    """A finding, as ``metrics.json`` holds it.

    Attributes
    ----------
    code : str
    title : str
        Names the finding in a few words.
    text : str
        Figures, and the next step; continues the title after a colon.
    severity : {"warning", "note"}
        A note limits what the figures say; a warning puts them in doubt.
    """

    code: Code
    title: str
    text: str
    severity: Literal["warning", "note"]


def warning(code: Code, title: str, text: str) -> Finding:
    """Make a finding that puts the figures, or the model, in doubt."""
    return Finding(code=code, title=title, text=text, severity="warning")


def note(code: Code, title: str, text: str) -> Finding:
    """Make a finding that limits what the figures say."""
    return Finding(code=code, title=title, text=text, severity="note")


def sentence(finding: Finding) -> str:
    """Return a finding as a sentence, for people."""
    return f"{finding['title']}: {finding['text']}"
