"""The report, the card and the console of a run on card data speak of cards, not of PaySim."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.reporting.console import summary
from training.reporting.report import model_card
from training.reporting.schema import RunMetrics
from training.schemas.built_in import built_in
from training.simulator.cards.simulate import simulate
from training.train import TrainOptions, Windows, train

SETTINGS = Settings(booster={"n_estimators": 40})
PAYSIMS = r"\b(steps?|types?|balances?|tutorials?|CASH_OUT|TRANSFER|paysim)\b"
DATES = r"2026-01-\d\d(?: \d\d:59)?"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cards")
    write_transactions(simulate(20_000, seed=5, days=20), out / "data.parquet")
    cards = built_in("cards")
    category = replace(cards.attributes["category"], label="kind of purchase")
    options = TrainOptions(
        feature_set="decision-time",
        schema=replace(cards, attributes={**cards.attributes, "category": category}),
        settings=SETTINGS,
        windows=Windows(test_days=3, label_delay=24),
        choose_ratio=False,
    )
    train(out / "data.parquet", out, options)
    return out


@pytest.fixture(scope="module")
def metrics(out: Path) -> RunMetrics:
    found: RunMetrics = json.loads((out / "metrics.json").read_text())
    return found


@pytest.fixture(scope="module")
def page(out: Path) -> str:
    """The words of the report."""
    html = re.sub(r"<style>.*?</style>", "", (out / "report.html").read_text(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_no_text_has_a_word_of_paysim(out: Path, metrics: RunMetrics, page: str) -> None:
    for text in (page, model_card(metrics), summary(metrics, out)):
        assert re.findall(PAYSIMS, text) == []


def test_periods_are_dates(out: Path, metrics: RunMetrics, page: str) -> None:
    test = metrics["split"]["test"]
    assert re.fullmatch(rf"{DATES} to {DATES}|.*:00 to {DATES}", test["shown"])

    assert f"the last 3 days ( {test['shown']} )" in page
    assert f"20 days ( {metrics['data']['shown']} )" in page
    assert "time (UTC)" in page
    assert f"\n{test['shown']}: " in model_card(metrics)
    console = summary(metrics, out)
    assert f"Split by days: fit 2026-01-01 to {metrics['split']['fit']['until']}, " in console
    for text in (page, model_card(metrics), console):
        assert f"fitted until {metrics['split']['threshold']['until']}" in text


def test_the_bundle_has_its_periods_in_words(out: Path, metrics: RunMetrics) -> None:
    manifest = json.loads((out / "manifest.json").read_text())
    split = metrics["split"]

    assert manifest["trained_on"]["evaluated_on"]["shown"] == split["test"]["shown"]
    assert manifest["metrics"]["evaluated_until_shown"] == split["threshold"]["until"]


def test_figures_are_by_the_peer_group_and_in_the_currency(page: str) -> None:
    assert "By kind of purchase. Test window" in page
    assert "By amount, in EUR. Test window" in page
    assert "Amounts flagged, in EUR" in page
    assert "Amount (in EUR)" in page
    assert "data's currency" not in page


def test_feature_sets_with_the_same_features_are_one(page: str, metrics: RunMetrics) -> None:
    assert list(metrics["arms"]) == ["decision-time", "strict"]
    assert "payment and hour (" in page
    assert "payment alone (" in page
