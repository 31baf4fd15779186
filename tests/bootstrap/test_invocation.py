"""The doctor's direct invocation of the function."""

import json
from types import SimpleNamespace

import pytest

from bootstrap.account import LONGEST_ANSWER_S
from bootstrap.checks import model_loads
from bootstrap.site import UnhealthyError
from bootstrap.transform import TEMPLATE, transformed
from tests.bootstrap.cloud import invoked


class OneAnswer:
    """An account that gives one answer to every call, and records the call."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = {}

    def read(self, service, operation, **arguments):
        self.asked = {"call": f"{service}:{operation}", **arguments}
        return self.answer


def site(**said):
    return SimpleNamespace(account=OneAnswer(invoked(**said)), function="the-function")


def test_the_alias_is_asked_for_its_model_with_the_log_of_the_call():
    healthy = site()

    assert model_loads(healthy) == "0123456789abcdef, read by the function's own role"

    asked = healthy.account.asked
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
    remedy, failure, status
):
    ill = site(status=status, failures=[{"exception_name": "Another"}, failure])

    with pytest.raises(UnhealthyError) as caught:
        model_loads(ill)

    assert remedy in caught.value.remedy
    for fact in failure.values():
        assert fact in str(caught.value)


@pytest.mark.parametrize(
    ("status", "what"),
    [(503, "answers 503"), (404, "answers 404"), (None, "did not answer")],
)
def test_an_answer_without_a_log_line_is_the_fault_itself(status, what):
    with pytest.raises(UnhealthyError, match=what) as caught:
        model_loads(site(status=status))

    assert "sam logs" in caught.value.remedy


def test_an_invocation_waits_longer_than_any_function_runs():
    template = transformed(TEMPLATE.read_text(), {})["source"]
    heartbeat = template["Resources"]["HeartbeatFunction"]["Properties"]

    assert heartbeat["Timeout"] < LONGEST_ANSWER_S
    assert template["Parameters"]["TimeoutS"]["MaxValue"] < LONGEST_ANSWER_S
