"""Model selection: the models that a training run fits, and the one that it publishes."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.schema import Schema
from fraud_api_lambda.features.plan import FEATURE_SETS, HISTORY, WITHOUT_HISTORY, Plan
from training.data.leaky_baseline import has_leaky_columns
from training.data.rows import Rows
from training.data.split_rows import SplitRows
from training.fitting.engine import LOCAL, Engine
from training.fitting.figures import ResamplingComparison
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.resampling import DEFAULT
from training.fitting.resampling_comparison import best_resampling, comparisons_in
from training.fitting.settings import Settings
from training.option_values import AUTO, LEAKY, RESAMPLING


@dataclass(frozen=True, slots=True)
class ModelSelection:
    """The fitted models of a training run.

    Attributes
    ----------
    chosen : FittedModel
        The model to publish.
    by_feature_set, by_resampling : dict of str to FittedModel
        By feature set, all with the chosen resampling and the chosen one first; by resampling, all
        with the chosen feature set.
    comparisons : list of dict
        Of each resampling method with SMOTE, on the threshold window; the test decides nothing.
    """

    chosen: FittedModel
    by_feature_set: dict[str, FittedModel]
    by_resampling: dict[str, FittedModel]
    comparisons: list[ResamplingComparison]

    @property
    def without_history(self) -> FittedModel | None:
        """The second model of the bundle of a model with histories."""
        is_needed = self.chosen.feature_set == HISTORY
        return self.by_feature_set[WITHOUT_HISTORY] if is_needed else None


def select_model(
    rows: SplitRows,
    feature_set: str,
    settings: Settings,
    *,
    compare: bool,
    engine: Engine = LOCAL,
    progress: Callable[[str], None],
) -> ModelSelection:
    """Fit every resampling method with the requested feature set, then every feature set.

    Raises
    ------
    ThresholdNotFoundError
        If no threshold of the requested model reaches the goal.
    """
    requested = DEFAULT if settings.resampling == AUTO else settings.resampling
    several = feature_set != LEAKY and (compare or settings.resampling == AUTO)
    by_resampling = {}
    for name in RESAMPLING if several else (requested,):
        progress(f"fitting {feature_set} with resampling {name}")
        resampled = replace(settings, resampling=name)
        by_resampling[name] = fit_model(
            rows, feature_set, resampled, engine=engine, for_comparison=name != requested
        )
    comparisons = comparisons_in(by_resampling, rows.threshold, seed=settings.seed)
    best = best_resampling(comparisons) if settings.resampling == AUTO else None
    chosen = by_resampling[best or requested]
    by_feature_set = {feature_set: chosen}
    needed = [WITHOUT_HISTORY] if feature_set == HISTORY else []
    for name in _others(rows.all, feature_set) if compare else needed:
        progress(f"fitting {name}")
        alike = replace(settings, resampling=chosen.resampling)
        by_feature_set[name] = fit_model(rows, name, alike, engine=engine, for_comparison=True)
    return ModelSelection(chosen, by_feature_set, by_resampling, comparisons)


def _others(rows: Rows, feature_set: str) -> list[str]:
    leaky = [LEAKY] if has_leaky_columns(rows.dataset) else []
    sets = distinct_sets(rows.dataset.schema, feature_set, rows.histories)
    return [name for name in (*sets, *leaky) if name != feature_set]


def distinct_sets(schema: Schema, chosen: str, histories: tuple[str, ...] = ()) -> list[str]:
    """The feature sets with other features than those before them: a schema may have no balance.

    The chosen set comes first.
    """
    levels = {it.name: it.levels for it in schema.attributes.values()}
    learned = Learned(levels=levels, histories=histories)
    ordered = sorted(FEATURE_SETS, key=lambda name: name != chosen)
    plans = {name: Plan(schema, learned, name).names for name in ordered}
    return [name for name in plans if name == next(n for n in plans if plans[n] == plans[name])]
