"""The page Review: what an analyst sees, and what the API is told."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from console.reviews.client import KEY_NAME
from tests.demo.conftest import KEY, Open, sent
from tests.demo.fake_queue import FakeQueue, queue_of, serving

REVIEW_KEY = "a-key-for-reviews"
ANA = "Ana Ruiz"
THIRD, SECOND, FIRST = (f"{number:08d}-0000-8000-8000-000000000000" for number in (1, 2, 3))
"""The largest expected loss comes first."""


@pytest.fixture
def queue(api: str) -> Iterator[FakeQueue]:
    """Three payments in front of the real API."""
    made = queue_of(3)
    made.forward = api
    with serving(made):
        yield made


def begun(opened: Open, queue: FakeQueue, by: str = ANA) -> AppTest:
    """The page once the analyst has given a name."""
    app = opened(queue.url, "review")
    app.text_input("analyst").set_value(by)
    return app.button("named").click().run()


def told(app: AppTest) -> list[str]:
    """The messages of a page."""
    kinds = (app.success, app.info, app.warning, app.error)
    return [each.value for kind in kinds for each in kind]


def test_the_queue_begins_with_the_largest_expected_loss(opened: Open, queue: FakeQueue) -> None:
    app = begun(opened, queue)

    listed = [each.key for each in app.button if str(each.key).startswith("open-")]
    lines = "\n".join(each.value for each in app.markdown).replace("\N{NO-BREAK SPACE}", " ")
    assert not app.exception
    assert listed == [f"open-{name}" for name in (FIRST, SECOND, THIRD)]
    for words in ("3,000.00 TZS", "Cash out to `bbbbbbbb…`", "28 Nov", "**5 %**", "150 TZS"):
        assert words in lines
    assert "The amount is larger than usual." in lines


def test_the_name_is_asked_once_and_spaces_are_none(opened: Open, queue: FakeQueue) -> None:
    app = begun(opened, queue, "  ")
    asked_again = bool(app.text_input)
    app.text_input("analyst").set_value(f" {ANA} ")
    app.button("named").click().run()
    app.switch_page("views/model.py").run().switch_page("views/review.py").run()
    app.button(f"open-{FIRST}").click().run()
    app.button("fraud").click().run()

    assert asked_again
    assert queue.posted == [{"prediction_id": FIRST, "label": "fraud", "by": ANA}]


@pytest.mark.parametrize(("button", "label"), [("genuine", "genuine"), ("fraud", "fraud")])
def test_a_decision_goes_to_the_api_with_its_note_and_the_next_payment_opens(
    opened: Open, queue: FakeQueue, button: str, label: str
) -> None:
    app = begun(opened, queue)
    app.button("begin").click().run()
    app.text_input(f"note-{FIRST}").set_value(" called the payer ").run()
    app.button(button).click().run()

    assert not app.exception
    assert queue.posted == [
        {"prediction_id": FIRST, "label": label, "by": ANA, "note": "called the payer"}
    ]
    assert told(app)[0].startswith("You closed the payment of 3,000.00")
    assert app.header[0].value.startswith("2,000.00")


def test_an_open_payment_tells_contributions_and_histories_in_words(
    opened: Open, queue: FakeQueue
) -> None:
    app = begun(opened, queue)
    app.button(f"open-{SECOND}").click().run()

    page = sent(app)
    for words in (
        "12 payments in the 30 days before, 2 in the last 24 hours; the latest 2 hours before.",
        "The other account is new to it.",
        "1 known fraud",
        "Never seen before",
    ):
        assert words in page
    assert "LARGE_AMOUNT" not in page
    assert "og-odds" not in page
    assert len([each for each in app._tree if each.type == "vega_lite_chart"]) == 5
    assert app.table[0].value["Fact"].tolist() == ["Type", "Payer's balance before"]
    assert app.table[1].value["Outcome"].tolist() == [":red[fraud]", ":red[fraud]"]


def test_the_api_view_shows_codes_and_log_odds(opened: Open, queue: FakeQueue) -> None:
    app = begun(opened, queue)
    app.button(f"open-{SECOND}").click().run()
    app.toggle("api_view").set_value(True).run()

    page = sent(app)
    assert "`LARGE_AMOUNT`" in page
    assert "The log-odds of -3.00 are calibrated to" in page
    assert f"Prediction {SECOND} of model 0123456789abcdef" in page


def test_skipped_payments_come_again_once_all_were_seen(opened: Open, queue: FakeQueue) -> None:
    app = begun(opened, queue)
    app.button("begin").click().run()
    seen = []
    for _ in range(3):
        seen.append(app.header[0].value.partition("\N{NO-BREAK SPACE}")[0])
        app.button("skip").click().run()

    assert seen == ["3,000.00", "2,000.00", "1,000.00"]
    assert queue.posted == []
    assert not app.header
    assert told(app) == ["You have seen all of them. Those that you skipped are still here."]


def test_who_closed_it_first_is_told_and_the_next_payment_opens(
    opened: Open, queue: FakeQueue
) -> None:
    app = begun(opened, queue)
    app.button("begin").click().run()
    queue.close(FIRST, "Bo", "genuine")
    app.button("fraud").click().run()

    assert queue.reviews[FIRST]["closed"]["label"] == "genuine"
    assert told(app)[0].replace("\N{NO-BREAK SPACE}", " ") == (
        "Bo closed the payment of 3,000.00 TZS as genuine on 28 Nov, 14:05. "
        "Your decision was not needed."
    )
    assert app.header[0].value.startswith("2,000.00")


def test_a_payment_that_left_the_queue_says_why_and_has_no_buttons(
    opened: Open, queue: FakeQueue
) -> None:
    app = begun(opened, queue)
    queue.close(FIRST, "", "fraud", "chargeback")
    app.query_params["payment"] = FIRST
    app.run()
    keys = {each.key for each in app.button}
    app.button("next").click().run()

    assert {"genuine", "fraud", "skip"}.isdisjoint(keys)
    assert app.header[0].value.startswith("2,000.00")


def test_a_link_to_an_unknown_payment_says_so(opened: Open, queue: FakeQueue) -> None:
    app = begun(opened, queue)
    app.query_params["payment"] = "unknown"
    app.run()

    assert told(app) == ["This payment was never for review."]
    assert app.button("back")


def test_the_filter_stays_while_payments_are_decided(opened: Open, queue: FakeQueue) -> None:
    app = begun(opened, queue)
    app.text_input("filter_most").set_value("2,500").run()
    app.button("begin").click().run()
    first = app.header[0].value
    app.button("genuine").click().run()
    second = app.header[0].value

    assert first.startswith("2,000.00")
    assert second.startswith("1,000.00")


def test_reviews_of_mine_count_as_right_only_if_an_outcome_says_so(
    opened: Open, queue: FakeQueue
) -> None:
    for name in (FIRST, SECOND, THIRD):
        queue.close(name, ANA, "fraud")
    queue.close(FIRST, "", "fraud", "chargeback")
    queue.close(SECOND, "", "genuine", "customer")
    app = begun(opened, queue)
    app.segmented_control("shown").set_value("Your reviews").run()

    assert {each.label: each.value for each in app.metric} == {
        "Closed by you": "3",
        "Right": "1 of 2",
        "Still open": "1",
    }
    assert "neither as right nor as wrong" in app.caption[0].value
    assert [each.split()[-1] for each in app.table[0].value["You were"]] == [
        "right]",
        "wrong]",
        "open]",
    ]


def test_an_empty_queue_says_how_to_fill_it(opened: Open, api: str) -> None:
    with serving(FakeQueue(forward=api)) as queue:
        app = begun(opened, queue)

    assert "let the page Stream run with Remember" in app.info[0].value


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        ((404, ""), "start `make demo`"),
        ((403, ""), f"set `{KEY_NAME}` in the app's secrets"),
        ((403, REVIEW_KEY), f"The key in `{KEY_NAME}` is not the one"),
    ],
)
def test_without_memory_or_right_the_page_says_what_to_do(
    opened: Open,
    queue: FakeQueue,
    monkeypatch: pytest.MonkeyPatch,
    refusal: tuple[int, str],
    words: str,
) -> None:
    queue.refuses, key = refusal
    monkeypatch.setenv(KEY_NAME, key)
    app = opened(queue.url, "review", KEY)

    (said,) = told(app)
    assert words in said
    assert not app.text_input
    assert "internals" not in sent(app)


def test_the_review_key_goes_to_the_queue_and_to_no_page(
    opened: Open, queue: FakeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_NAME, REVIEW_KEY)
    app = opened(queue.url, "review", KEY)

    assert set(queue.keys) == {REVIEW_KEY}
    assert REVIEW_KEY not in sent(app)
    assert KEY not in sent(app)


def test_a_memory_that_does_not_answer_leaves_the_payment_open_with_its_note(
    opened: Open, queue: FakeQueue
) -> None:
    app = begun(opened, queue)
    app.button(f"open-{SECOND}").click().run()
    app.text_input(f"note-{SECOND}").set_value("called").run()
    queue.refuses = 503
    app.button("fraud").click().run()
    queue.refuses = 0
    app.button("again-reviews").click().run()

    assert app.header[0].value.startswith("2,000.00")
    assert app.text_input(f"note-{SECOND}").value == "called"
    assert queue.posted == []


def test_a_long_queue_is_listed_in_parts_and_asked_for_in_parts(opened: Open, api: str) -> None:
    made = queue_of(120)
    made.forward = api
    with serving(made):
        app = begun(opened, made)
        first = len(app.button), app.metric[0].value
        app.button("more").click().run()
        second = len(app.button)
        app.button("pages").click().run()

    assert first[1] == "100 or more"
    assert second == first[0] + 20
    assert app.metric[0].value == "120"
