"""The evaluated model and the served one, which is its refit on all the data or the same model."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.model.calibration import NoCalibration
from training.analysis.findings import Finding, warning
from training.bundling.bundled_model import Model, Pair, Run
from training.data.split_rows import SplitRows
from training.fitting.engine import LOCAL, Engine
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.settings import Settings
from training.reporting.schema import PublicationFigures, RunMetrics, policy_numbers

CALIBRATION_LOST: Final = warning(
    "calibration-lost",
    "The served model is not calibrated, though the measured one is",
    "too few frauds in its last days, or scores that run against the labels there. Train with "
    "--no-refit to serve the measured one.",
)


@dataclass(frozen=True, slots=True)
class Publication:
    """The evaluated model and the served one; the same model if it was not refitted."""

    evaluated: Model
    served: Model

    def as_dict(self) -> PublicationFigures:
        """Both models as ``metrics.json`` holds them, and the findings of the served one."""
        evaluated, served = self.evaluated, self.served
        seen = evaluated.trained_on
        return {
            "version": served.version,
            "findings": served.findings,
            "evaluated": {
                "version": evaluated.version,
                "evaluated_threshold": evaluated.fitted.first.threshold,
                "rows": seen["rows"],
                "frauds": seen["frauds"],
                "windows": seen["windows"],
            },
            "published": {
                "threshold": served.fitted.first.threshold,
                "calibration": served.fitted.first.calibration.method,
                "policy": policy_numbers(served.fitted.first.policy),
                **served.trained_on,
            },
        }


def publication(
    rows: SplitRows,
    fitted: Pair,
    settings: Settings,
    metrics: RunMetrics,
    *,
    refit: bool,
    has_all: bool = True,
    engine: Engine = LOCAL,
    progress: Callable[[str], None],
) -> Publication:
    """Bundle the evaluated model and, with `refit`, its refit.

    Parameters
    ----------
    rows : SplitRows
    fitted : Pair
        The models that were fitted on the windows of `rows`.
    settings : Settings
        The settings that they were fitted with.
    metrics : RunMetrics
    refit : bool
        Serve a model that is fitted with the same settings on all the data.
    has_all : bool
        Whether the rows hold all payments, as of `Run`.
    engine : Engine
        Runs the refit.
    progress : callable
    """
    run = Run(rows, rows.split, settings, metrics, has_all=has_all)
    evaluated = served = Model.of(fitted, run)
    if refit:
        longer = rows.until_the_end()

        def again(model: FittedModel) -> FittedModel:
            progress(f"refitting {model.feature_set} on all the data")
            return refitted(longer, model, settings, engine)

        pair = Pair(again(fitted.first), fitted.second and again(fitted.second))
        findings = [*metrics["findings"], *lost_calibration(fitted, pair)]
        told: RunMetrics = {**metrics, "findings": findings}
        of_refit = replace(run, rows=longer, metrics=told, evaluated_version=evaluated.version)
        served = Model.of(pair, of_refit)
    _require_servable(served.bundle)
    return Publication(evaluated, served)


def _require_servable(data: bytes) -> None:
    """Refuse to write a bundle that cannot be served, as the second model is in the API."""
    bundle = read(data)
    Scorer.from_bundle(bundle)
    if bundle.without_history is not None:
        Scorer.from_bundle(bundle.without_history)


def refitted(
    rows: SplitRows, evaluated: FittedModel, settings: Settings, engine: Engine
) -> FittedModel:
    """Fit the features of a model again, on other rows."""
    again = fit_model(rows, evaluated.feature_set, settings, engine=engine, for_comparison=True)
    return replace(again, threshold=threshold_to_serve(evaluated, again))


def lost_calibration(evaluated: Pair, refitted: Pair) -> list[Finding]:
    """Warn if the refit lost the calibration of the evaluated model, or of the second one."""
    models = ((evaluated.first, refitted.first), (evaluated.second, refitted.second))
    lost = (before and after and _is_raw(after) and not _is_raw(before) for before, after in models)
    return [CALIBRATION_LOST] if any(lost) else []


def threshold_to_serve(evaluated: FittedModel, refitted: FittedModel) -> float | None:
    """The evaluated threshold, if both models are calibrated or neither is.

    Otherwise their probabilities do not mean the same: then the refitted model's own threshold, if
    it has one.
    """
    if refitted.threshold is None or _is_raw(evaluated) == _is_raw(refitted):
        return evaluated.threshold
    return refitted.threshold


def _is_raw(fitted: FittedModel) -> bool:
    return isinstance(fitted.calibration, NoCalibration)
