"""The doctor's direct invocation of the function."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bootstrap.account import LONGEST_ANSWER_S, Account
from bootstrap.checks import model_loads
from bootstrap.site import Site, UnhealthyError
from bootstrap.stacks import Stack
from bootstrap.transform import TEMPLATE, transformed
from tests.bootstrap.cloud import invoked


class OneAnswer(Account):
    """An account that gives one answer to every call, and records the call."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(lambda _: None)
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        self.asked = {"call": f"{service}:{operation}", **arguments}
        return self.answer


def site(account: Account) -> Site:
    outputs = {"FunctionName": "the-function"}
    stack = Stack("fraud-api-dev", "UPDATE_COMPLETE", "", {}, outputs, datetime.now(UTC))
    return Site(account, "dev", stack, stack)


def test_the_alias_is_asked_for_its_model_with_the_log_of_the_call() -> None:
    account = OneAnswer(invoked())

    assert model_loads(site(account)) == "0123456789abcdef, read by the function's own role"

    asked = account.asked
    assert (asked["call"], asked["FunctionName"]) == ("lambda:Invoke", "the-function")
    assert (asked["Qualifier"], asked["LogType"]) == ("live", "Tail")
    assert json.loads(asked["Payload"])["resource"] == "/model"


REMEDIES = {
    "allow the function's role kms:Decrypt": {"code": "AccessDenied", "action": "kms:Decrypt"},
    "compare the function's role": {"code": "AccessDeniedException"},
    "enable the key": {"code": "KMS.DisabledException"},
    "the bucket is in eu-west-3": {"code": "PermanentRedirect", "region": "eu-west-3"},
    "its clock": {"code": "RequestTimeTooSkewed"},
    "promote a version": {"code": "ParameterNotFound", "exception_name": "NotFoundError"},
    "do not trust the bucket": {"exception_name": "IntegrityError"},
    "train and publish": {"operation": "read bundle", "exception_name": "BundleError"},
    "endpoints of S3 and SSM": {"exception_name": "gaierror"},
    "try again in a minute": {"code": "SlowDown", "exception_name": "TransientError"},
}


@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize(("remedy", "failure"), REMEDIES.items(), ids=REMEDIES)
def test_each_cause_of_a_failed_load_has_a_remedy_even_if_an_old_model_answers(
    remedy: str, failure: dict[str, str], status: int
) -> None:
    answer = invoked(status, [{"exception_name": "Another"}, failure])

    with pytest.raises(UnhealthyError) as caught:
        model_loads(site(OneAnswer(answer)))

    assert remedy in caught.value.remedy
    for fact in failure.values():
        assert fact in str(caught.value)


@pytest.mark.parametrize(
    ("status", "what"),
    [(503, "answers 503"), (404, "answers 404"), (None, "did not answer")],
)
def test_an_answer_without_a_log_line_is_the_fault_itself(status: int | None, what: str) -> None:
    with pytest.raises(UnhealthyError, match=what) as caught:
        model_loads(site(OneAnswer(invoked(status))))

    assert "sam logs" in caught.value.remedy


def test_an_invocation_waits_longer_than_any_function_runs() -> None:
    template = transformed(TEMPLATE.read_text(), {})["source"]
    heartbeat = template["Resources"]["HeartbeatFunction"]["Properties"]

    assert heartbeat["Timeout"] < LONGEST_ANSWER_S
    assert template["Parameters"]["TimeoutS"]["MaxValue"] < LONGEST_ANSWER_S
