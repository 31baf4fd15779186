"""The types of ``metrics.json``: `RunMetrics` and its parts.

The parts that other folders compute have their types there; see the imports.
"""

from typing import Final, Literal, NotRequired, TypedDict, cast

from fraud_api_lambda.decisions.policy import Policy
from training.analysis.findings import Finding
from training.analysis.golden_features import LeakFigures
from training.analysis.history_gain import HistoryFigures
from training.analysis.shap_values import Attributions
from training.data.time_split import WindowSteps
from training.fitting.figures import RatioTrial, ResamplingComparison, SettingsTrial
from training.metrics.figures import Evaluation, RowCounts
from training.reading.calendar import named
from training.reading.unused_columns import UnusedColumns
from training.reporting.figures import Verdict
from training.scoring.window_figures import ModelFigures

WINDOWS: Final[tuple[Literal["fit", "calibrate", "threshold", "test"], ...]] = (
    "fit",
    "calibrate",
    "threshold",
    "test",
)
"""The windows of a `SplitFigures`, in time order."""


class WindowRows(WindowSteps, RowCounts):
    """A window, and the rows in it."""


class DataFigures(RowCounts):
    """All rows of the file, by its name, and their time in words."""

    file: str
    first_step: int
    last_step: int
    shown: str


class SchemaFigures(TypedDict):
    """What texts and figures need of the schema.

    Attributes
    ----------
    name : str
    time_unit : str
        The word before a window's `since` and `until`; empty for timestamps.
    timezone : str
    peer_group : str or None
        In words.
    has_balance, has_hours : bool
        Whether the payer's balance and the hour are known.
    after : list of str
        Columns that are known only after the decision.
    """

    name: str
    time_unit: str
    timezone: str
    peer_group: str | None
    has_balance: bool
    has_hours: bool
    after: list[str]


class SplitFigures(TypedDict):
    """The time split; data split by hours has no window to calibrate on."""

    by: str
    fit: WindowRows
    calibrate: WindowRows | None
    threshold: WindowRows
    gap_hours: int
    test: WindowRows


class RunSettings(TypedDict):
    """The settings of the chosen model, and the costs that the user gave."""

    resampling: str
    smote_ratio: float
    goal: str
    seed: int
    given_costs: list[str]


class ResamplingFigures(TypedDict):
    """The comparison of the resampling methods; only the threshold window decides."""

    asked: str
    chosen: str
    verdict: str | None
    comparisons: list[ResamplingComparison]
    comparisons_on_test: list[ResamplingComparison]
    arms: dict[str, ModelFigures]


class PolicyNumbers(TypedDict):
    """The fields of a `Policy`."""

    currency: str
    fraud_fixed: float
    fraud_share: float
    review_cost: float
    review_friction: float
    review_catches: float
    block_fixed: float
    block_share: float
    reviews_per_thousand: float
    shadow_price: float
    single_threshold: float


class SearchFigures(TypedDict):
    """The trials by which settings were chosen; the lists are empty without trials."""

    smote_ratio_trials: list[RatioTrial]
    trials: list[SettingsTrial]


class TrainedWindows(TypedDict):
    """The windows on which a model was fitted and calibrated, and its threshold chosen."""

    fit: WindowSteps
    calibrate: WindowSteps | None
    threshold: WindowSteps


class TrainedOn(TypedDict):
    """The data and settings of a model, in its bundle and its manifest too."""

    data: str
    rows: int
    frauds: int
    fraud_rate: float
    windows: TrainedWindows
    evaluated_on: WindowSteps
    refitted: bool
    resampling: str
    smote_ratio: float
    invented_frauds: int
    seed: int
    libraries: dict[str, str]


class EvaluatedModel(TypedDict):
    """The model that was evaluated on the test window."""

    version: str
    evaluated_threshold: float | None
    rows: int
    frauds: int
    windows: TrainedWindows


class PublishedModel(TrainedOn):
    """The model to publish: the evaluated one, or its refit on all the data."""

    threshold: float | None
    calibration: str
    policy: PolicyNumbers


class PublicationFigures(TypedDict):
    """The models of a run, and the findings of the published one."""

    version: str
    findings: list[Finding]
    evaluated: EvaluatedModel
    published: PublishedModel


class RunMetrics(SearchFigures):
    """The content of ``metrics.json``.

    The verdict follows from all other figures. A run of the leaky baseline publishes no model: it
    lacks the last three.
    """

    feature_set: str
    schema: SchemaFigures
    data: DataFigures
    split: SplitFigures
    settings: RunSettings
    findings: list[Finding]
    arms: dict[str, ModelFigures]
    resampling: ResamplingFigures
    random_split: Evaluation | None
    policy: PolicyNumbers
    leaks: LeakFigures
    attributions: Attributions
    history: HistoryFigures | None
    booster: dict[str, float | str]
    libraries: dict[str, str]
    columns: UnusedColumns
    verdict: NotRequired[Verdict]
    version: NotRequired[str]
    evaluated: NotRequired[EvaluatedModel]
    published: NotRequired[PublishedModel]


def end_of(window: WindowSteps, schema: SchemaFigures) -> str:
    """The end of a window in words, such as "step 312" or "2020-02-29"."""
    return named(schema["time_unit"], window["until"])


def policy_numbers(policy: Policy) -> PolicyNumbers:
    """Return a policy as plain data."""
    return cast("PolicyNumbers", policy.as_dict())
