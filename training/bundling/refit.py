"""The evaluated model and the served one, which is its refit on all the data or the same model."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from fraud_api_lambda.decisions.bundle import pack, read, version_of
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.model.calibration import NoCalibration
from training.analysis.findings import Finding, warning
from training.bundling.bundle_content import content, served_figures, trained_on
from training.bundling.examples import find_examples, missing
from training.data.split_rows import SplitRows
from training.data.time_split import Split, Window
from training.fitting.engine import LOCAL, Engine
from training.fitting.fitted_model import FittedModel, fit_model
from training.fitting.settings import Settings
from training.reporting.schema import PublicationFigures, RunMetrics, TrainedOn, policy_numbers

CALIBRATION_LOST: Final = warning(
    "calibration-lost",
    "The served model is not calibrated, though the measured one is",
    "too few frauds in its last days, or scores that run against the labels there. Train with "
    "--no-refit to serve the measured one.",
)


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model with its bundle.

    Attributes
    ----------
    fitted : FittedModel
    bundle : bytes
    trained_on : TrainedOn
        As in the bundle.
    findings : list of Finding
        The findings of the run, and those of this model.
    """

    fitted: FittedModel
    bundle: bytes
    trained_on: TrainedOn
    findings: list[Finding]

    @classmethod
    def of(
        cls,
        rows: SplitRows,
        fitted: FittedModel,
        *,
        evaluated: Split,
        settings: Settings,
        metrics: RunMetrics,
        evaluated_version: str | None = None,
    ) -> "Model":
        """A model fitted on `rows`, with the figures of the model fitted on `evaluated`."""
        refitted = rows.split != evaluated
        seen = trained_on(rows, evaluated, fitted, settings, refitted=refitted)
        latest = Window(rows.split.threshold.start, int(rows.all.steps.max()))
        examples = find_examples(fitted, rows.all, latest)
        findings = [*metrics["findings"], *missing(examples)]
        figures = served_figures(
            fitted.feature_set,
            {**metrics, "findings": findings},
            evaluated_version=evaluated_version,
        )
        bundle = pack(content(rows.trained, fitted, examples=examples, seen=seen, figures=figures))
        return cls(fitted, bundle, seen, findings)

    @property
    def version(self) -> str:
        """The version of the bundle."""
        return version_of(self.bundle)


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
                "evaluated_threshold": evaluated.fitted.threshold,
                "rows": seen["rows"],
                "frauds": seen["frauds"],
                "windows": seen["windows"],
            },
            "published": {
                "threshold": served.fitted.threshold,
                "calibration": served.fitted.calibration.method,
                "policy": policy_numbers(served.fitted.policy),
                **served.trained_on,
            },
        }


def publication(
    rows: SplitRows,
    fitted: FittedModel,
    settings: Settings,
    metrics: RunMetrics,
    *,
    refit: bool,
    engine: Engine = LOCAL,
    progress: Callable[[str], None],
) -> Publication:
    """Bundle the evaluated model and, with `refit`, its refit.

    Parameters
    ----------
    rows : SplitRows
    fitted : FittedModel
        The model that was fitted on the windows of `rows`.
    settings : Settings
        The settings that it was fitted with.
    metrics : RunMetrics
    refit : bool
        Serve a model that is fitted with the same settings on all the data.
    engine : Engine
        Runs the refit.
    progress : callable
    """
    of = partial(Model.of, evaluated=rows.split, settings=settings)
    evaluated = served = of(rows, fitted, metrics=metrics)
    if refit:
        progress(f"refitting {fitted.feature_set} on all the data")
        longer = rows.until_the_end()
        again = fit_model(longer, fitted.feature_set, settings, engine=engine, for_comparison=True)
        again = replace(again, threshold=threshold_to_serve(fitted, again))
        findings = [*metrics["findings"], *lost_calibration(fitted, again)]
        served = of(
            longer,
            again,
            metrics={**metrics, "findings": findings},
            evaluated_version=evaluated.version,
        )
    Scorer.from_bundle(read(served.bundle))  # refuse to write a bundle that cannot be served
    return Publication(evaluated, served)


def lost_calibration(evaluated: FittedModel, refitted: FittedModel) -> list[Finding]:
    """Warn if the refit lost the calibration that the evaluated model has."""
    if _is_raw(evaluated) or not _is_raw(refitted):
        return []
    return [CALIBRATION_LOST]


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
