"""Which arms are fitted in a training run, and which one is published."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from fraud_api_lambda.features import FEATURE_SETS
from training.arm_names import AUTO, LEAKY, RESAMPLING
from training.data.leaky_baseline import has_leaky_columns
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.engine import LOCAL, Engine
from training.fitting.fitted_model import Arm, fit_arm
from training.fitting.resampling import DEFAULT
from training.fitting.resampling_comparison import best_resampling, comparisons_in
from training.fitting.settings import Settings


@dataclass(frozen=True, slots=True)
class Contest:
    """Every arm that was fitted.

    Attributes
    ----------
    chosen : Arm
        The one to publish.
    by_feature_set, by_resampling : dict of str to Arm
        The chosen one first in the former. All of the former are resampled as it is, all of the
        latter have its features.
    comparisons : list of dict
        Of each resampling arm with SMOTE's, on the threshold window; the test decides nothing.
    """

    chosen: Arm
    by_feature_set: dict[str, Arm]
    by_resampling: dict[str, Arm]
    comparisons: list[dict[str, Any]]


def hold_contest(
    rows: SplitRows,
    feature_set: str,
    settings: Settings,
    *,
    compare: bool,
    engine: Engine = LOCAL,
    progress: Callable[[str], None],
) -> Contest:
    """Fit the arms: each resampling with the asked features, then each feature set.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold of the asked arm reaches the goal.
    """
    asked = DEFAULT if settings.resampling == AUTO else settings.resampling
    several = feature_set != LEAKY and (compare or settings.resampling == AUTO)
    by_resampling = {}
    for name in RESAMPLING if several else (asked,):
        progress(f"fitting {feature_set} with resampling {name}")
        resampled = replace(settings, resampling=name)
        by_resampling[name] = fit_arm(
            rows, feature_set, resampled, engine=engine, for_comparison=name != asked
        )
    comparisons = comparisons_in(by_resampling, rows.threshold, seed=settings.seed)
    best = best_resampling(comparisons) if settings.resampling == AUTO else None
    chosen = by_resampling[best or asked]
    by_feature_set = {feature_set: chosen}
    for name in _others(rows.rows, feature_set) if compare else ():
        progress(f"fitting {name}")
        alike = replace(settings, resampling=chosen.resampling)
        by_feature_set[name] = fit_arm(rows, name, alike, engine=engine, for_comparison=True)
    return Contest(chosen, by_feature_set, by_resampling, comparisons)


def _others(rows: Rows, feature_set: str) -> list[str]:
    names = [*FEATURE_SETS, *([LEAKY] if has_leaky_columns(rows.frame) else [])]
    return [name for name in names if name != feature_set]
