"""A fitted model with its bundle."""

from dataclasses import dataclass, replace
from typing import Any, Final

from fraud_api_lambda.decisions.bundle import pack, version_of
from fraud_api_lambda.decisions.model_examples import Examples
from fraud_api_lambda.model.calibration import NoCalibration
from training.analysis.findings import Finding
from training.bundling.bundle_content import content, plan_of, served_figures, trained_on
from training.bundling.examples import find_examples, missing
from training.data.split_rows import SplitRows
from training.data.time_split import Split, Window
from training.fitting.fitted_model import FittedModel
from training.fitting.settings import Settings
from training.reporting.run_metrics import NOT_CALIBRATED
from training.reporting.schema import RunMetrics, TrainedOn
from training.watch.of_rows import reference_of


@dataclass(frozen=True, slots=True)
class Pair:
    """A fitted model and, if it needs account histories, a second one that does without.

    Attributes
    ----------
    first : FittedModel
    second : FittedModel or None
    """

    first: FittedModel
    second: FittedModel | None = None

    @property
    def answering(self) -> FittedModel:
        """The model that answers where no history is known."""
        return self.second or self.first


OF_THE_FIRST: Final = frozenset(
    {"leak", "too-good", "adds-nothing", "not-calibrated", "better-resampling", "history-worse"}
)
"""Codes of findings about the first model of a pair."""


def of_second(findings: list[Finding], second: FittedModel) -> list[Finding]:
    """The findings of the run that hold of its second model, and its own."""
    held = [finding for finding in findings if finding["code"] not in OF_THE_FIRST]
    is_raw = isinstance(second.calibration, NoCalibration)
    return [*held, NOT_CALIBRATED] if is_raw else held


@dataclass(frozen=True, slots=True)
class Run:
    """The data and the settings of a training run, as its bundles tell of them.

    Attributes
    ----------
    rows : SplitRows
        The model was fitted on these.
    evaluated : Split
        The windows of the model that was evaluated.
    settings : Settings
    metrics : RunMetrics
    evaluated_version : str, optional
        The evaluated model, if it is another one.
    has_all : bool
        Whether the rows hold all payments; an exported log lacks those that were blocked.
    """

    rows: SplitRows
    evaluated: Split
    settings: Settings
    metrics: RunMetrics
    evaluated_version: str | None = None
    has_all: bool = True

    def examples(self, fitted: FittedModel) -> Examples:
        """The examples of a model, from the latest rows if they hold any."""
        rows = self.rows
        latest = Window(rows.split.threshold.start, int(rows.all.steps.max()))
        return find_examples(fitted, rows.all, latest)

    def trained_on(self, fitted: FittedModel) -> TrainedOn:
        """The training of a model."""
        is_refit = self.rows.split != self.evaluated
        return trained_on(self.rows, self.evaluated, fitted, self.settings, refitted=is_refit)

    def reference(self, fitted: FittedModel) -> bytes:
        """The reference of a model."""
        return reference_of(self.rows, fitted, plan_of(fitted), has_all=self.has_all).to_bytes()

    def content(
        self,
        fitted: FittedModel,
        examples: Examples,
        second: dict[str, Any] | None = None,
        reference: bytes | None = None,
    ) -> dict[str, Any]:
        """The content of a model's bundle."""
        figures = served_figures(
            fitted.feature_set, self.metrics, evaluated_version=self.evaluated_version
        )
        return content(
            self.rows.trained,
            fitted,
            examples=examples,
            seen=self.trained_on(fitted),
            figures=figures,
            second=second,
            reference=reference,
        )


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model with its bundle.

    Attributes
    ----------
    fitted : Pair
    bundle : bytes
    trained_on : TrainedOn
        As in the bundle.
    findings : list of Finding
        The findings of the run, and those of this model.
    """

    fitted: Pair
    bundle: bytes
    trained_on: TrainedOn
    findings: list[Finding]

    @classmethod
    def of(cls, pair: Pair, run: Run) -> "Model":
        """A model that was fitted in a run."""
        examples, second = run.examples(pair.answering), None
        findings = [*run.metrics["findings"], *missing(examples)]
        run = replace(run, metrics={**run.metrics, "findings": findings})
        if pair.second is not None:
            told = of_second(findings, pair.second)
            of_its_own = replace(run, metrics={**run.metrics, "findings": told})
            second = of_its_own.content(pair.second, examples)
            examples = run.examples(pair.first)
        reference = run.reference(pair.first)
        bundle = pack(run.content(pair.first, examples, second, reference))
        return cls(pair, bundle, run.trained_on(pair.first), findings)

    @property
    def version(self) -> str:
        """The version of the bundle."""
        return version_of(self.bundle)
