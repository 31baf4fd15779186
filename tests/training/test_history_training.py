"""Training with account histories: the default, both models, and what no row may see."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.bundle import Bundle, read
from fraud_api_lambda.deployment.pointer import PinnedModel
from fraud_api_lambda.deployment.provider import ModelProvider
from fraud_api_lambda.web.app import create_app
from tests.paysim_files import rows_of as rows_of_frame
from training.analysis.findings import sentence
from training.bundling.bundled_model import OF_THE_FIRST
from training.errors import InputError
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.histories.columns import have_histories, with_histories
from training.histories.feature_sets import chosen_feature_set, with_label_delay
from training.reporting.run_metrics import NOT_CALIBRATED, history_findings
from training.reporting.schema import RunMetrics
from training.schemas.built_in import built_in
from training.scoring.score import evaluate_model, load_scorer, rows_of, score, score_rows
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

ROWS = 20_000
QUICK = Settings(booster={"n_estimators": 30})
OPTIONS = TrainOptions(settings=QUICK, choose_ratio=False, compare=False)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    frame = simulate(ROWS, seed=5, days=10)
    late = frame.index[frame["step"] > 150]
    chosen = np.random.default_rng(1).choice(late, 20, replace=False)
    return frame.assign(isFraud=frame["isFraud"].mask(frame.index.isin(chosen), 1))


@pytest.fixture(scope="module")
def data(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "data.csv"
    write_transactions(frame, path)
    return path


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    train(data, out, replace(OPTIONS, windows=Windows(test_days=2)))
    return out


@pytest.fixture(scope="module")
def metrics(model: Path) -> RunMetrics:
    found: RunMetrics = json.loads((model / "metrics.json").read_bytes())
    return found


def bundle_of(model: Path) -> Bundle:
    return read((model / "model.joblib").read_bytes())


def test_histories_are_the_default_where_accounts_repeat(metrics: RunMetrics) -> None:
    assert metrics["feature_set"] == "history"
    assert list(metrics["arms"]) == ["history", "decision-time"]


def test_a_bundle_with_histories_holds_both_models(model: Path) -> None:
    bundle = bundle_of(model)
    second = bundle.without_history

    assert second is not None
    assert (bundle.feature_set, second.feature_set) == ("history", "decision-time")
    assert second.version == bundle.version
    assert second.booster != bundle.booster
    assert not any(feature.account for feature in second.plan.features)


def test_the_report_says_what_histories_add_and_what_happens_without(
    model: Path, metrics: RunMetrics
) -> None:
    gain = metrics["history"]
    page = (model / "report.html").read_text()

    assert gain is not None
    arms = metrics["arms"]
    assert gain["history"] == pytest.approx(arms["history"]["average_precision"])
    assert gain["without"] == pytest.approx(arms["decision-time"]["average_precision"])
    assert gain["gain_low"] <= gain["gain"] <= gain["gain_high"]
    assert "What do account histories add?" in page
    assert "no_history" in page


def test_evaluate_gives_the_figures_of_both_models(model: Path, data: Path) -> None:
    figures = evaluate_model(model, data, start="193", end="240", in_sample=True)

    assert figures["without_history"]["average_precision"] != figures["average_precision"]


def test_score_and_evaluate_see_the_same_histories(model: Path, data: Path, tmp_path: Path) -> None:
    score(model, data, tmp_path / "out.parquet")

    scorer = load_scorer(model)
    by_columns = score_rows(scorer, rows_of(data, scorer.bundle)).probabilities
    scored = pd.read_parquet(tmp_path / "out.parquet")["fraud_probability"].to_numpy()
    assert scored.tobytes() == by_columns.tobytes()


class OneModel:
    """A store of one model."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read_pointer(self) -> "OneModel":
        return self

    @property
    def current(self) -> PinnedModel:
        return PinnedModel("k", "v", len(self.data), "0" * 64)

    def fetch(self, pinned: PinnedModel) -> bytes:
        del pinned
        return self.data


def test_the_api_answers_by_the_second_model_and_says_so(model: Path) -> None:
    bundle = bundle_of(model)
    store = OneModel((model / "model.joblib").read_bytes())
    client = TestClient(create_app(ModelProvider(store, refresh_s=60.0)))  # type: ignore[arg-type]

    described = client.get("/model").json()

    assert bundle.without_history is not None
    assert described["feature_set"] == "decision-time"
    assert described["degraded"] == ["no_history"]
    for example in bundle.without_history.examples:
        answer = client.post("/predict", json=example.transaction).json()
        assert answer["degraded"] == ["no_history"]
        assert answer["decision"] == example.decision
        assert answer["fraud_probability"] == pytest.approx(example.fraud_probability)


def test_an_answer_without_histories_alarms_nobody(model: Path) -> None:
    """The alarm goes by `degraded` of a log line, and would never end."""
    store = OneModel((model / "model.joblib").read_bytes())
    provider = ModelProvider(store, refresh_s=60.0)  # type: ignore[arg-type]

    loaded = provider.get()

    assert (loaded.degraded, loaded.temporary) == (("no_history",), ())
    assert replace(loaded, is_stale=True).temporary == ("stale_model",)


def test_a_weighted_sample_has_no_histories(frame: pd.DataFrame) -> None:
    weighted = rows_of_frame(frame.assign(weight=1.0 + (frame.index % 3)))

    assert not have_histories(weighted)
    assert chosen_feature_set(Path("x"), weighted, None) == "decision-time"
    with pytest.raises(InputError, match=r"column weight.*missing in every account's history"):
        chosen_feature_set(Path("x"), weighted, "history")


def test_accounts_that_never_repeat_have_no_histories(frame: pd.DataFrame) -> None:
    ids = [f"C{number}" for number in range(len(frame))]
    fresh = rows_of_frame(frame.assign(nameOrig=ids, nameDest=[f"M{it}" for it in ids]))

    assert chosen_feature_set(Path("x"), fresh, None) == "decision-time"
    assert chosen_feature_set(Path("x"), fresh, "history") == "history"


def test_earlier_payments_fill_the_histories_of_the_training(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    earlier, later = tmp_path / "earlier.csv", tmp_path / "later.csv"
    write_transactions(frame[frame["step"] <= 48], earlier)
    write_transactions(frame[frame["step"] > 48], later)
    windows = Windows(test_days=2)

    versions = [
        train(later, tmp_path / "model", replace(OPTIONS, windows=windows), history_from=given)[
            "version"
        ]
        for given in (None, earlier)
    ]

    assert versions[0] != versions[1]


def test_the_label_delay_of_a_run_is_that_of_its_histories(model: Path) -> None:
    schema = replace(built_in("paysim"), label_delay_s=0)

    assert with_label_delay(schema, None).label_delay_s == 24 * 3_600
    assert with_label_delay(schema, 7).label_delay_s == 7 * 3_600
    assert bundle_of(model).plan.schema.label_delay_s == 24 * 3_600


def test_no_training_row_sees_a_label_of_the_test_window(frame: pd.DataFrame) -> None:
    """Labels after a step are planted; whatever a row up to it saw stays."""
    plain = with_histories(rows_of_frame(frame))
    planted = with_histories(
        rows_of_frame(
            frame.assign(
                isFraud=frame["isFraud"].where(frame["step"] <= 150, 1 - frame["isFraud"]),
                label_time=frame["label_time"].where(frame["step"] <= 150, frame["step"]),
            )
        )
    )
    early = plain.steps <= 150

    for before, after in zip(plain.facts.histories, planted.facts.histories, strict=True):
        for one, other in zip(before, after, strict=True):
            assert np.array_equal(one[early], other[early])


def test_labels_that_are_known_at_once_raise_the_leak_alarm(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    """Every payment to a few payees is a fraud, and known to be one when the next comes."""
    payees = frame["nameDest"].value_counts().index[:4]
    is_fraud = frame["nameDest"].isin(payees).astype("int8")
    write_transactions(
        frame.assign(isFraud=is_fraud, label_time=frame["step"]), tmp_path / "data.csv"
    )
    options = replace(OPTIONS, windows=Windows(test_days=2, label_delay=0))

    found = train(tmp_path / "data.csv", tmp_path / "model", options)

    alarms = [each["text"] for each in found["findings"] if each["code"] == "leak"]
    assert any(text.startswith("payee_fraud") for text in alarms), found["findings"]


def test_the_second_model_repeats_no_warning_about_the_first(
    model: Path, metrics: RunMetrics
) -> None:
    about_data = {each["code"] for each in metrics["findings"]} - OF_THE_FIRST
    second = bundle_of(model).without_history
    assert second is not None

    sentences = [sentence(each) for each in metrics["findings"] if each["code"] in about_data]

    own = [sentence(NOT_CALIBRATED)] if second.calibration.method == "none" else []
    assert [it for it in second.metrics["warnings"] if it not in sentences] == own


@pytest.mark.parametrize(("high", "codes"), [(-0.01, ["history-worse"]), (0.0, []), (0.2, [])])
def test_histories_that_make_a_model_worse_are_warned_of(
    metrics: RunMetrics, high: float, codes: list[str]
) -> None:
    history = metrics["history"]
    assert history is not None

    found = history_findings({**history, "gain_high": high})

    assert [each["code"] for each in found] == codes
    assert history_findings(None) == []
