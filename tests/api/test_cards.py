"""A model of card payments: its own columns on every route, and the switch from another schema."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.domain.fields import fields_of
from fraud_api_lambda.domain.schema import Time, Unit
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.wire.body_faults import LABEL
from fraud_api_lambda.wire.wire import InvalidBodyError, Wire
from tests.api.cards import CARDS, LEARNED, card_payment, cards_bundle
from tests.api.support import BUNDLE, check_problem, payment, sent
from tests.fakes import NoModel, ReadyProvider


@pytest.fixture(scope="module")
def cards() -> Iterator[TestClient]:
    provider = ReadyProvider(Scorer.from_bundle(cards_bundle()))
    with TestClient(create_app(provider, docs=True)) as client:
        yield client


def fault(client: TestClient, body: dict[str, Any]) -> tuple[str, str]:
    """The pointer and the detail of the only fault of a body."""
    (found,) = check_problem(client.post("/predict", json=body), 422)["errors"]
    return found["pointer"], found["detail"]


ACCEPTED: tuple[dict[str, Any], ...] = (
    {},
    {"trans time": "2026-11-24"},
    {"trans time": "2026-11-24T03:00:18.123+01:00"},
    {"cc_num": 4532015112830366},
    {"cc_num": 9999999999999999999},
    {"cc_num": 12.0},
    {"zip": 10001},
    {"Merchant/Name": "x" * 128},
    {"Merchant/Name": "Zoë & Söhne 株式会社"},
    {"category": ...},
    {"category": None},
    {"age": ...},
    {"age": None},
    {"age": -1e15},
    {"known": 0},
    {"known": "1"},
    {"known": "TRUE"},
    {"known": 0.0},
    {"known": "0.0"},
    {"gender": "M"},
    {"lat": -90, "long": 180.0},
    {"trans_num": "a b"},
    {"trans_num": None},
    {"device_id": "a phone"},
    {"settled": "2026-11-25", "job": "x" * 5_000},
    {"settled": True, "job": None},
)

REFUSED: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"trans time": "24/11/2026"}, "#/trans time", "write the year first, such as 2026-11-24"),
    ({"trans time": "2026-11-24 24:00"}, "#/trans time", "the hour 24 is not taken"),
    ({"trans time": 1_790_000_000}, "#/trans time", "write ISO 8601"),
    ({"trans time": None}, "#/trans time", "write ISO 8601"),
    ({"trans time": ...}, "#/trans time", "this field is required"),
    ({"timestamp": "2026-11-24T03:00Z"}, "#/timestamp", "this field is not known"),
    ({"amt": -1}, "#/amt", "write 0 or more"),
    ({"cc_num": 10**19}, "#/cc_num", "write a text, in quotes, or a whole number"),
    ({"cc_num": 1.5}, "#/cc_num", "write a text, in quotes, or a whole number"),
    ({"cc_num": True}, "#/cc_num", "write a text, in quotes, or a whole number"),
    ({"Merchant/Name": ""}, "#/Merchant~1Name", "write 1 to 128 printable characters"),
    ({"Merchant/Name": "x" * 129}, "#/Merchant~1Name", "write 1 to 128 printable characters"),
    ({"Merchant/Name": "a\nb"}, "#/Merchant~1Name", "write 1 to 128 printable characters"),
    ({"Merchant/Name": " a"}, "#/Merchant~1Name", "write 1 to 128 printable characters"),
    ({"Merchant/Name": 7}, "#/Merchant~1Name", "write a text, in quotes"),
    ({"category": "x" * 7_000}, "#/category", "write 1 to 128 printable characters"),
    ({"category": 5}, "#/category", "write a text, in quotes"),
    ({"channel": "phone"}, "#/channel", "write one of chip, online, swipe"),
    ({"channel": None}, "#/channel", "write one of chip, online, swipe"),
    ({"zip": ...}, "#/zip", "this field is required"),
    ({"gender": "X"}, "#/gender", "write F or M"),
    ({"gender": None}, "#/gender", "write F or M"),
    ({"known": 2}, "#/known", "write 0 or 1"),
    ({"known": []}, "#/known", "write 0 or 1"),
    ({"age": 1.1e15}, "#/age", "write 1,000,000,000,000,000 or less"),
    ({"age": "51"}, "#/age", "write a number, without quotes"),
    ({"lat": 90.5}, "#/lat", "write 90 or less"),
    ({"m~long": -181}, "#/m~0long", "write -180 or more"),
    ({"long": ...}, "#/long", "this field is required"),
    ({"job": {}}, "#/job", "write a text, a number, true, false or null"),
    ({"is_fraud": 0}, "#/is_fraud", LABEL),
    ({"isFraud": 0}, "#/isFraud", LABEL),
    ({"Reported At": None}, "#", LABEL),
    ({"MerchantName": "x"}, "#/MerchantName", "this field is not known; did you mean"),
    ({"Amt": 1}, "#/Amt", "this field is not known; did you mean amt?"),
    ({"step": 1}, "#/step", "this field is not known"),
)


@pytest.mark.parametrize("changes", ACCEPTED, ids=str)
def test_a_card_payment_within_its_limits_is_answered(
    cards: TestClient, changes: dict[str, Any]
) -> None:
    response = cards.post("/predict", json=card_payment(**changes))

    assert response.status_code == 200, response.text
    assert response.json()["degraded"] == []


@pytest.mark.parametrize(("changes", "pointer", "detail"), REFUSED, ids=str)
def test_any_other_card_payment_is_refused_with_its_column_and_the_remedy(
    cards: TestClient, changes: dict[str, Any], pointer: str, detail: str
) -> None:
    found = fault(cards, card_payment(**changes))

    assert found[0] == pointer
    assert found[1].startswith(detail)


@pytest.mark.parametrize(
    ("changes", "is_allowed"),
    [*((changes, True) for changes in ACCEPTED), *((changes, False) for changes, *_ in REFUSED)],
    ids=str,
)
def test_the_served_document_allows_the_same(
    cards: TestClient, changes: dict[str, Any], *, is_allowed: bool
) -> None:
    document = cards.get("/openapi.json").json()
    validator = Draft202012Validator(document["components"]["schemas"]["TransactionIn"])

    assert validator.is_valid(card_payment(**changes)) is is_allowed


def test_an_unknown_value_of_a_category_is_told_in_the_answer_and_in_a_batch(
    cards: TestClient,
) -> None:
    unseen = card_payment(category="zoo", zip="99999")

    alone = cards.post("/predict", json=unseen).json()
    both = cards.post("/predict/batch", json={"transactions": [unseen, card_payment()]}).json()

    assert alone["degraded"] == ["unseen:category", "unseen:zip"]
    assert [each["degraded"] for each in both["results"]] == [alone["degraded"], []]


def test_a_stale_model_and_an_unknown_value_are_told_together() -> None:
    provider = ReadyProvider(Scorer(cards_bundle()), degraded=("stale_model",))

    answer = TestClient(create_app(provider)).post("/predict", json=card_payment(zip="x")).json()

    assert answer["degraded"] == ["stale_model", "unseen:zip"]


def test_a_transaction_id_of_the_schemas_own_column_comes_back(cards: TestClient) -> None:
    answer = cards.post("/predict", json=card_payment(trans_num="my id")).json()

    assert answer["transaction_id"] == "my id"


def test_the_faults_of_a_batch_point_into_it(cards: TestClient) -> None:
    body = {"transactions": [card_payment(), card_payment(**{"Merchant/Name": 7})]}

    results = cards.post("/predict/batch", json=body).json()["results"]

    (found,) = results[1]["problem"]["errors"]
    assert found["pointer"] == "#/transactions/1/Merchant~1Name"


def test_the_model_tells_its_columns_and_the_origin_of_its_features(cards: TestClient) -> None:
    found = cards.get("/model").json()

    assert {name: found["schema"][name] for name in found["schema"] if name != "fields"} == {
        "name": "cards",
        "currency": "USD",
        "decimals": 2,
        "timezone": "America/New_York",
        "peer_group": "category",
    }
    fields = found["schema"]["fields"]
    assert [field["name"] for field in fields] == [f.name for f in fields_of(CARDS, LEARNED)]
    assert next(field for field in fields if field["name"] == "category") == {
        "name": "category",
        "form": "category",
        "role": "",
        "attribute": "category",
        "required": False,
        "values": ["grocery", "travel"],
        "closed": False,
        "digits": False,
        "label": "kind of purchase",
    }
    assert [each["feature"] for each in found["inputs"]] == found["features"]
    assert {"feature": "zip_rate", "measure": "rate", "attribute": "zip"} in found["inputs"]
    assert {"feature": "amount", "measure": "amount", "attribute": ""} in found["inputs"]


def test_the_models_own_examples_get_their_answers(cards: TestClient) -> None:
    for example in cards.get("/model").json()["examples"].values():
        answer = cards.post("/predict", json=example["transaction"]).json()

        assert {name: answer[name] for name in example["answer"]} == example["answer"]


def test_the_document_names_the_model_and_has_its_columns(cards: TestClient) -> None:
    document = cards.get("/openapi.json").json()

    assert cards_bundle().version in document["info"]["version"]
    fields = document["components"]["schemas"]["TransactionIn"]["properties"]
    assert fields["amt"]["description"] == "In USD."
    assert fields["category"]["description"] == "Kind of purchase."
    assert fields["m~lat"]["description"] == "Latitude of the shop, in degrees."
    assert fields["device_id"]["description"] == "The device."
    assert {name for name in fields if fields[name].get("deprecated")} == {"settled", "job"}


@pytest.mark.parametrize(
    ("unit", "most"), [(Unit.SECOND, 3_600_000_000), (Unit.HOUR, 1_000_000), (Unit.DAY, 41_666)]
)
def test_a_count_ends_at_a_million_hours_in_its_unit(unit: Unit, most: int) -> None:
    roles = replace(CARDS.roles, time=Time("t", unit, 1))
    plan = Plan(replace(CARDS, roles=roles), LEARNED, "decision-time")
    wire = Wire(replace(BUNDLE, plan=plan))
    body = card_payment(**{"trans time": ...})

    for count in (1, most, float(most)):
        wire.payment(json.dumps(body | {"t": count}).encode())
    for count in (0, most + 1, 1.5):
        with pytest.raises(InvalidBodyError):
            wire.payment(json.dumps(body | {"t": count}).encode())


class Switching:
    """A provider that gives another model each time, as a promotion under load does."""

    def __init__(self, *scorers: Scorer) -> None:
        self._models = cycle([ReadyProvider(each).model for each in scorers])

    def peek(self) -> LoadedModel:
        return next(self._models)

    def get(self) -> LoadedModel:
        return self.peek()


def test_while_a_model_of_another_schema_is_picked_up_every_answer_is_of_one_of_the_two() -> None:
    scorers = [Scorer(BUNDLE), Scorer(cards_bundle())]
    bodies = {BUNDLE.version: payment(), cards_bundle().version: card_payment()}
    app = create_app(Switching(*scorers))

    def ask(body: dict[str, Any]) -> list[tuple[int, Any]]:
        client = TestClient(app)
        return [
            (response.status_code, response.json().get("model_version"))
            for _ in range(25)
            for response in [client.post("/predict", json=body)]
        ]

    with ThreadPoolExecutor(4) as pool:
        asked = [*bodies.items()] * 2
        answered = list(pool.map(lambda pair: ask(pair[1]), asked))

    for (version, _), responses in zip(asked, answered, strict=True):
        # Under the model of its own schema it is answered, under the other one refused.
        assert set(responses) <= {(200, version), (422, None)}
    assert {200, 422} == {status for responses in answered for status, _ in responses}


def test_a_wire_is_made_once_for_each_model(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(bundle: Any) -> Wire:
        made.append(bundle.version)
        return Wire(bundle)

    monkeypatch.setattr("fraud_api_lambda.wire.wire.Wire", counted)
    client = TestClient(create_app(Switching(Scorer(BUNDLE), Scorer(cards_bundle()))))

    for _ in range(3):
        client.post("/predict", json=payment())
        client.post("/predict", json=card_payment())

    assert sorted(made) == sorted([BUNDLE.version, cards_bundle().version])


def test_without_a_model_a_body_is_not_read() -> None:
    client = TestClient(create_app(NoModel()))

    check_problem(sent(client, b"{"), 503)
    check_problem(sent(client, b""), 400)
