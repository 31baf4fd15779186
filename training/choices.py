"""Options of `train` checked before any work begins, with a suggestion for a near miss."""

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fraud_api_lambda.features import FEATURE_SETS
from training.arms import Settings
from training.contest import AUTO
from training.errors import InputError
from training.leaky import LEAKY
from training.policy_file import read_policy
from training.resampling import RESAMPLING
from training.threshold import Goal
from training.train import Windows


def checked(
    *,
    features: str,
    resampling: str,
    smote_ratio: float | None,
    goal: str,
    policy: Path | None,
    seed: int,
    **windows: Any,
) -> tuple[str, Settings, Windows]:
    """The feature set, settings and windows that the options name.

    Raises
    ------
    InputError
        If one of them cannot be used.
    """
    _known("--features", features, (*FEATURE_SETS, LEAKY))
    _known("--resampling", resampling, (*RESAMPLING, AUTO))
    if smote_ratio is not None and not 0 < smote_ratio <= 1:
        raise InputError(f"--smote-ratio {smote_ratio}: write a number above 0 up to 1")
    settings = Settings(
        resampling=resampling,
        goal=Goal.parse(goal),
        seed=seed,
        policy={} if policy is None else read_policy(policy),
    )
    if smote_ratio is not None:
        settings = replace(settings, smote_ratio=smote_ratio)
    return features, settings, Windows(**windows)


def _known(option: str, given: str, choices: tuple[str, ...]) -> None:
    if given not in choices:
        near = get_close_matches(given, choices, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(choices)}"
        raise InputError(f"{option} {given}: not known; {hint}")
