"""Card payments in a browser: the form by hand, and a file up and down."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.demo.browser import CHROMIUM, browsing, open_page, settle
from tests.demo.conftest import CARDS_FILE
from training.local.processes import LOOPBACK, free_port, served

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no chromium: the demo was not opened in a browser (apt-get install)"
)


@pytest.fixture(scope="module")
def app(cards: str) -> Iterator[str]:
    """The address of the app over an API of card payments."""
    port = free_port()
    with served(
        *("streamlit", "run", "demo/app.py", "--server.headless", "true"),
        *("--server.address", LOOPBACK, "--server.port", str(port)),
        port=port,
        path="/_stcore/health",
        variables={"FRAUD_API_URL": cards},
    ):
        yield f"http://{LOOPBACK}:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1_280, "height": 800})
    yield page
    page.close()


def test_a_card_payment_is_entered_by_hand_with_a_country_that_is_not_listed(
    app: str, page: Page
) -> None:
    open_page(page, app, "score")
    page.get_by_role("button", name="Groceries near home").click()
    amount = page.get_by_role("textbox", name="Amount, in EUR")
    expect(amount).to_have_value("48.20")
    settle(page)
    country = page.get_by_role("combobox", name="Country of the merchant")
    country.fill("JP")
    country.press("Enter")
    settle(page)
    amount.fill("950")
    amount.press("Enter")
    settle(page)
    page.get_by_text("API view").click()
    page.get_by_text("This request as curl").click()

    request = page.get_by_test_id("stCode")
    expect(request).to_contain_text('"amount": 950.0')
    expect(request).to_contain_text('"country": "JP"')
    expect(request).to_contain_text('"time": "2026-01-20 17:35:00"')
    expect(request).to_contain_text('"device_is_known": "1"')


def test_a_file_is_uploaded_scored_and_downloaded(app: str, page: Page) -> None:
    open_page(page, app, "upload")
    page.locator("input[type=file]").set_input_files(CARDS_FILE)
    page.get_by_role("button", name="Score 420 payments").click()
    expect(page.get_by_text("420 of 420", exact=True)).to_be_visible(timeout=20_000)
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the result").click()

    result = Path(download.value.path()).read_text().splitlines()
    with CARDS_FILE.open(newline="") as sent:
        for before, after in zip(csv.reader(sent), csv.reader(result), strict=True):
            assert after[: len(before)] == before
            assert len(after) == len(before) + 5
    assert after[-3] in {"approve", "review", "block"}
