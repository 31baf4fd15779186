"""The report is one self-contained page: readable, accessible, printable."""

import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, get_args

import pytest
from axe_playwright_python.sync_playwright import Axe
from markupsafe import Markup
from playwright.sync_api import Page, sync_playwright

from training.analysis.findings import Code, Finding, note, warning
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.reporting.console import summary
from training.reporting.report import drawn, model_card, render, report
from training.reporting.schema import RunMetrics
from training.reporting.verdict import with_verdict
from training.simulator.simulate import simulate
from training.train import TrainOptions, train

NO_PLOTS: dict[str, Markup] = defaultdict(Markup)
"""Drawing takes most of the time of a report."""

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
A4_WIDTH, A4_HEIGHT = 695, 1_024
"""Pixels of CSS within the margins of a page."""

SETTINGS = Settings(booster={"n_estimators": 40})
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: the report was not opened in a browser (apt-get install)"
)


@pytest.fixture(scope="module")
def page_text(out: Path) -> str:
    return (out / "report.html").read_text()


def pages_of(html: str) -> tuple[str, str]:
    """The words of page one, and those of the other pages."""
    words = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html, flags=re.DOTALL)
    page_one, _, rest = re.sub(r"\s+", " ", words).partition("The evidence")
    return page_one, rest


def test_the_report_depends_on_metrics_json_only(metrics: RunMetrics, page_text: str) -> None:
    assert report(metrics) == page_text


def test_the_page_loads_nothing_from_outside_and_runs_no_script(page_text: str) -> None:
    outside = r"https?:|<script|<link|<img|<iframe|@import|javascript:|\bon\w+="

    assert not re.search(outside, page_text)
    assert len(page_text) < 2_000_000


def test_page_one_card_and_console_name_the_measured_model(
    out: Path, metrics: RunMetrics, page_text: str
) -> None:
    page_one, _ = pages_of(page_text)
    card, console = (out / "model_card.md").read_text(), summary(metrics, out)
    evaluated = metrics["evaluated"]["version"]

    assert f"Measured model {evaluated}, fitted until step" in page_one
    assert f"Served model {metrics['version']}: the same settings, fitted again" in page_one
    for text in (card, console):
        assert f"Measured: model {evaluated}, fitted until step" in text
    for text in (page_one, card, console):
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


@pytest.mark.parametrize("findings", [[], [NOT_COMPARED], [NOT_CALIBRATED, NOT_COMPARED]])
def test_report_and_console_show_every_finding_in_full(
    out: Path, metrics: RunMetrics, findings: list[Finding]
) -> None:
    changed: RunMetrics = {**metrics, "findings": findings}
    shown, console = render(changed, NO_PLOTS), summary(changed, out)

    assert ("Warnings in full" in shown) is bool(findings)
    assert ("No warnings." in console) is (not findings)
    for finding in findings:
        assert f"<strong>{finding['title']}:</strong> {finding['text']}" in shown
        assert finding["text"] in console


def test_a_better_resampling_is_reported_once(out: Path, metrics: RunMetrics) -> None:
    verdict = "none beats smote."
    changed = deepcopy(metrics)
    changed["resampling"]["verdict"] = verdict
    better = warning("better-resampling", "Another resampling is better", verdict)
    changed["findings"] = [better]
    shown = render(changed, NO_PLOTS)

    assert shown[: shown.index("Appendix")].count(verdict) == 1
    assert summary(changed, out).count(verdict) == 1


def test_where_no_other_resampling_reached_the_goal_nothing_is_said_of_it(
    out: Path, metrics: RunMetrics
) -> None:
    resampling = {**metrics["resampling"], "verdict": None, "comparisons": []}
    changed: Any = {**metrics, "resampling": resampling}

    assert "None" not in summary(changed, out)
    assert "No other method reached the goal." in render(changed, NO_PLOTS)


def test_every_table_of_the_appendix_states_its_rows_frauds_and_base_rate(page_text: str) -> None:
    appendix = page_text[page_text.index("Appendix for data scientists") :]
    captions = re.findall(r"<caption>(.*?)</caption>", appendix, re.DOTALL)

    assert len(captions) == appendix.count("<table>") > 10
    for caption in captions:
        assert re.search(r"[\d,]+ rows, [\d,]+ frauds \([\d.]+%\)", caption)


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
        "Recall: share of frauds found",
        "Precision: share of alerts that are fraud",
        "Predicted share of fraud (0 to 1, log)",
        "Actual share of fraud (0 to 1, log)",
        "Towards genuine (below 0) or towards fraud (above 0), in log-odds",
        "Average precision, 0 to 1; dashed: the model with all columns",
    ):
        assert label in page_text
    assert page_text.count(">towards fraud<") == 4
    assert page_text.count(">in the data's currency<") == 2


def test_no_plot_shows_the_code_of_a_feature_or_of_a_feature_set(
    metrics: RunMetrics, page_text: str
) -> None:
    texts = set(re.findall(r"<text[^>]*>(.*?)</text>", page_text))
    codes = {each["feature"] for each in metrics["attributions"]["features"]}

    assert {"Amount", "Share sent", "Type: transfer"} <= texts
    assert not texts & (codes | set(metrics["arms"]))
    assert not [text for text in texts if "_" in text]


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
    assert "on payment and hour</td>" in html
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


def with_everything(metrics: RunMetrics) -> RunMetrics:
    """The longest report: every finding, histories, trials and many peer groups."""
    changed: Any = deepcopy(metrics)
    text = "one of 40 words that a finding needs to say what was found and what to do next " * 2
    findings = [warning(code, "A finding", text) for code in get_args(Code.__value__)]
    gain = {"frauds": 9, "without": 0.1, "history": 0.2, "gain": 0.1}
    gain |= {"gain_low": 0.05, "gain_high": 0.15}
    parts = [{**gain, "name": f"typology-{n}"} for n in range(6)]
    accounts = {"accounts": ["payer", "payee"], "label_delay_hours": 24.0}
    arm = changed["arms"][changed["feature_set"]]
    arm["by_type"] = [{**arm["by_type"][0], "name": f"peer group {n}"} for n in range(99)]
    settings = {f"setting_{n}": 0.1 for n in range(8)}
    changed |= {
        "findings": findings,
        "history": {**gain, **accounts, "by_typology": parts},
        "trials": [{"average_precision": 0.5, "settings": settings}] * 30,
    }
    changed["smote_ratio_trials"] = [{"smote_ratio": 0.1, "average_precision": 0.5}] * 4
    for name in ("history", "decision-time"):
        changed["arms"].setdefault(name, arm)
    return with_verdict(changed)


@needs_browser
def test_the_longest_report_prints_on_seven_pages_the_first_of_which_is_page_one(
    page: Page, metrics: RunMetrics, tmp_path: Path
) -> None:
    full = with_everything(metrics)
    (tmp_path / "report.html").write_text(render(full, drawn(full)))
    browser = page.context.browser
    assert browser is not None
    printed = browser.new_page()
    printed.goto((tmp_path / "report.html").as_uri())

    pdf = printed.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 7
    printed.emulate_media(media="print")
    printed.set_viewport_size({"width": A4_WIDTH, "height": A4_HEIGHT})
    assert printed.evaluate("document.querySelector('.first').offsetHeight") <= A4_HEIGHT
    printed.close()
