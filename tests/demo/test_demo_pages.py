"""Each page shows what the real API answers."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from console.api import Api, Payment
from console.built_in import PAYSIM
from console.payments import write_amount
from console.replay import Replay, Simulated, read_simulated
from console.schema import Schema
from console.words import BEYOND_BALANCE
from tests.demo.conftest import KEY, Open, answering, metric, sent

DECISIONS = ("approve", "review", "block")


def predicted(api: str, payment: Payment) -> dict[str, Any]:
    answer: dict[str, Any] = requests.post(
        f"{api}/predict?explain=true", json=payment, timeout=10
    ).json()
    return answer


def offered(api: str) -> dict[str, Payment]:
    """The payments that the page offers, the model's own first."""
    model = Api(api).model()
    return Schema.of(model).examples(model)


def first(api: str) -> Payment:
    return next(iter(offered(api).values()))


def simulated(api: str) -> list[Simulated]:
    assert PAYSIM.stream is not None
    return read_simulated(PAYSIM.stream, Schema.of(Api(api).model()))


def test_at_first_the_form_holds_what_the_model_stops(opened: Open, api: str) -> None:
    stopped = Api(api).model()["examples"]["stopped"]

    app = opened(api)

    assert app.text_input("pay_nameOrig").value == stopped["transaction"]["nameOrig"]
    assert stopped["answer"]["decision"].capitalize() in app.header[0].value


def test_a_preset_fills_the_form_and_is_answered_at_once(opened: Open, api: str) -> None:
    app = opened(api, api_view=True)
    for name, payment in offered(api).items():
        app.button(f"preset-{name}").click().run()

        answer = predicted(api, payment)
        assert not app.exception
        assert app.text_input("pay_amount").value == write_amount(payment["amount"])
        assert answer["decision"].capitalize() in app.header[0].value
        assert metric(app, "is_fraud") == str(answer["is_fraud"]).lower()
        for reason in answer["reasons"]:
            assert f"{reason['text']} `{reason['code']}`" in sent(app).replace("\\'", "'")


def test_an_approved_payment_has_no_reasons_but_a_chart_of_contributions(
    opened: Open, api: str
) -> None:
    app = opened(api)
    app.button("preset-Ordinary purchase").click().run()

    assert "Approve" in app.header[0].value
    assert "Approved payments have no reasons." in sent(app)
    assert "What raises the probability, and what lowers it" in sent(app)


def test_the_answer_says_model_prediction_and_how_long_it_took(opened: Open, api: str) -> None:
    app = opened(api, api_view=True)

    version = Api(api).model()["version"]
    caption = app.caption[0].value
    assert re.search(
        rf"Answered in \d+ ms, .* model {version} as prediction [0-9a-f-]{{36}}", caption
    )


@pytest.mark.parametrize("name", ["score", "what_if", "stream"])
def test_the_words_of_developers_are_on_no_page_unless_they_are_asked_for(
    opened: Open, api: str, name: str
) -> None:
    app = opened(api, name)
    if name == "stream":
        app.session_state["alert-0"] = True
        app.button("play").click().run()

    page = sent(app)
    assert not app.exception
    for words in ("is_fraud", "og-odds", "LARGE_AMOUNT", "curl"):
        assert words not in page


@pytest.mark.parametrize("name", ["score", "what_if", "stream", "upload", "model", "review"])
def test_model_version_and_state_are_on_every_page_and_the_key_on_none(
    opened: Open, api: str, name: str
) -> None:
    version = Api(api).model()["version"]

    page = opened(api, name, KEY, api_view=True)

    assert not page.exception
    assert "API ready" in sent(page)
    assert f"Model {version}" in sent(page)
    assert KEY not in sent(page)


def test_the_waterfall_ends_at_the_log_odds_of_the_answer(opened: Open, api: str) -> None:
    app = opened(api, api_view=True)

    margin = predicted(api, first(api))["explanation"]["margin"]
    assert f"The log-odds of {margin:.2f} are calibrated to" in sent(app)
    assert f"to {margin:.2f} for this one" in sent(app)


def test_the_command_line_gets_the_same_answer(
    opened: Open, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = opened(api, key="secret", api_view=True).code[0].value
    words = shlex.split(command.replace("\\\n", ""))
    monkeypatch.setenv("FRAUD_API_KEY", "secret")

    done = subprocess.run(
        ["/bin/sh", "-c", f"{command} --silent"], capture_output=True, check=True, timeout=20
    )

    answer = predicted(api, first(api))
    assert json.loads(done.stdout)["fraud_probability"] == answer["fraud_probability"]
    assert "x-api-key: $FRAUD_API_KEY" in words


def test_a_link_opens_the_payment_it_was_copied_from(opened: Open, api: str) -> None:
    app = opened(api, pay_type="Transfer", pay_amount="4,148,266.51", pay_step="11")

    assert app.selectbox("pay_type").value == "TRANSFER"
    assert app.text_input("pay_amount").value == "4,148,266.51"
    assert app.slider("pay_step").value == 11
    assert app.text_input("pay_nameOrig").value == first(api)["nameOrig"]


def test_amounts_name_the_models_currency(opened: Open, api: str) -> None:
    currency = Api(api).model()["policy"]["currency"]

    assert opened(api).text_input("pay_amount").label == f"Amount, in {currency}"


@pytest.mark.parametrize(
    ("is_fraud", "decision", "why"),
    [
        (True, "approve", "The probability reaches the threshold, so `is_fraud` is true."),
        (False, "block", "The probability stays below the threshold, so `is_fraud` is false."),
        (True, "review", None),
        (False, "approve", None),
    ],
)
def test_where_threshold_and_policy_differ_the_page_says_why(
    opened: Open, api: str, is_fraud: bool, decision: str, why: str | None
) -> None:
    answer = predicted(api, PAYSIM.presets["Mule"])
    answer |= {"is_fraud": is_fraud, "decision": decision}
    responses = {"/model": (200, Api(api).model()), "/predict": (200, answer)}
    with answering(responses) as server:
        app = opened(server.url, api_view=True)

    told = [each.value for each in app.info]
    assert len(told) == (why is not None)
    if why:
        assert why in told[0]
        cost = write_amount(answer["expected_costs"][decision])
        assert f"the lowest expected cost: {cost} to {decision}, against" in told[0]


def test_the_score_page_shows_the_expected_costs_that_the_api_answers(
    opened: Open, api: str
) -> None:
    app = opened(api)

    shown = list(app.table[0].value["Expected cost"])
    costs = predicted(api, first(api))["expected_costs"]
    assert shown == [write_amount(costs[name]) for name in DECISIONS]


def test_an_answer_that_falls_short_says_how(opened: Open, api: str) -> None:
    degraded = ["no_history", "unseen:kind_of_shop"]
    answer = predicted(api, PAYSIM.presets["Mule"]) | {"degraded": degraded}
    with answering({"/model": (200, Api(api).model()), "/predict": (200, answer)}) as server:
        app = opened(server.url, api_view=True)

    (warning,) = app.warning
    assert warning.proto.title == "The answer is limited"
    assert "without the histories of the accounts, by a second model. `no_history`" in warning.value
    assert "with this kind of shop. `unseen:kind_of_shop`" in warning.value


def test_what_if_shows_the_payment_that_the_sliders_make(opened: Open, api: str) -> None:
    app = opened(api, "what_if")
    app.select_slider("if_amount").set_value(50_000.0).run()
    app.select_slider("if_oldbalanceOrg").set_value(0.0).run()

    found = requests.post(
        f"{api}/predict",
        json={**(PAYSIM.varied or {}), "amount": 50_000.0, "oldbalanceOrg": 0.0},
        timeout=10,
    ).json()
    assert not app.exception
    assert found["decision"].capitalize() in app.header[0].value
    assert len([each for each in app._tree if each.type == "vega_lite_chart"]) == 2


def test_an_answer_that_was_recorded_without_its_explanation_streams_too(
    opened: Open, api: str
) -> None:
    first, *others = (predicted(api, each.request) for each in simulated(api)[:20])
    first |= {"decision": "block", "reasons": [{"text": "A reason.", "code": "LARGE_AMOUNT"}]}
    del first["explanation"], first["expected_costs"]
    batch = {"results": [first, *others]}
    with answering({"/model": (200, Api(api).model()), "/predict/batch": (200, batch)}) as server:
        app = opened(server.url, "stream")
        app.session_state["alert-0"] = True
        app.button("play").click().run()

    (line,) = [each.label for each in app.expander]
    assert not app.exception
    assert "expected loss" not in line
    assert "The answer was recorded without an explanation." in sent(app)


def test_what_if_says_that_a_payment_is_beyond_the_balance(opened: Open, api: str) -> None:
    app = opened(api, "what_if")
    warned = []
    for amount in (4e6, 3e6):
        app.select_slider("if_amount").set_value(amount).run()
        assert not app.exception
        warned.append(any(BEYOND_BALANCE in each.value for each in app.warning))

    assert warned == [True, False]


def test_the_score_page_says_that_a_payment_is_beyond_the_balance(opened: Open, api: str) -> None:
    said = [
        [each.value for each in opened(api, pay_amount="2,000", pay_oldbalanceOrg=balance).warning]
        for balance in ("1,999.99", "2,000")
    ]

    assert said == [[f"The amount exceeds the payer's balance. {BEYOND_BALANCE}"], []]


def test_what_if_asks_for_a_batch_a_curve(opened: Open, api: str) -> None:
    batches = []
    model = Api(api).model()

    def answers(count: int) -> dict[str, Any]:
        return {"results": [{"fraud_probability": 0.5, "decision": "block"}] * count}

    with answering({"/model": (200, model), "/predict/batch": (200, answers(100))}) as server:
        opened(server.url, "what_if")
        batches = [body for path, _, body in server.requests if path == "/predict/batch"]

    assert [len(each["transactions"]) for each in batches] == [100, 100]
    assert len({each["amount"] for each in batches[0]["transactions"]}) == 100
    assert len({each["oldbalanceOrg"] for each in batches[1]["transactions"]}) == 100


def test_the_stream_waits_until_it_is_started(opened: Open, api: str) -> None:
    app = opened(api, "stream")

    assert metric(app, "Scored") == "0 of 1,000"
    assert app.button("play").label == "Start"


def test_the_stream_scores_pauses_and_starts_over(opened: Open, api: str) -> None:
    app = opened(api, "stream")
    app.button("play").click().run()
    playing = app.button("play").label, metric(app, "Scored")
    app.button("play").click().run()
    paused = app.button("play").label, metric(app, "Scored")
    app.button("restart").click().run()

    assert playing == ("Pause", "20 of 1,000")
    assert paused == ("Start", "20 of 1,000")
    assert metric(app, "Scored") == "0 of 1,000"


def test_the_stream_ends_with_every_payment_and_its_alerts_by_expected_loss(
    opened: Open, api: str
) -> None:
    app = opened(api, "stream")
    app.segmented_control("speed").set_value("Fast").run()
    app.button("play").click().run()
    for _ in range(9):
        app.run()

    (told,) = [each.delta for each in app.metric if each.label == "Scored"]
    counts = [int(each) for each in re.findall(r"(\d+) (?:approve|review|block)", told)]
    lines = [each.label for each in app.expander]
    losses = [int(re.sub(r"\D", "", each.rpartition("loss")[2])) for each in lines]
    assert not app.exception
    assert metric(app, "Scored") == "1,000 of 1,000"
    assert sum(counts) == 1_000
    assert len(losses) == sum(counts[1:]) > 0
    assert losses == sorted(losses, reverse=True)
    assert metric(app, "Frauds stopped").endswith("of 12")
    assert app.button("play").disabled


def test_the_stream_counts_the_value_stopped_and_the_false_alarms(api: str) -> None:
    payments = simulated(api)
    frauds, genuine = ([x for x in payments if x.is_fraud is label] for label in (True, False))
    stream = Replay([*frauds[:2], *genuine[:4]], Schema.of(Api(api).model()))
    before = stream.false_alarms_per_fraud()
    decisions = ("block", "approve", "review", "block", "review", "approve")
    answers = [predicted(api, each.request) for each in stream.payments]
    stream.add([each | {"decision": x} for each, x in zip(answers, decisions, strict=True)])

    stopped, missed = (each.request["amount"] for each in frauds[:2])
    assert stream.value() == (stopped, stopped + missed)
    assert stream.frauds() == (1, 2)
    assert (before, stream.false_alarms_per_fraud()) == (None, 3.0)


def test_an_alert_of_the_stream_opens_with_its_reasons(opened: Open, api: str) -> None:
    first, *others = (predicted(api, each.request) for each in simulated(api)[:20])
    first |= {"decision": "block", "reasons": [{"text": "A reason.", "code": "LARGE_AMOUNT"}]}
    batch = {"results": [first, *others]}
    with answering({"/model": (200, Api(api).model()), "/predict/batch": (200, batch)}) as server:
        app = opened(server.url, "stream")
        app.session_state["alert-0"] = True
        app.button("play").click().run()

    payer = simulated(api)[0].request["nameOrig"]
    assert not app.exception
    assert f"It was genuine, says the simulation. The payer is `{payer}`." in sent(app)
    assert "- A reason." in sent(app)
    assert len([each for each in app._tree if each.type == "vega_lite_chart"]) == 2


def test_the_stream_sends_what_is_known_beforehand_and_no_more(opened: Open, api: str) -> None:
    responses = {"/model": (200, Api(api).model()), "/predict/batch": (200, {"results": []})}
    with answering(responses) as server:
        opened(server.url, "stream").button("play").click().run()
        (sent_batch,) = [body for path, _, body in server.requests if path == "/predict/batch"]

    for each in sent_batch["transactions"]:
        facts = {"step", "type", "amount", "nameOrig", "oldbalanceOrg", "nameDest"}
        assert set(each) == facts | {"transaction_id"}
    assert sent_batch["transactions"][0] == simulated(api)[0].request


def test_the_model_page_says_the_figures_of_the_model(opened: Open, api: str, model: Path) -> None:
    metrics = json.loads((model / "metrics.json").read_text())["arms"]["decision-time"]
    app = opened(api, "model")

    assert not app.exception
    assert metric(app, "Average precision, decision-time") == f"{metrics['average_precision']:.3f}"
    observed = metrics["calibration"]["observed_over_expected"]
    assert metric(app, "Observed over expected") == f"{observed:.2f}"
    assert len(app.table[0].value) == 3


@pytest.mark.parametrize(
    ("refitted", "words"),
    [
        (True, "belong to model 0123456789abcdef, which has the same settings"),
        (False, "The figures are its own"),
    ],
)
def test_the_model_page_says_which_training_was_judged(
    opened: Open, api: str, refitted: bool, words: str
) -> None:
    model = Api(api).model()
    model["trained_on"]["refitted"] = refitted
    model["metrics"]["evaluated_version"] = "0123456789abcdef"
    with answering({"/model": (200, model)}) as server:
        app = opened(server.url, "model")

    assert words in "".join(each.value for each in app.markdown)


def test_the_model_page_shows_periods_as_the_model_writes_them(opened: Open, api: str) -> None:
    model = Api(api).model()
    model["trained_on"]["evaluated_on"]["shown"] = "2020-03-08 to 2020-03-31"
    model["metrics"]["evaluated_until_shown"] = "2020-02-29"
    with answering({"/model": (200, model)}) as server:
        text = "".join(each.value for each in opened(server.url, "model").markdown)

    assert "Test period: 2020-03-08 to 2020-03-31, with" in text
    assert "was trained until 2020-02-29" in text


def test_the_model_page_repeats_every_warning(opened: Open, api: str) -> None:
    warnings = Api(api).model()["metrics"]["warnings"]

    page = opened(api, "model")

    shown = [each.value for each in (*page.warning, *page.info)]
    assert [each for each in shown if each in warnings] == warnings != []


def test_a_model_that_was_not_compared_is_not_called_fine(opened: Open, api: str) -> None:
    sentence = "Not compared: other feature sets."
    with answering(with_metrics(api, warnings=[sentence])) as server:
        page = opened(server.url, "model")

    assert [each.value for each in page.info] == [sentence]
    assert not page.success
    assert not page.warning


def with_metrics(api: str, **changes: Any) -> dict[str, tuple[int, Any]]:
    model = Api(api).model()
    return {"/model": (200, {**model, "metrics": {**model["metrics"], **changes}})}


def test_a_model_without_warnings_says_so(opened: Open, api: str) -> None:
    with answering(with_metrics(api, warnings=[])) as server:
        app = opened(server.url, "model")

    assert app.success[0].value == "Its training gave no warnings."


def test_a_model_that_tells_its_curves_has_them_drawn(opened: Open, api: str, model: Path) -> None:
    metrics = json.loads((model / "metrics.json").read_text())["arms"]["decision-time"]
    curves = {name: metrics[name] for name in ("curve", "reliability")}
    with answering(with_metrics(api, **curves)) as server:
        app = opened(server.url, "model")

    assert not app.exception
    assert len([each for each in app._tree if each.type == "vega_lite_chart"]) == 2


def test_a_model_that_does_not_tell_its_curves_is_shown_without(opened: Open, api: str) -> None:
    (_, model) = with_metrics(api)["/model"]
    for name in ("curve", "reliability"):
        model["metrics"].pop(name, None)
    with answering({"/model": (200, model)}) as server:
        app = opened(server.url, "model")

    assert not app.exception
    assert "has no curves" in app.info[-1].value


def test_both_numbers_are_shown_where_the_sets_were_compared(opened: Open, api: str) -> None:
    by_set = {"decision-time": 0.4, "strict": 0.125}
    with answering(with_metrics(api, average_precision_by_feature_set=by_set)) as server:
        app = opened(server.url, "model")

    assert metric(app, "Average precision, strict") == "0.125"


def test_histories_are_compared_with_what_does_without_them(opened: Open, api: str) -> None:
    (_, model) = with_metrics(
        api,
        average_precision_by_feature_set={"history": 0.5, "decision-time": 0.4, "strict": 0.125},
    )["/model"]
    with answering({"/model": (200, model | {"feature_set": "history"})}) as server:
        app = opened(server.url, "model")

    assert metric(app, "Average precision, decision-time") == "0.400"
    assert metric(app, "Average precision, strict") == "0.125"
