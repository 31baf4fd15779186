"""Scorers that remember or fail, payments as they are sent, and what every problem keeps to."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from hypothesis import strategies as st
from starlette.testclient import TestClient

from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Assessment
from fraud_api_lambda.domain.payment import MAX_AMOUNT, MAX_HOURS, Payment
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.problem_kinds import KINDS
from fraud_api_lambda.web.problems import MEDIA_TYPE
from fraud_api_lambda.wire.wire import Wire
from tests.bundles import make_bundle
from tests.fakes import ReadyProvider
from tests.transactions import ACCOUNTS, CENTS, MONEY

BUNDLE = read(make_bundle())
WIRE = Wire(BUNDLE)

JSON = {"Content-Type": "application/json"}

PAYMENT: dict[str, Any] = {
    "step": 14,
    "type": "TRANSFER",
    "amount": 250.0,
    "nameOrig": "C1",
    "nameDest": "C2",
    "oldbalanceOrg": 1_000.0,
}
"""What must be sent, and no more."""

GOOD: dict[str, dict[str, Any]] = {
    "/predict": PAYMENT,
    "/predict/batch": {"transactions": [PAYMENT]},
}
"""A body for each route that has one."""

POSTS = tuple(GOOD)

OFFSETS = st.sampled_from(["Z", "z", "+00:00", "-11:30", "+0100", "+01", "-2359", "+14:00"])
CLOCKS = st.sampled_from(["00:00", "03:00", "23:59:59", "03:00:00.5", "23:59:00.123456789"])
TIMESTAMPS = st.builds(
    lambda day, mark, clock, offset: f"{day}{mark}{clock}{offset}",
    st.dates(date(1000, 1, 1)),
    st.sampled_from("Tt"),
    CLOCKS,
    OFFSETS,
)
"""Times in every way of writing that is allowed."""

TYPES = st.sampled_from(["CASH_IN", "CASH_OUT", "DEBIT", "PAYMENT", "TRANSFER"])
AMOUNTS = MONEY | CENTS | st.integers(0, int(MAX_AMOUNT))

PAYMENTS = st.fixed_dictionaries(
    {
        "step": st.integers(1, MAX_HOURS),
        "type": TYPES,
        "amount": AMOUNTS,
        "nameOrig": ACCOUNTS,
        "nameDest": ACCOUNTS,
        "oldbalanceOrg": AMOUNTS,
    },
    optional={
        "oldbalanceDest": AMOUNTS | st.none(),
        "transaction_id": ACCOUNTS | st.none(),
        "isFlaggedFraud": st.sampled_from([0, 1, 0.0, True, None]),
    },
)

TIMED = st.builds(
    lambda body, timestamp: {**body, "timestamp": timestamp, "step": None}, PAYMENTS, TIMESTAMPS
)
"""Payments with a time in place of the step."""

CANARY = "canary7f3a"
"""Sent in many places; no problem and no log line may hold it."""

TEXT = st.text() | st.text().map(lambda text: CANARY + text)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=6,
)
FIELDS = st.sampled_from([*PAYMENT, "timestamp", "oldbalanceDest", "transaction_id"])
NEARLY = st.builds(lambda body, wrong: body | wrong, PAYMENTS, st.dictionaries(FIELDS, VALUES))
BODIES = VALUES | NEARLY | st.fixed_dictionaries({"transactions": st.lists(NEARLY | VALUES)})
TEXTS = BODIES.map(json.dumps).map(str.encode)
"""JSON, or nearly so: Python writes NaN and Infinity too."""


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Such a text with some bytes taken out, and others put in."""
    text = draw(TEXTS)
    first, last = sorted(draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    return text[:first] + draw(st.binary(max_size=8)) + text[last:]


class RecordingScorer:
    """A scorer that remembers what it was asked."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self.version, self.bundle = scorer.version, scorer.bundle
        self.seen: list[Payment] = []

    def assess(self, payment: Payment, *, explain: bool = False) -> Assessment:
        self.seen.append(payment)
        return self._scorer.assess(payment, explain=explain)


class BrokenScorer:
    """A scorer that fails with what nobody may see."""

    version, bundle = BUNDLE.version, BUNDLE

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def assess(self, payment: Payment, **_: bool) -> Assessment:
        raise RuntimeError(f"{self._secret}: {payment}")

    def assess_many(self, payments: Sequence[Payment], **_: bool) -> list[Assessment]:
        raise RuntimeError(f"{self._secret}: {payments}")


def client_of(scorer: Any, **how: Any) -> TestClient:
    return TestClient(create_app(ReadyProvider(scorer, **how)))


def payment(**changes: Any) -> dict[str, Any]:
    """A payment as it is sent, with changes; a field set to `...` is left out."""
    return {key: value for key, value in {**PAYMENT, **changes}.items() if value is not ...}


def sent(client: TestClient, body: bytes, path: str = "/predict") -> Any:
    """The response to any bytes that are called JSON."""
    return client.post(path, content=body, headers=JSON)


def check_problem(response: Any, status: int) -> dict[str, Any]:
    """The body of a problem, after what every problem keeps to."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == MEDIA_TYPE
    assert len(response.content) <= 2048
    body: dict[str, Any] = response.json()
    members = {"type", "title", "status", "detail", "request_id"}
    assert body.keys() == members | ({"errors"} if status == 422 else set())
    assert {body["type"]} <= {kind.type for kind in KINDS if kind.status == status}
    assert body["title"]
    assert body["detail"]
    assert body["status"] == status
    assert body["request_id"] == response.headers["x-request-id"]
    assert len(body.get("errors", [])) <= 10
    for fault in body.get("errors", []):
        assert fault.keys() == {"detail", "pointer"}
        assert fault["pointer"].startswith("#")
    return body
