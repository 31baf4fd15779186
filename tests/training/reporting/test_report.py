"""The report is one self-contained page: readable, accessible, printable."""

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from markupsafe import Markup
from playwright.sync_api import Page, sync_playwright

from training.analysis.findings import Finding, note, warning
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.reporting.console import summary
from training.reporting.report import model_card, render, report
from training.reporting.schema import RunMetrics
from training.simulator.simulate import simulate
from training.train import TrainOptions, train

NO_PLOTS: dict[str, Markup] = defaultdict(Markup)
"""Drawing takes most of the time of a report."""

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
SETTINGS = Settings(booster={"n_estimators": 40})
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: the report was not opened in a browser (apt-get install)"
)


@pytest.fixture(scope="module")
def page_text(out: Path) -> str:
    return (out / "report.html").read_text()


def test_the_report_depends_on_metrics_json_only(metrics: RunMetrics, page_text: str) -> None:
    assert report(metrics) == page_text


def test_the_page_loads_nothing_from_outside_and_runs_no_script(page_text: str) -> None:
    outside = r"https?:|<script|<link|<img|<iframe|@import|javascript:|\bon\w+="

    assert not re.search(outside, page_text)
    assert len(page_text) < 2_000_000


def test_page_one_shows_both_headline_figures_and_every_warning(
    metrics: RunMetrics, page_text: str
) -> None:
    page_one = page_text[: page_text.index("Data and time split")]

    for name in ("decision-time", "strict"):
        assert f"<strong>{metrics['arms'][name]['average_precision']:.3f}</strong>" in page_one
    for finding in metrics["findings"]:
        assert f"<strong>{finding['title']}:</strong> {finding['text'][:20]}" in page_one
    verdict = metrics["resampling"]["verdict"]
    assert verdict is not None
    assert verdict[:40] in page_one


def test_page_one_card_and_console_name_the_measured_model(
    out: Path, metrics: RunMetrics, page_text: str
) -> None:
    page_one = page_text[: page_text.index("Data and time split")]
    card, console = (out / "model_card.md").read_text(), summary(metrics, out)
    measured = f"Measured: model {metrics['evaluated']['version']}, fitted until step"

    for text in (page_one, card, console):
        assert measured in text
        assert metrics["version"] in text
        assert "it has seen the test window" in text.lower()
    assert metrics["evaluated"]["version"] != metrics["version"]


@pytest.mark.parametrize(("threshold", "same"), [(0.25, True), (0.5, False)])
def test_a_threshold_chosen_again_in_the_refit_is_reported(
    out: Path, metrics: RunMetrics, threshold: float, same: bool
) -> None:
    changed = deepcopy(metrics)
    changed["published"]["threshold"] = threshold
    changed["evaluated"]["evaluated_threshold"] = 0.25

    for text in (render(changed, NO_PLOTS), model_card(changed), summary(changed, out)):
        assert ("only one of the two" in text) is not same


NOT_CALIBRATED = warning("not-calibrated", "Not calibrated", "too few frauds.")
NOT_COMPARED = note("not-compared", "Not compared", "other feature sets.")


@pytest.mark.parametrize(
    ("findings", "heading"),
    [
        ([], "No warnings"),
        ([NOT_COMPARED], "Not compared"),
        ([NOT_CALIBRATED], "Warnings"),
        ([NOT_CALIBRATED, NOT_COMPARED], "Warnings"),
    ],
)
def test_page_one_and_console_distinguish_no_warnings_from_no_comparison(
    out: Path, metrics: RunMetrics, findings: list[Finding], heading: str
) -> None:
    changed: RunMetrics = {**metrics, "findings": findings}
    shown, console = render(changed, NO_PLOTS), summary(changed, out)

    assert re.findall(r'<div class="warnings.*?<h2>(.*?)</h2>', shown, re.DOTALL) == [heading]
    assert ("No warnings." in console) is (heading == "No warnings")
    for finding in findings:
        assert finding["text"] in shown
        assert finding["text"] in console


def test_a_better_resampling_is_reported_once(out: Path, metrics: RunMetrics) -> None:
    verdict = "none beats smote."
    changed = deepcopy(metrics)
    changed["resampling"]["verdict"] = verdict
    better = warning("better-resampling", "Another resampling is better", verdict)
    changed["findings"] = [better]
    shown = render(changed, NO_PLOTS)

    assert shown[: shown.index("Data and time split")].count(verdict) == 1
    assert summary(changed, out).count(verdict) == 1


def test_where_no_other_resampling_reached_the_goal_nothing_is_said_of_it(
    out: Path, metrics: RunMetrics
) -> None:
    resampling = {**metrics["resampling"], "verdict": None, "comparisons": []}
    changed: Any = {**metrics, "resampling": resampling}

    assert "None" not in summary(changed, out)
    assert "No other method reached the goal." in render(changed, NO_PLOTS)


def test_every_table_states_its_rows_transactions_frauds_and_base_rate(page_text: str) -> None:
    captions = re.findall(r"<caption>(.*?)</caption>", page_text, re.DOTALL)

    assert len(captions) == page_text.count("<table>") > 10
    for caption in captions:
        assert re.search(r"[\d,]+ rows for [\d,]+ transactions, [\d,]+ frauds, base rate", caption)


def test_every_resampling_feature_set_and_typology_has_a_row(
    metrics: RunMetrics, page_text: str
) -> None:
    typologies = [each["name"] for each in metrics["arms"]["strict"]["by_typology"]]

    for name in (*metrics["arms"], *metrics["resampling"]["arms"], *typologies):
        assert f'<th scope="row">{name}</th>' in page_text


def test_foreign_text_is_escaped(metrics: RunMetrics) -> None:
    hostile = "<b onclick=evil>"
    findings = [warning("leak", hostile, hostile)]
    changed: RunMetrics = {**metrics, "findings": findings, "libraries": {hostile: "1"}}

    shown = render(changed, NO_PLOTS)
    assert hostile not in shown
    assert "&lt;b onclick=evil&gt;" in shown


def test_no_id_is_used_twice(page_text: str) -> None:
    ids = Counter(re.findall(r'\bid="([^"]+)"', page_text))

    assert max(ids.values()) == 1


def test_every_axis_is_labelled(page_text: str) -> None:
    for label in (
        "Recall: share of frauds caught",
        "Precision: share of alerts that are fraud",
        "Predicted: mean fraud probability of the bin (0 to 1, log)",
        "Observed: share of fraud in the bin (0 to 1, log)",
        "SHAP value: added to the log-odds of fraud",
        "Average precision, 0 to 1; dashed: the model with all features",
    ):
        assert label in page_text
    assert page_text.count(">added to log-odds<") == 4


def test_a_run_without_comparison_has_a_report_too(tmp_path: Path) -> None:
    write_transactions(simulate(20_000, seed=3, days=10), tmp_path / "data.parquet")

    metrics = train(
        tmp_path / "data.parquet",
        tmp_path,
        TrainOptions(
            settings=SETTINGS, feature_set="strict+hour", compare=False, choose_ratio=False
        ),
    )

    html = (tmp_path / "report.html").read_text()
    assert "<code>strict+hour</code><strong>" in html
    assert "| strict+hour |" in model_card(metrics)
    for text in (html, model_card(metrics), summary(metrics, tmp_path)):
        assert "other resampling methods and other feature sets. One of" in text


def test_the_model_card_states_use_figures_and_limits(out: Path, metrics: RunMetrics) -> None:
    card = (out / "model_card.md").read_text()

    assert card.startswith(f"# Model card: {metrics['version']}\n")
    for heading in ("Warnings", "Model", "Use", "Evaluation on later payments", "Limits"):
        assert f"\n## {heading}\n" in card
    assert card.count("| decision-time |") == 1


@pytest.fixture(scope="module")
def page(out: Path) -> Iterator[Page]:
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page(viewport={"width": 1_200, "height": 900})
        page.goto((out / "report.html").as_uri())
        yield page
        browser.close()


@needs_browser
def test_axe_finds_nothing_serious(page: Page) -> None:
    violations = Axe().run(page).response["violations"]

    assert [each["id"] for each in violations if each["impact"] in {"serious", "critical"}] == []


@needs_browser
@pytest.mark.parametrize("width", [1_200, 390])
def test_nothing_overflows_the_page(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


OVERLAPPING = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
  const boxes = [...svg.querySelectorAll('text')].map(text => [text.textContent,
    text.getBoundingClientRect()]);
  return boxes.flatMap(([a, p], i) => boxes.slice(i + 1).filter(([, q]) =>
    Math.min(p.right, q.right) - Math.max(p.left, q.left) > 3 &&
    Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 3).map(([b]) => [a, b]));
})"""


@needs_browser
def test_no_two_texts_of_a_plot_overlap(page: Page) -> None:
    page.set_viewport_size({"width": 1_200, "height": 900})

    assert page.evaluate("document.querySelectorAll('svg text').length") > 50
    assert page.evaluate(OVERLAPPING) == []


@needs_browser
def test_it_prints_on_a_few_pages(page: Page) -> None:
    pdf = page.pdf(format="A4")

    assert 5 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 16
