"""Take the demo's screenshots anew: ``python -m tests.demo.screenshots``."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.demo.browser import browsing, open_page, settle, start_reviewing
from training.local.demo import running

FOLDER = Path(__file__).parents[2] / "demo" / "screenshots"
SHOWN = ("score", "what-if", "stream", "review", "model")
"""The stream comes before the review, because it fills the queue."""

WIDTHS = (1_280, 390)
HEIGHT = 800
COLOURS = 256


def take(browser: Browser, url: str, folder: Path = FOLDER) -> None:
    """Each page of `SHOWN` at each width, as high as it is."""
    folder.mkdir(exist_ok=True)
    for width in WIDTHS:
        page = browser.new_page(viewport={"width": width, "height": HEIGHT})
        for name in SHOWN:
            open_page(page, url, name)
            if name == "score":
                page.keyboard.press("r")  # again: the first answer also took a connection
                page.wait_for_timeout(500)
                settle(page)
            if name == "stream":
                _let_it_stream(page)
            if name == "review":
                start_reviewing(page, "Ana Ruiz")
            _save(_whole(page, width), folder / f"{name}-{width}.png")
        page.close()


def _let_it_stream(page: Page) -> None:
    """All the payments, in ten seconds."""
    page.get_by_text("Fast", exact=True).click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("1,000 of 1,000")).to_be_visible(timeout=30_000)
    settle(page)


def _whole(page: Page, width: int) -> bytes:
    """The page without scrolling: Streamlit scrolls inside the window, so the window must grow."""
    room = "(() => { const m = document.querySelector('[data-testid=stMain]');"
    height = HEIGHT + page.evaluate(f"{room} return m.scrollHeight - m.clientHeight; }})()")
    page.set_viewport_size({"width": width, "height": height})
    page.mouse.move(0, 0)
    page.wait_for_timeout(1_000)  # charts are drawn anew for the width without a scrollbar
    settle(page)
    taken = page.screenshot()
    page.set_viewport_size({"width": width, "height": HEIGHT})
    return taken


def _save(taken: bytes, path: Path) -> None:
    """A palette of the colours that are there, rare ones too, makes a third of the size."""
    image = Image.open(BytesIO(taken)).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


def main() -> None:
    """Train, serve, and look at every page."""
    with (
        TemporaryDirectory() as folder,
        running(rows=200_000, seed=0, port=None, out=Path(folder) / "model") as (url, _),
        browsing() as browser,
    ):
        take(browser, url)


if __name__ == "__main__":
    main()
