"""The doctor's check of the reviews: who is shown them, and why nobody is."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest

from bootstrap.account import Account, AwsError
from bootstrap.memory_checks import OFF
from bootstrap.review_checks import reviews_guarded
from bootstrap.site import Site, UnhealthyError
from bootstrap.stacks import Stack
from tests.function.runtime import event

SCORING, REVIEW = "scoring-key", "review-key"
REFUSED = {"message": "table failed", "cause": "Query: AWS says AccessDeniedException"}

type Answers = Mapping[str, int]
"""The function's status by the id of the caller's key."""


class Function(Account):
    """An account with a review key, and a function that answers by the caller's key."""

    def __init__(self, answers: Answers, *lines: dict[str, Any], key: object = True) -> None:
        super().__init__(lambda _: None)
        self.answers, self.lines, self.key = answers, lines, key
        self.events: list[dict[str, Any]] = []

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation == "GetApiKey":
            assert arguments == {"apiKey": REVIEW}
            if isinstance(self.key, AwsError):
                raise self.key
            return {"enabled": self.key}
        assert (service, operation) == ("lambda", "Invoke")
        self.events.append(json.loads(arguments["Payload"]))
        status = self.answers[self.events[-1]["requestContext"]["identity"]["apiKeyId"]]
        payload = {"statusCode": status, "body": json.dumps({"reviews": ["of somebody"]})}
        log = "\n".join(json.dumps(line) for line in self.lines)
        return {
            "Payload": BytesIO(json.dumps(payload).encode()),
            "LogResult": base64.b64encode(log.encode()).decode(),
        }


def site(account: Account, memory: str = "on", *, has_key: bool = True) -> Site:
    outputs = {"FunctionName": "the-function", "ApiKeyId": SCORING}
    if has_key:
        outputs["ReviewKeyId"] = REVIEW
    now = datetime.now(UTC)
    stack = Stack("fraud-api-dev", "UPDATE_COMPLETE", "", {"Memory": memory}, outputs, now)
    return Site(account, "dev", stack, stack)


GUARDED: Answers = {SCORING: 403, REVIEW: 200}


def test_reviews_that_only_the_review_key_opens_are_healthy() -> None:
    assert reviews_guarded(site(Function(GUARDED))) == f"shown to key {REVIEW} alone"


def test_the_function_is_asked_as_the_gateway_asks_it() -> None:
    account = Function(GUARDED)

    reviews_guarded(site(account))

    recorded = event("rest_v1_model")
    for sent in account.events:
        assert sent.keys() <= recorded.keys() | {"multiValueQueryStringParameters"}
        assert (sent["resource"], sent["path"], sent["httpMethod"]) == (
            "/reviews",
            "/reviews",
            "GET",
        )
        assert sent["multiValueQueryStringParameters"] == {"limit": ["1"]}
    assert len(account.events) == 2


def test_without_memory_nothing_is_asked() -> None:
    account = Function({})

    assert reviews_guarded(site(account, "off")) == OFF
    assert account.events == []


FAULTS: dict[str, tuple[Account, str, str]] = {
    "a disabled key": (Function(GUARDED, key=False), "is disabled", "enable it"),
    "a deleted key": (
        Function(GUARDED, key=AwsError("gone", "NotFoundException")),
        "was deleted",
        "raise ReviewKeyNumber in samconfig.toml, then make deploy ENV=dev",
    ),
    "an open queue": (
        Function({SCORING: 200, REVIEW: 200}),
        "shows the reviews to the scoring key",
        "make deploy ENV=dev",
    ),
    "another key": (
        Function({SCORING: 403, REVIEW: 403}),
        f"does not know the review key {REVIEW}",
        "make deploy ENV=dev",
    ),
    "a missing right": (
        Function({SCORING: 403, REVIEW: 503}, REFUSED),
        "cannot read the reviews: Query: AWS says AccessDeniedException",
        "allow its role dynamodb:Query: make bootstrap, then make deploy ENV=dev",
    ),
    "a slow table": (
        Function({SCORING: 403, REVIEW: 503}, {"message": "table failed", "cause": "Query: slow"}),
        "cannot read the reviews: Query: slow",
        "see `table` and `secret`",
    ),
    "an old image": (Function({SCORING: 404, REVIEW: 404}), "answers 404", "make deploy ENV=dev"),
}


@pytest.mark.parametrize(("account", "what", "remedy"), FAULTS.values(), ids=FAULTS)
def test_each_fault_has_a_remedy(account: Account, what: str, remedy: str) -> None:
    with pytest.raises(UnhealthyError, match=what) as caught:
        reviews_guarded(site(account))

    assert remedy in caught.value.remedy
    assert "of somebody" not in f"{caught.value} {caught.value.remedy}"


def test_a_stack_from_before_the_reviews_is_named() -> None:
    with pytest.raises(UnhealthyError, match="no review key") as caught:
        reviews_guarded(site(Function(GUARDED), has_key=False))

    assert caught.value.remedy == "make deploy ENV=dev"


def test_a_call_that_aws_refuses_is_not_taken_for_a_deleted_key() -> None:
    refusal = AwsError("no", "AccessDeniedException")

    with pytest.raises(AwsError, match="no"):
        reviews_guarded(site(Function(GUARDED, key=refusal)))
