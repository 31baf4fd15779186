"""What callers see of the memory: the same answer again, histories, recorded predictions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.aws.table_errors import BusyError, CancelledError, LostError, TableError
from fraud_api_lambda.service import Question, Service
from fraud_api_lambda.web.recorded import render
from tests.api.support import check_problem
from tests.bundles import make_bundle
from tests.records.support import KEYS, NOW_S, Memory, model_of, ticking
from tests.transactions import body

REPLAYED = "Idempotent-Replayed"


@pytest.fixture
def memory() -> Memory:
    return Memory(now=ticking())


def test_the_same_payment_again_has_the_first_answer_byte_for_byte(memory: Memory) -> None:
    first = memory.post(transaction_id="t")
    memory.post(transaction_id="another")

    again = memory.post(transaction_id="t")

    assert again.content == first.content
    assert again.headers[REPLAYED] == "true"
    assert REPLAYED not in first.headers
    assert len(memory.table.records) == 2


def test_the_same_payment_in_other_words_is_the_same(memory: Memory) -> None:
    first = memory.post(transaction_id="t", amount=250.0)
    turned = dict(reversed(body(transaction_id="t", amount=250).items()))

    again = memory.client.post(
        "/predict?explain=true",
        content=json.dumps(turned, indent=2),
        headers={"Content-Type": "application/json"},
    )

    assert again.content == first.content


@pytest.mark.parametrize("field", ["timestamp", "oldbalanceDest", "newbalanceOrig"])
def test_a_field_that_is_null_is_as_good_as_none(memory: Memory, field: str) -> None:
    first = memory.post(transaction_id="t")

    again = memory.client.post("/predict", json=body(transaction_id="t") | {field: None})

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_an_id_of_another_payment_is_refused(memory: Memory) -> None:
    memory.post(transaction_id="t", amount=1.0)

    refused = memory.post(transaction_id="t", amount=2.0)

    (fault,) = check_problem(refused, 422)["errors"]
    assert refused.json()["type"].endswith(":transaction-id-reused")
    assert fault["pointer"] == "#/transaction_id"
    assert len(memory.table.records) == 1


def test_an_id_of_another_payment_is_refused_in_a_batch(memory: Memory) -> None:
    payments = [body(transaction_id="t", amount=float(amount)) for amount in (1, 2, 1)]

    answers = memory.client.post("/predict/batch", json={"transactions": payments}).json()

    first, refused, again = answers["results"]
    (fault,) = refused["problem"]["errors"]
    assert fault["pointer"] == "#/transactions/1/transaction_id"
    assert again == first


def test_payments_without_an_id_are_each_recorded(memory: Memory) -> None:
    answers = [memory.ask() for _ in range(2)]

    assert len({answer["prediction_id"] for answer in answers}) == 2
    assert len(memory.table.records) == 2


def test_the_id_of_a_prediction_follows_from_that_of_the_transaction(memory: Memory) -> None:
    other = Memory()

    known = memory.ask(transaction_id="t")["prediction_id"]

    assert other.ask(transaction_id="t")["prediction_id"] == known
    assert known[14] == "8"
    assert known[19] in "89ab"


def test_the_next_payment_of_an_account_has_a_history(memory: Memory) -> None:
    memory.ask(amount=10.0)
    memory.ask(amount=20.0)

    seen = memory.table.records[1].histories

    assert seen is not None
    payer, payee, received = seen
    assert (payer.count_30d, payer.sum_30d) == (1, 1_000)
    assert (payee.count_30d, payee.sum_30d) == (1, 1_000)
    assert not received.seen


def test_what_is_not_to_be_recorded_sees_histories_and_leaves_none(memory: Memory) -> None:
    memory.ask(transaction_id="t")
    before = dict(memory.table.items)

    looked = [memory.ask("?record=false", transaction_id="u") for _ in range(2)]

    assert memory.table.items == before
    assert [each["degraded"] for each in looked] == [[], []]
    assert looked[0]["fraud_probability"] == memory.ask(transaction_id="u")["fraud_probability"]
    assert looked[0]["prediction_id"] != looked[1]["prediction_id"]


@pytest.mark.parametrize(
    ("name", "decision", "reasons"),
    [
        ("test_fraud", "block", True),
        ("test_review", "review", True),
        ("test_genuine", "approve", 0),
    ],
)
def test_a_sandbox_id_has_the_decision_that_it_asks_for(
    memory: Memory, name: str, decision: str, reasons: bool
) -> None:
    judged = memory.ask("?record=false")

    answer = memory.ask(transaction_id=name)

    assert answer["decision"] == decision
    assert bool(answer["reasons"]) == bool(reasons)
    assert answer["test"] is True
    assert answer["fraud_probability"] == judged["fraud_probability"]
    assert "test" not in judged
    assert not memory.table.items


def test_a_payment_of_the_future_is_refused(memory: Memory) -> None:
    late = body(timestamp="2036-01-01T00:00:00Z")
    del late["step"]

    alone = memory.client.post("/predict", json=late)
    (batched,) = memory.client.post("/predict/batch", json={"transactions": [late]}).json()[
        "results"
    ]

    (fault,) = check_problem(alone, 422)["errors"]
    assert fault == {"detail": "this time is more than an hour ahead", "pointer": "#/timestamp"}
    assert batched["problem"]["errors"][0]["pointer"] == "#/transactions/0/timestamp"
    assert not memory.table.items


def test_a_clock_that_is_a_little_ahead_does_not_matter(memory: Memory) -> None:
    soon = body(timestamp="2026-11-28T18:59:59Z")  # arrives at 18:00
    del soon["step"]

    assert memory.client.post("/predict", json=soon).status_code == 200


def test_without_a_secret_answers_are_given_and_say_what_is_missing() -> None:
    memory = Memory(keys=None)

    assert memory.ask(transaction_id="t")["degraded"] == ["no_history", "unrecorded"]
    assert memory.ask("?record=false")["degraded"] == ["no_history"]
    assert not memory.table.reads


def test_a_secret_that_comes_between_reading_and_answering_records_nothing(
    memory: Memory,
) -> None:
    """The ids of the payment were not made with it."""
    secrets = iter([None, KEYS])
    service = Service(memory.log, lambda: next(secrets), render, lambda: NOW_S)
    model = model_of(None)
    asked = service.asked(model, body(transaction_id="t"), Question())

    (decided,) = service.answer(model, [asked], Question()).decided

    assert json.loads(decided.answer)["degraded"] == ["no_history", "unrecorded"]
    assert not memory.table.items


def test_a_recorded_prediction_can_be_read(memory: Memory) -> None:
    sent = body(transaction_id="t", nameDest="M77", oldbalanceDest=3.5)
    answer = memory.client.post("/predict", json=sent).json()

    read = memory.client.get(f"/predictions/{answer['prediction_id']}").json()

    assert read == {
        "prediction_id": answer["prediction_id"],
        "time": "2026-11-28T18:00:00.000Z",
        "answer": answer,
        "facts": {
            "step": 14,
            "type": "TRANSFER",
            "amount": 250.0,
            "oldbalanceOrg": 1_000.0,
            "oldbalanceDest": 3.5,
            "payee_is_merchant": True,
        },
    }


@pytest.mark.parametrize("name", ["x", "0" * 36, "00000000-0000-8000-8000-000000000000", "%2F"])
def test_a_prediction_that_was_never_recorded_is_a_404(memory: Memory, name: str) -> None:
    check_problem(memory.client.get(f"/predictions/{name}"), 404)


def test_a_table_that_does_not_answer_is_a_503(memory: Memory, monkeypatch: Any) -> None:
    monkeypatch.setattr(memory.log, "requests", Unreadable)
    prediction_id = "00000000-0000-8000-8000-000000000000"

    refused = memory.client.get(f"/predictions/{prediction_id}")

    check_problem(refused, 503)
    assert refused.headers["Retry-After"] == "1"


def test_the_table_is_not_asked_for_what_is_no_id(memory: Memory, monkeypatch: Any) -> None:
    monkeypatch.setattr(memory.log, "requests", Unreadable)

    assert memory.client.get("/predictions/P%23").status_code == 404


class Unreadable:
    """Requests of which none is answered."""

    def find(self, key: str) -> Any:
        raise TableError(f"no {key}")


FEW = st.sampled_from(["C1", "C2", "M1"])
PAYMENTS = st.lists(
    st.builds(
        lambda name, payer, payee, amount, step: body(
            transaction_id=name, nameOrig=payer, nameDest=payee, amount=amount, step=step
        ),
        st.sampled_from(["a", "b", "c", "d", "e", "f", "test_fraud"]),
        FEW,
        FEW,
        st.sampled_from([1.0, 250.0]),
        st.sampled_from([1, 2, 30]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=30)
@given(PAYMENTS)
def test_a_batch_is_its_payments_in_a_row(payments: list[dict[str, Any]]) -> None:
    one_by_one, together = Memory(), Memory()
    singles = [one_by_one.client.post("/predict", json=each) for each in payments]

    batch = together.client.post("/predict/batch", json={"transactions": payments})

    assert together.table.items == one_by_one.table.items
    for single, result in zip(singles, batch.json()["results"], strict=True):
        assert told(result) == told(single.json() if single.status_code == 200 else {})


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer but for the random id of a sandbox payment, nothing of a refused one."""
    if "prediction_id" not in answer:
        return {}
    return {**answer, "prediction_id": None} if answer.get("test") else answer


def test_a_batch_of_a_hundred_takes_few_transactions(memory: Memory) -> None:
    payments = [body(transaction_id=str(n), nameOrig=f"C{n}", nameDest=f"M{n}") for n in range(100)]

    answers = memory.client.post("/predict/batch", json={"transactions": payments}).json()

    assert len(answers["results"]) == 100
    assert len(memory.table.records) == 100
    assert memory.table.writes == [99, 99, 99, 3]


@pytest.mark.parametrize("trouble", ["busy", "lost"])
def test_a_group_that_fails_goes_one_by_one(memory: Memory, trouble: str) -> None:
    errors = {"busy": BusyError("busy"), "lost": LostError("lost", is_slow=False)}
    memory.table.troubles.writes = [errors[trouble]] * 2
    payments = [body(transaction_id=str(n)) for n in range(3)]

    answers = memory.client.post("/predict/batch", json={"transactions": payments}).json()

    assert [answer["degraded"] for answer in answers["results"]] == [[], [], []]
    counts = [record.versions[0].seq for record in memory.table.records if record.versions[0]]
    assert counts == [0, 1, 2]


def test_a_group_whose_states_cannot_be_read_goes_one_by_one(
    memory: Memory, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    memory.table.troubles.reads = [TableError("no right")]
    payments = [body(transaction_id=str(n)) for n in range(2)]

    answers = memory.client.post("/predict/batch", json={"transactions": payments}).json()

    assert [answer["degraded"] for answer in answers["results"]] == [[], []]
    assert memory.table.writes == [3, 3]
    assert [(line["message"], line.get("cause")) for line in log_lines()] == [
        ("table failed", "no right"),
        ("POST /predict/batch 200", None),
    ]


def test_a_batch_that_is_sent_again_takes_few_requests(memory: Memory) -> None:
    payments = [body(transaction_id=str(n), nameOrig=f"C{n}", nameDest=f"M{n}") for n in range(100)]
    sent = {"transactions": payments}
    first = memory.client.post("/predict/batch", json=sent)
    memory.table.writes.clear()

    again = memory.client.post("/predict/batch", json=sent)

    assert again.content == first.content
    assert len(memory.table.writes) == 4


def test_what_is_new_in_a_batch_is_recorded_together(memory: Memory) -> None:
    payments = [body(transaction_id=str(n), nameOrig=f"C{n}") for n in range(5)]
    memory.ask(transaction_id="2", nameOrig="C2")
    memory.table.writes.clear()

    answers = memory.client.post("/predict/batch", json={"transactions": payments}).json()

    assert [answer["degraded"] for answer in answers["results"]] == [[]] * 5
    assert len(memory.table.records) == 5
    assert memory.table.writes == [11, 9]


def test_a_batch_does_not_wait_for_a_bad_table_for_ever(memory: Memory) -> None:
    clock = memory.clock
    memory.table.troubles.writes = [
        CancelledError("conflict", [False] * 3, [None] * 3) for _ in range(1_000)
    ]
    memory.table.patience = lambda deadline: clock.sleep(min(0.05, deadline - clock.now))
    payments = [body(transaction_id=str(n)) for n in range(100)]

    answers = memory.client.post("/predict/batch", json={"transactions": payments}).json()

    assert len(answers["results"]) == 100
    assert clock.now < 6
    assert answers["results"][-1]["degraded"] == ["no_history", "unrecorded"]


PLANTED = {"nameOrig": "C-planted-payer", "nameDest": "C-planted-payee"}


@pytest.mark.parametrize("model", [None, make_bundle()], ids=["with histories", "without"])
def test_no_account_is_in_an_item_or_a_log_line(
    model: bytes | None, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    memory = Memory(data=model)
    memory.ask(**PLANTED, transaction_id="t")
    memory.table.troubles.writes = []
    memory.client.post("/predict/batch", json={"transactions": [body(**PLANTED)] * 3})
    answer = memory.ask(**PLANTED, transaction_id="t")

    read = memory.client.get(f"/predictions/{answer['prediction_id']}")

    stored = repr(memory.table.items) + json.dumps(log_lines()) + read.text
    assert "planted" not in stored
    assert b"a secret of the tests".hex() not in stored
    assert "a secret of the tests" not in stored


def test_the_log_line_says_how_the_table_did(
    memory: Memory, log_lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = memory.ask(transaction_id="t")
    memory.ask(transaction_id="t")
    memory.post(transaction_id="t", amount=3.0)
    memory.client.post("/predict/batch", json={"transactions": [body()]})

    first, again, reused, batch = log_lines()

    assert first["prediction_id"] == again["prediction_id"] == answer["prediction_id"]
    assert first["decision"] == answer["decision"]
    assert first["fraud_probability"] == answer["fraud_probability"]
    assert (first["attempts"], first["degraded"]) == (1, [])
    assert "replayed" not in first
    assert again["replayed"] is True
    assert reused["status"] == 422
    assert (batch["transactions"], batch["attempts"], batch["refused"]) == (1, 1, 0)


def test_degraded_answers_are_logged_so_that_an_alarm_counts_them(
    log_lines: Callable[[], list[dict[str, Any]]],
) -> None:
    memory = Memory(keys=None)
    memory.ask()
    memory.client.post("/predict/batch", json={"transactions": [body()] * 2})

    assert [line["degraded"] for line in log_lines()] == [["no_history", "unrecorded"]] * 2


def test_the_arrival_is_that_of_the_clock() -> None:
    memory = Memory(now=lambda: NOW_S + 0.25)
    memory.ask()

    assert memory.table.records[0].arrived == 1_000 * NOW_S + 250
