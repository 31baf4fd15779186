"""What a model is told of the accounts of a payment, and by whose columns."""

from base64 import urlsafe_b64decode
from dataclasses import replace
from typing import Any, Final

import pytest

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.accounts import PAYEE, PAYER
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.domain.schema import Roles, Schema, Time
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.history.view import NEVER_SEEN, History
from fraud_api_lambda.records.asked import AskedReader, partner_number
from fraud_api_lambda.records.items import Record
from tests.bundles import bundle_of, make_history_bundle
from tests.records.support import KEYS, NOW_S, Memory, model_of, ticking
from tests.schemas import CARDS, Own, card_body
from tests.transactions import LEARNED, PAYSIM, READER, body

WITHDRAWALS: Final = Own(
    Schema(
        name="withdrawals",
        roles=Roles(time=Time("at"), amount="amt", payer="card", label="is_fraud"),
    ),
    Learned(),
)
"""Payments without a payee."""

WHOLE: Final = Own(replace(PAYSIM, decimals=0), LEARNED)
"""PaySim's payments in a currency without minor units."""


def withdrawal(amount: float = 40.0) -> dict[str, Any]:
    return {"at": "2026-03-01 14:30:00", "amt": amount, "card": "c1"}


def bundle(own: Own, sent: list[dict[str, Any]]) -> bytes:
    return bundle_of(own.plan("strict"), sent)


def seen_by(record: Record) -> list[History]:
    assert record.histories is not None
    return list(record.histories)


def test_an_answer_rests_on_the_histories_that_are_recorded_with_it() -> None:
    memory = Memory(now=ticking())
    scorer = Scorer.from_bundle(read(make_history_bundle()))
    payment = READER.payment(body())

    answers = [memory.ask()["fraud_probability"] for _ in range(12)]

    for answer, record in zip(answers, memory.table.records, strict=True):
        facts = payment.facts._replace(histories=tuple(seen_by(record)))
        assert answer == scorer.assess(payment._replace(facts=facts)).fraud_probability
    assert len(set(answers)) > 1


def test_a_model_sees_the_histories_that_it_knows_in_its_own_order() -> None:
    learned = replace(LEARNED, histories=("received", "payer"))
    reader = AskedReader(Plan(PAYSIM, learned, "history"))
    asked = reader.asked(body(), KEYS, round(1_000 * NOW_S))
    payer, payee, received = (NEVER_SEEN._replace(count_7d=number) for number in range(3))

    shown = reader.with_histories(asked, [payer, payee, received])

    assert shown.facts.histories == (received, payer)


def test_each_model_reads_payments_by_its_own_schema() -> None:
    memory = Memory(now=ticking())
    usual = model_of(None)
    whole = model_of(bundle(WHOLE, [body(amount=float(each)) for each in range(1, 9)]))

    for model in (usual, whole, usual, whole):
        memory.provider.model = model
        memory.ask(amount=7.0)

    sums = [seen_by(record)[0].sum_30d for record in memory.table.records]
    assert sums == [0, 700, 707, 1_407]


def test_a_new_account_begins_at_its_first_payment() -> None:
    memory = Memory(now=ticking())
    memory.ask()
    memory.ask(nameDest="C3")

    first, second = memory.table.records

    assert list(first.versions) == [
        (first.arrived, 0, True),
        (first.arrived, 0, True),
        (0, 0, False),
    ]
    assert list(second.versions[:2]) == [(first.arrived, 1, True), (second.arrived, 0, True)]


def test_an_entity_that_a_payment_does_not_have_has_no_history() -> None:
    data = bundle(CARDS, [card_body(tries=float(each)) for each in range(8)])
    memory = Memory(data=data, now=ticking())

    for sent in ({}, {"device_id": None}, {"device_id": "d1"}):
        assert memory.client.post("/predict", json=card_body(number=None, **sent)).is_success

    without, null, known = memory.table.records
    assert (without.accounts[2], null.accounts[2]) == (None, None)
    assert without.versions[2] is None
    assert known.accounts[2] == KEYS.account("device", "d1")
    assert sum(key.startswith("A#") for key in memory.table.items) == 3


def test_an_account_that_has_paid_another_knows_it() -> None:
    memory = Memory(now=ticking())
    for payee in ("C2", "C2", "C3"):
        memory.ask(nameDest=payee)

    news = [seen_by(record)[0].new_partner for record in memory.table.records]

    assert news == [True, False, True]


def test_a_payment_without_a_payee_has_no_partner() -> None:
    data = bundle(WITHDRAWALS, [withdrawal(float(each)) for each in range(8)])
    memory = Memory(data=data, now=ticking())
    for _ in range(2):
        assert memory.client.post("/predict", json=withdrawal()).is_success

    (history,) = seen_by(memory.table.records[1])

    assert history.count_30d == 1
    assert history.new_partner


def test_a_payment_without_accounts_is_recorded_alone() -> None:
    sent = [{"at": "2026-03-01 14:30:00", "amt": float(each)} for each in range(8)]
    roles = replace(WITHDRAWALS.schema.roles, payer=None)
    own = WITHDRAWALS._replace(schema=replace(WITHDRAWALS.schema, roles=roles))
    memory = Memory(data=bundle(own, sent))

    assert memory.client.post("/predict", json=sent[0]).json()["degraded"] == []
    assert (memory.table.reads, memory.table.writes) == ([], [1])


@pytest.mark.parametrize("kind", [PAYER, PAYEE])
def test_the_number_of_a_partner_is_the_beginning_of_its_keyed_id(kind: str) -> None:
    keyed = urlsafe_b64decode(KEYS.account(kind, "C1") + "==")

    assert partner_number(KEYS, kind, "C1") == int.from_bytes(keyed[:8])


@pytest.mark.parametrize(("time", "status"), [("19:00:00", 200), ("19:00:01", 422)])
def test_an_hour_ahead_is_the_limit(time: str, status: int) -> None:
    soon = body(timestamp=f"2026-11-28T{time}Z")  # arrives at 18:00
    del soon["step"]

    assert Memory().client.post("/predict", json=soon).status_code == status


def test_without_a_secret_a_model_that_needs_no_histories_only_records_nothing() -> None:
    data = bundle(WITHDRAWALS, [withdrawal(float(each)) for each in range(8)])
    memory = Memory(data=data, keys=None)

    answer = memory.client.post("/predict", json=withdrawal()).json()

    assert answer["degraded"] == ["unrecorded"]
