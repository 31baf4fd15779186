"""The pages over models of card payments: our own columns, and those of a user."""

from datetime import datetime
from typing import Any

import pytest
import requests

from console.api import Api
from console.built_in import CARDS
from tests.demo.conftest import Open, answering, metric, sent

FAR = "New device, far away"


def predicted(api: str, payment: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(f"{api}/predict", json=payment, timeout=10).json()
    return answer


def plots(app: Any) -> int:
    return len([each for each in app._tree if each.type == "vega_lite_chart"])


@pytest.mark.parametrize("name", CARDS.presets)
def test_a_card_payment_is_entered_by_a_preset_and_answered(
    opened: Open, cards: str, name: str
) -> None:
    app = opened(cards)
    app.button(f"preset-{name}").click().run()

    payment = CARDS.presets[name]
    assert not app.exception
    assert not app.error
    assert predicted(cards, payment)["decision"].capitalize() in app.header[0].value
    assert app.datetime_input("pay_time").value == datetime.fromisoformat(payment["time"])
    assert app.number_input("pay_shop_lat").value == payment["shop_lat"]


def test_what_is_entered_is_what_is_sent(opened: Open, cards: str) -> None:
    answer = requests.post(
        f"{cards}/predict?explain=true", json=CARDS.presets[FAR], timeout=10
    ).json()
    with answering({"/model": (200, Api(cards).model()), "/predict": (200, answer)}) as server:
        app = opened(server.url)
        app.button(f"preset-{FAR}").click().run()
        app.selectbox("pay_country").set_value("TR")
        app.selectbox("pay_device_is_known").set_value("1")
        app.text_input("pay_amount").set_value("1,234.50").run()
        *_, (_, _, body) = server.requests

    changes = {"country": "TR", "device_is_known": "1", "amount": 1_234.5}
    assert body == CARDS.presets[FAR] | changes


def test_amounts_are_in_the_currency_of_the_schema(opened: Open, cards: str) -> None:
    assert opened(cards).text_input("pay_amount").label == "Amount, in EUR"


def test_a_form_of_own_columns_offers_the_examples_of_the_model_only(
    opened: Open, own_columns: str
) -> None:
    app = opened(own_columns)

    presets = [each.label for each in app.button if str(each.key).startswith("preset-")]
    assert not app.exception
    assert not app.error
    assert presets == ["Stopped by this model", "Approved by this model"]
    assert app.text_input("pay_tries").label == "Number of tries"


def test_what_if_varies_the_amount_and_a_field_that_is_chosen(opened: Open, cards: str) -> None:
    app = opened(cards, "what_if")
    drawn = []
    for name in app.selectbox("besides").options:
        app.selectbox("besides").select(name).run()
        assert not app.exception
        assert not app.error
        drawn.append(plots(app))

    assert drawn == [2] * 5


def test_what_if_begins_with_another_payment(opened: Open, cards: str) -> None:
    app = opened(cards, "what_if")
    app.selectbox("start").set_value(FAR).run()

    assert not app.exception
    assert app.selectbox("if_country").value == "TR"
    assert app.slider("if_time").value == 2
    assert app.select_slider("if_amount").value == 700.0


def test_the_stream_of_cards_ends_with_its_alerts(opened: Open, cards: str) -> None:
    app = opened(cards, "stream")
    app.segmented_control("speed").set_value("Fast").run()
    app.button("play").click().run()
    for _ in range(4):
        app.run()

    assert not app.exception
    assert metric(app, "Scored") == "420 of 420"
    assert metric(app, "Frauds stopped").endswith("of 9")


def test_a_stream_of_own_columns_says_where_a_file_is_uploaded(
    opened: Open, own_columns: str
) -> None:
    app = opened(own_columns, "stream")

    assert not app.exception
    assert "choose Upload above" in app.info[0].value
    assert not app.button


@pytest.mark.parametrize("name", ["score", "what_if", "stream", "upload"])
def test_each_page_opens_over_own_columns(opened: Open, own_columns: str, name: str) -> None:
    app = opened(own_columns, name)

    assert not app.exception
    assert not app.error
    assert "API ready" in sent(app)
