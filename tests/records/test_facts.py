"""What is recorded of a payment: enough to judge it again, and no id."""

import json

from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.domain.fields import id_field
from fraud_api_lambda.records.asked import Clock
from fraud_api_lambda.records.facts import RecordedFacts
from tests.schemas import CARDS, Own, card_body, own_columns, payments_of

IDS = "an-id-that-is-nowhere-else"


@given(own_columns(), st.data())
def test_recorded_facts_are_those_of_the_payment(own: Own, data: st.DataObject) -> None:
    sent = data.draw(payments_of(own))
    recorded = RecordedFacts(own.schema)

    stored = json.loads(json.dumps(recorded.of(sent)))
    values = recorded.values(stored)

    assert repr(own.reader.payment(values).facts) == repr(own.reader.payment(sent).facts)
    clock = Clock(own.schema)
    assert clock.seconds(values) == clock.seconds(sent)


@given(own_columns(), st.data())
def test_no_id_is_recorded(own: Own, data: st.DataObject) -> None:
    roles = own.schema.roles
    attributes = own.schema.attributes.values()
    stated = {name for each in attributes if each.prefix is None for name in each.columns}
    ids = {roles.payer, roles.payee, id_field(own.schema), *own.schema.entities.values()}
    sent = data.draw(payments_of(own))
    sent |= dict.fromkeys((name for name in ids - stated if name), IDS)

    assert IDS not in json.dumps(RecordedFacts(own.schema).of(sent))


def test_a_flag_of_an_id_is_recorded_under_its_name() -> None:
    recorded = RecordedFacts(CARDS.schema)

    chain, other = (recorded.of(card_body(shop=shop)) for shop in ("CH Mills", "Ott and Sons"))

    assert (chain["is_chain"], other["is_chain"]) == (True, False)
    assert not {"shop", "card", "number"} & chain.keys()
