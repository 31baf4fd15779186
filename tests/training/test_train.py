"""A training run, end to end: from a file of transactions to a bundle that the API serves."""

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.model_answers import ModelOut
from tests.bundles import make_bundle, write_model
from tests.paysim_files import frame_of, frame_to_score
from tests.transactions import READER
from training.errors import CheckFailedError, InputError
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.hints import fraud
from training.option_values import LEAKY
from training.reporting.console import summary
from training.reporting.schema import RunMetrics
from training.scoring.score import evaluate_model, load_scorer, score
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

ROWS = 20_000
SETTINGS = Settings(booster={"n_estimators": 40})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "transactions.csv"
    write_transactions(simulate(ROWS, seed=5, days=10), path)
    return path


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunMetrics]:
    """A model trained without a refit, and its metrics."""
    out = tmp_path_factory.mktemp("model")
    return out, train(
        data,
        out,
        TrainOptions(
            feature_set="decision-time",
            settings=SETTINGS,
            windows=Windows(test_days=2),
            refit=False,
        ),
    )


def test_the_bundle_holds_a_fraud_that_the_model_blocks_and_a_purchase_that_it_approves(
    data: Path, tmp_path: Path
) -> None:
    train(
        data, tmp_path, TrainOptions(feature_set="decision-time", settings=SETTINGS, compare=False)
    )

    scorer = load_scorer(tmp_path)

    examples = scorer.bundle.examples
    assert examples.stopped is not None
    assert examples.approved is not None
    assert scorer.assess(examples.stopped.payment).is_fraud
    assert scorer.assess(examples.stopped.payment).decision == "block"
    assert not scorer.assess(examples.approved.payment).is_fraud


def test_a_model_that_stops_no_payment_reports_it(data: Path, tmp_path: Path) -> None:
    dear = replace(SETTINGS, policy={"review_cost": 1e12, "block_fixed": 1e12})

    metrics = train(
        data,
        tmp_path,
        TrainOptions(
            feature_set="decision-time",
            settings=dear,
            compare=False,
            choose_ratio=False,
            refit=False,
        ),
    )

    assert read((tmp_path / "model.joblib").read_bytes()).examples.stopped is None
    assert "This model stops no payment of its data" in summary(metrics, tmp_path)


def test_unused_columns_are_listed_in_summary_metrics_and_report(
    data: Path, tmp_path: Path
) -> None:
    odd = pd.read_csv(data).assign(mcc=1, country="SE", weigth=1, nameOrig="C1")
    odd.to_csv(tmp_path / "odd.csv", index=False)
    said: list[str] = []

    metrics = train(
        tmp_path / "odd.csv",
        tmp_path,
        TrainOptions(
            feature_set="decision-time", settings=SETTINGS, compare=False, choose_ratio=False
        ),
        progress=said.append,
    )

    sentence = (
        "Ignored: isFlaggedFraud, mcc, country, weigth (did you mean weight?). Constant: nameOrig."
    )
    assert metrics["columns"]["ignored"][-3:] == ["mcc", "country", "weigth"]
    assert metrics["columns"]["sentence"] == sentence
    assert sentence in said
    assert sentence in summary(metrics, tmp_path).splitlines()
    assert sentence in (tmp_path / "report.html").read_text()


def test_every_feature_set_is_evaluated_on_the_same_later_days(
    trained: tuple[Path, RunMetrics],
) -> None:
    _, metrics = trained

    assert set(metrics["arms"]) == {"decision-time", "strict+hour", "strict", LEAKY}
    assert len({arm["rows"] for arm in metrics["arms"].values()}) == 1
    assert metrics["split"]["test"]["start"] - metrics["split"]["threshold"]["end"] == 25


def test_the_directory_holds_the_bundle_its_manifest_and_the_reports(
    trained: tuple[Path, RunMetrics],
) -> None:
    out, metrics = trained

    assert sorted(path.name for path in out.iterdir()) == [
        "manifest.json",
        "metrics.json",
        "model.joblib",
        "model_card.md",
        "report.html",
    ]
    bundle = read((out / "model.joblib").read_bytes())
    manifest = json.loads((out / "manifest.json").read_text())
    assert bundle.version == manifest["version"] == metrics["version"]
    assert bundle.trained_on == manifest["trained_on"]
    assert bundle.trained_on["data"] == "simulated"
    assert json.loads((out / "metrics.json").read_text()) == metrics


def test_the_bundle_holds_a_few_points_of_each_curve(
    trained: tuple[Path, RunMetrics],
) -> None:
    out, metrics = trained
    arm = metrics["arms"]["decision-time"]

    metrics_in_bundle = read((out / "model.joblib").read_bytes()).metrics

    assert metrics_in_bundle["reliability"] == arm["reliability"]
    assert len(metrics_in_bundle["reliability"]) <= 20
    recalls = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert [each["recall"] for each in metrics_in_bundle["curve"]] == recalls
    assert all(each in arm["curve"] for each in metrics_in_bundle["curve"])


def test_the_arm_in_both_comparisons_is_evaluated_once(
    trained: tuple[Path, RunMetrics],
) -> None:
    _, metrics = trained

    assert metrics["arms"]["decision-time"] is metrics["resampling"]["arms"]["smote"]


def test_the_same_data_and_seed_give_the_same_bytes(
    data: Path, trained: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    options = TrainOptions(
        feature_set="decision-time", settings=SETTINGS, windows=Windows(test_days=2), refit=False
    )

    again = train(data, tmp_path, options)

    assert again["version"] == trained[1]["version"]


def test_another_seed_gives_another_booster(
    data: Path, refitted: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    settings = replace(SETTINGS, seed=9)
    options = TrainOptions(
        feature_set="decision-time", settings=settings, compare=False, choose_ratio=False
    )

    train(data, tmp_path, options)

    boosters = {
        read((out / "model.joblib").read_bytes()).booster for out in (tmp_path, refitted[0])
    }
    assert len(boosters) == 2


def test_a_bundle_holds_no_path_host_or_clock(data: Path, trained: tuple[Path, RunMetrics]) -> None:
    model = (trained[0] / "model.joblib").read_bytes()

    assert str(data.parent).encode() not in model
    assert b"created" not in model


def test_score_keeps_every_row_and_column_and_adds_three(
    data: Path, trained: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    out = tmp_path / "scored.csv"

    assert score(trained[0], data, out) == ROWS

    with data.open() as before, out.open() as after:
        given, scored = csv.DictReader(before), csv.DictReader(after)
        assert scored.fieldnames == [
            *(given.fieldnames or []),
            "fraud_probability",
            "is_fraud",
            "decision",
        ]
        for old, new in zip(given, scored, strict=True):
            assert (old["nameOrig"], float(old["amount"])) == (
                new["nameOrig"],
                float(new["amount"]),
            )


def test_a_scored_file_without_labels_can_be_scored_again(
    data: Path, trained: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    score(trained[0], data, tmp_path / "scored.csv")
    unlabelled = frame_of(tmp_path / "scored.csv").drop(columns="isFraud")
    write_transactions(unlabelled, tmp_path / "unlabelled.csv")

    assert score(trained[0], tmp_path / "unlabelled.csv", tmp_path / "again.csv") == ROWS

    again = frame_to_score(tmp_path / "again.csv")
    pd.testing.assert_frame_equal(again, unlabelled[list(again)])


def test_score_and_the_served_scorer_agree_bit_for_bit(
    data: Path, trained: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    out = tmp_path / "scored.csv"
    score(trained[0], data, out)
    scorer = Scorer.from_bundle(read((trained[0] / "model.joblib").read_bytes()))

    with data.open() as before, out.open() as after:
        rows = list(zip(csv.DictReader(before), csv.DictReader(after), strict=True))[::40]
    for posted, scored in rows:
        body = {name: posted[name] for name in ("type", "nameOrig", "nameDest")}
        numbers = {name: float(posted[name]) for name in ("amount", "oldbalanceOrg")}
        payment = READER.payment({**body, **numbers, "step": int(posted["step"])})
        answer = scorer.assess(payment)
        assert answer.fraud_probability == float(scored["fraud_probability"])
        assert answer.is_fraud == (scored["is_fraud"].lower() == "true")
        assert answer.decision == scored["decision"]


def test_evaluate_reproduces_the_figures_of_the_test_window(
    data: Path, trained: tuple[Path, RunMetrics]
) -> None:
    out, metrics = trained

    figures = evaluate_model(out, data, start=None, end=None, in_sample=False)

    test = metrics["arms"]["decision-time"]
    assert figures["average_precision"] == test["average_precision"]
    assert figures["at_threshold"] == test["at_threshold"]


def test_evaluate_refuses_rows_the_model_was_trained_on(
    data: Path, trained: tuple[Path, RunMetrics]
) -> None:
    with pytest.raises(CheckFailedError, match="--in-sample"):
        evaluate_model(trained[0], data, start="1", end="100", in_sample=False)

    assert evaluate_model(trained[0], data, start="1", end="100", in_sample=True)["in_sample"]


@pytest.mark.parametrize(("start", "end"), [("100", "9"), ("900000", None)])
def test_a_window_that_ends_before_it_begins_is_refused(
    trained: tuple[Path, RunMetrics], data: Path, start: str, end: str | None
) -> None:
    with pytest.raises(InputError, match=r"the window ends at .*, before it begins at"):
        evaluate_model(trained[0], data, start=start, end=end, in_sample=True)


@pytest.fixture(scope="module")
def refitted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunMetrics]:
    """A model that was refitted, and its metrics."""
    out = tmp_path_factory.mktemp("refitted")
    return out, train(
        data,
        out,
        TrainOptions(
            feature_set="decision-time", settings=SETTINGS, compare=False, choose_ratio=False
        ),
    )


def test_a_refitted_model_names_the_evaluated_model_and_serves_its_threshold(
    data: Path, refitted: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    out, metrics = refitted
    measured = train(
        data,
        tmp_path,
        TrainOptions(
            feature_set="decision-time",
            settings=SETTINGS,
            compare=False,
            choose_ratio=False,
            refit=False,
        ),
    )

    model = ModelOut.of(read((out / "model.joblib").read_bytes()))

    assert model.version == metrics["version"] != measured["version"]
    assert model.metrics["evaluated_version"] == metrics["evaluated"]["version"]
    assert metrics["evaluated"]["version"] == measured["version"]
    assert model.threshold == model.metrics["at_threshold"]["evaluated_threshold"]
    assert model.metrics["evaluated_until"] == metrics["split"]["threshold"]["end"]


def test_a_model_without_a_refit_is_the_evaluated_model(
    trained: tuple[Path, RunMetrics],
) -> None:
    out, metrics = trained

    model = ModelOut.of(read((out / "model.joblib").read_bytes()))

    assert model.metrics["evaluated_version"] == model.version == metrics["evaluated"]["version"]
    assert model.threshold == model.metrics["at_threshold"]["evaluated_threshold"]


def test_the_published_model_is_refitted_up_to_the_last_row(
    data: Path, refitted: tuple[Path, RunMetrics]
) -> None:
    out, metrics = refitted

    published = metrics["published"]
    assert published["refitted"]
    assert published["windows"]["threshold"]["end"] == metrics["data"]["last_step"]
    assert published["rows"] == ROWS
    with pytest.raises(CheckFailedError, match="--in-sample"):
        evaluate_model(out, data, start=None, end=None, in_sample=False)


def test_the_leaky_feature_set_writes_metrics_but_no_bundle(data: Path, tmp_path: Path) -> None:
    before = write_model(tmp_path, make_bundle())
    steps: list[str] = []

    metrics = train(
        data,
        tmp_path,
        TrainOptions(settings=SETTINGS, feature_set=LEAKY, compare=False),
        progress=steps.append,
    )

    assert re.match(rf"{tmp_path} holds model {before} of 20.*replaces$", steps[0])
    assert "version" not in metrics
    assert sorted(path.name for path in tmp_path.iterdir()) == ["metrics.json", "report.html"]


def test_an_empty_model_directory_is_refused_with_the_command_that_trains_one(
    data: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=re.escape(fraud("train", "--data", "FILE"))):
        score(tmp_path, data, tmp_path / "out.csv")


def test_a_window_without_fraud_is_refused_with_one_that_can_be_evaluated(
    data: Path, trained: tuple[Path, RunMetrics], tmp_path: Path
) -> None:
    end, model = trained[1]["split"]["threshold"]["end"], trained[0]
    rows = pd.read_csv(data)
    rows[(rows["step"] <= end) | (rows["isFraud"] == 0)].to_csv(tmp_path / "a.csv", index=False)
    nothing = rows[rows["step"] <= 193].assign(isFraud=lambda each: each["step"] < 193)
    nothing.to_csv(tmp_path / "b.csv", index=False)

    with pytest.raises(InputError, match=rf"genuine rows after step {end}$"):
        evaluate_model(model, tmp_path / "a.csv", start=None, end=None, in_sample=False)
    with pytest.raises(InputError, match=rf"choose --from {end + 1} --to 193$"):
        evaluate_model(model, tmp_path / "b.csv", start="193", end=None, in_sample=False)
    evaluate_model(model, tmp_path / "b.csv", start=str(end + 1), end="193", in_sample=False)


def test_the_summary_states_the_windows_and_warns_about_the_leaky_feature_set(
    trained: tuple[Path, RunMetrics],
) -> None:
    out, metrics = trained

    text = summary(metrics, out)

    assert text.startswith("Split by days, steps: fit ")
    assert "a warning, not a model" in text
    assert f"model {metrics['version']} written to" in text
