"""Debian's chromium on the demo, for the end-to-end test and for the screenshots."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

PATHS = {
    "score": "",
    "what-if": "what-if",
    "stream": "stream",
    "review": "review",
    "upload": "upload",
    "model": "model",
}
"""The pages, and where they lie under the address of the app."""


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()


def open_page(page: Page, url: str, name: str) -> None:
    """Open a page of the app and wait until it stands still."""
    page.goto(f"{url}/{PATHS[name]}")
    settle(page)


def start_reviewing(page: Page, name: str) -> None:
    """Give the page Review a name, and open the first payment."""
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Start reviewing").click()
    expect(page.get_by_role("heading", level=2)).to_be_visible(timeout=20_000)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script is through, every part is in place and every chart is drawn."""
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=20_000)
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=20_000)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    for chart in page.get_by_test_id("stVegaLiteChart").all():
        expect(chart.locator("canvas, svg").first).to_be_visible()
