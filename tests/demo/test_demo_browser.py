"""`make demo` from its start to Ctrl-C, and the app in a browser, by mouse and by keyboard."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from console.api import MAX_BATCH, Api
from console.replay import read_simulated
from console.reviews.client import Reviews
from console.schema import Schema
from tests.demo.browser import CHROMIUM, PATHS, browsing, open_page, settle, start_reviewing
from tests.demo.conftest import KEY
from training.local.processes import free_port

ROOT = Path(__file__).parents[2]
WIDE: ViewportSize = {"width": 1_280, "height": 800}
NARROW: ViewportSize = {"width": 390, "height": 800}
MOST_TABS = 60

VERDICTS = {
    "score": "Probability of fraud",
    "what-if": "at a probability",
    "stream": "Value stopped",
}
"""Words of what a page is for: on a telephone they are there without scrolling."""

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: the demo was not opened in a browser (apt-get install)"
)


class Demo(NamedTuple):
    """Where the app is, and the figures of the model behind it."""

    url: str
    metrics: dict[str, Any]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`python -m training demo` on few rows; at the end Ctrl-C ends it, and nothing is left."""
    port, out = free_port(), tmp_path_factory.mktemp("demo") / "model"
    options = ["--rows", "12000", "--port", str(port), "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "training", "demo", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "FRAUD_API_KEY": KEY},
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline() + process.stdout.readline()
        assert said == f"Demo: http://127.0.0.1:{port}\nServing until Ctrl-C\n"
        yield Demo(f"http://127.0.0.1:{port}", json.loads((out / "metrics.json").read_text()))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=WIDE)
    yield page
    page.close()


def amount(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Amount, in")


def counted(page: Page) -> int:
    """How many payments the stream has scored."""
    text = page.get_by_test_id("stMetric").filter(has_text="Scored").inner_text()
    return int(re.findall(r"([\d,]+) of 1,000", text)[0].replace(",", ""))


def press_until(page: Page, name: str) -> None:
    """Move by Tab to what is called `name`."""
    script = "(e => (e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || '').trim())"
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        *_, label = page.evaluate(f"{script}(document.activeElement)").split("\n")  # after an icon
        if label.startswith(name):
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_a_payment_is_scored_and_its_curl_line_gets_the_same_answer(demo: Demo, page: Page) -> None:
    open_page(page, demo.url, "score")
    page.get_by_role("button", name="Mule").click()
    expect(amount(page)).to_have_value("302,052.82")
    settle(page)
    page.get_by_text("API view").click()
    page.get_by_text("This request as curl").click()
    command = page.get_by_test_id("stCode").inner_text()

    words = shlex.split(command.replace("\\\n", ""))
    done = subprocess.run([*words, "--silent"], capture_output=True, check=True, timeout=20)

    answer = json.loads(done.stdout)
    verdict = page.get_by_role("heading", level=2)
    expect(verdict).to_contain_text(answer["decision"].capitalize())
    for reason in answer["reasons"]:
        expect(page.get_by_text(reason["text"])).to_be_visible()
    assert f'"amount": {302_052.82}' in command


def test_what_if_follows_a_slider_and_its_link_brings_it_back(demo: Demo, page: Page) -> None:
    open_page(page, demo.url, "what-if")
    slider = page.get_by_role("slider", name="Amount, in")
    verdict = page.get_by_role("heading", level=2)
    before = verdict.inner_text()
    slider.press("ArrowRight")
    expect(page).to_have_url(re.compile("if_amount="))
    expect(verdict).not_to_have_text(before)
    settle(page)
    shown = verdict.inner_text(), slider.get_attribute("aria-valuetext")
    page.goto(page.url)
    settle(page)

    assert verdict.inner_text() == shown[0]
    assert slider.get_attribute("aria-valuetext") == shown[1] == "3,000,000"
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)


def test_the_stream_runs_and_pauses(demo: Demo, page: Page) -> None:
    open_page(page, demo.url, "stream")
    page.get_by_text("Fast", exact=True).click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text(re.compile(r"^[2-9]\d\d of 1,000"))).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    settle(page)
    paused = counted(page)
    page.wait_for_timeout(1_500)

    assert counted(page) == paused
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(1)
    assert serious(page) == []


def test_the_model_page_shows_the_figures_of_its_report(demo: Demo, page: Page) -> None:
    open_page(page, demo.url, "model")

    for name in ("history", "decision-time", "strict"):
        shown = page.get_by_test_id("stMetric").filter(has_text=f"Average precision, {name}")
        expect(shown).to_contain_text(f"{demo.metrics['arms'][name]['average_precision']:.3f}")
    for finding in demo.metrics["findings"]:
        expect(page.get_by_role("alert").filter(has_text=finding["text"][:30])).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(2)


def test_everything_is_done_by_keyboard_alone(demo: Demo, page: Page) -> None:
    open_page(page, demo.url, "score")
    press_until(page, "Ordinary purchase")
    page.keyboard.press("Enter")
    expect(amount(page)).to_have_value("1,820.50")
    press_until(page, "Amount, in")
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("2,500")
    page.keyboard.press("Enter")
    page.reload()
    settle(page)
    press_until(page, "API view")
    page.keyboard.press("Space")
    expect(page.get_by_text("This request as curl")).to_be_visible()
    press_until(page, "This request as curl")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("stCode")).to_contain_text('"amount": 2500.0')
    page.goto(demo.url)
    settle(page)
    press_until(page, "Stream")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Stream")
    settle(page)
    press_until(page, "Start")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()


def serious(page: Page) -> list[str]:
    violations = Axe().run(page).response["violations"]
    return [each["id"] for each in violations if each["impact"] in {"serious", "critical"}]


def recorded(page: Page, demo: Demo) -> None:
    """Send the payments of the stream to the API behind the app, until two wait for review."""
    open_page(page, demo.url, "score")
    page.get_by_text("API view").click()
    page.get_by_text("This request as curl").click()
    (api,) = re.findall(r"http://[\d.:]+", page.get_by_test_id("stCode").inner_text())
    schema = Schema.of(Api(api).model())
    assert schema.built_in.stream is not None
    payments = [each.request for each in read_simulated(schema.built_in.stream, schema)]
    for start in range(0, len(payments), MAX_BATCH):
        Api(api).predict_batch(payments[start : start + MAX_BATCH], record=True)
        waiting, _ = Reviews(api).open()
        if len(waiting) > 1:
            return
    raise AssertionError("the stream has no two payments for review")


def test_two_analysts_open_one_payment_and_the_second_is_told_who_closed_it(
    demo: Demo, page: Page, browser: Browser
) -> None:
    recorded(page, demo)
    ana, bo = (browser.new_context(viewport=WIDE).new_page() for _ in range(2))
    for window, name in ((ana, "Ana Ruiz"), (bo, "Bo")):
        open_page(window, demo.url, "review")
        start_reviewing(window, name)
    amount, other = (each.get_by_role("heading", level=2).inner_text() for each in (ana, bo))
    look(ana, WIDE)
    bo.emulate_media(color_scheme="dark")
    look(bo, NARROW)
    expect(bo.get_by_role("button", name="Approve")).to_be_in_viewport(ratio=1)
    ana.keyboard.press("f")
    expect(ana.get_by_text(f"You closed the payment of {amount} as fraud.")).to_be_visible()
    bo.keyboard.press("a")

    told = re.compile(f"Ana Ruiz closed the payment of {amount} as fraud on .*, [0-9:]+\\.")
    assert amount == other
    expect(bo.get_by_text(told)).to_be_visible()
    expect(bo.get_by_role("heading", level=2)).not_to_have_text(amount)
    bo.get_by_role("button", name="Queue").click()
    expect(bo.get_by_role("button", name="Start reviewing")).to_be_visible()
    look(bo, NARROW)
    for window in (ana, bo):
        window.context.close()


@pytest.mark.parametrize("name", [name for name in PATHS if name != "review"])
def test_each_page_is_whole_on_any_screen_accessible_without_the_key_and_asks_nobody_else(
    demo: Demo, page: Page, name: str
) -> None:
    received: list[bytes] = []
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: socket.on("framereceived", keep_in(received)))
    open_page(page, demo.url, name)
    look(page, WIDE)
    page.emulate_media(color_scheme="dark")
    look(page, NARROW)
    if name in VERDICTS:
        expect(page.get_by_text(VERDICTS[name]).first).to_be_in_viewport(ratio=1)

    everything = b"".join(received)
    assert b"API ready" in everything
    assert KEY.encode() not in everything
    assert asked
    assert [url for url in asked if not url.startswith((demo.url, "data:", "blob:"))] == []


def keep_in(received: list[bytes]) -> Callable[[str | bytes], None]:
    return lambda frame: received.append(frame.encode() if isinstance(frame, str) else frame)


def look(page: Page, size: ViewportSize) -> None:
    """The state is on the screen, nothing runs out of it, and axe has no objection."""
    page.set_viewport_size(size)
    settle(page)
    expect(page.get_by_text("API ready")).to_be_in_viewport(ratio=1)
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollWidth") <= size["width"]
    assert serious(page) == []
