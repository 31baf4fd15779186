"""While warm: the model is looked after, seldom, and a bad new one never replaces a good one."""

import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import PinnedModel, Pointer
from tests.aws import Aws
from tests.bundles import make_bundle
from tests.function.in_process import CONTEXT, Handler, imported
from tests.function.network import Network
from tests.function.runtime import event
from tests.waiting import wait_for

OLD, NEW = make_bundle(0), make_bundle(1)
REFRESH_S = 0.3

type Bad = Callable[[Aws, PinnedModel], PinnedModel]
"""Makes the pin of a model that cannot be served."""


def predicted(handler: Handler) -> dict[str, Any]:
    """The body of an answer, which must be one."""
    answer = handler(event("rest_v1_fraud"), CONTEXT)
    assert answer["statusCode"] == 200, answer["body"]
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def predicted_until(
    handler: Handler, condition: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """The first answer that meets the condition; none before it may be refused."""
    return wait_for(lambda: found if condition(found := predicted(handler)) else {})


@contextmanager
def warm(
    aws: Aws, lines: Network, refresh_s: float, level: str = "INFO"
) -> Iterator[tuple[Handler, PinnedModel]]:
    """The handler after its first answer, by the old model."""
    pinned = aws.serve(version_of(OLD), OLD)
    settings = {"FRAUD_MODEL_REFRESH_S": str(refresh_s), "FRAUD_LOG_LEVEL": level}
    with imported({**aws.environment, **lines.environment, **settings}) as handler:
        assert predicted(handler)["model_version"] == version_of(OLD)
        yield handler, pinned


def test_a_promoted_model_comes_to_be_served_and_no_request_is_refused(
    aws: Aws, lines: Network
) -> None:
    with warm(aws, lines, REFRESH_S) as (handler, _):
        aws.serve(version_of(NEW), NEW)

        found = predicted_until(handler, lambda it: it["model_version"] == version_of(NEW))

    assert found["degraded"] == []


def check_calls(aws: Aws, lines: Network, predictions: int, refresh_s: float) -> set[str]:
    """Many predictions across a promotion, and how often AWS was asked for them."""
    with warm(aws, lines, refresh_s, level="ERROR") as (handler, _):
        aws.serve(version_of(NEW), NEW)
        versions = [predicted(handler)["model_version"] for _ in range(predictions)]

    assert versions == sorted(versions, key=[version_of(OLD), version_of(NEW)].index)
    assert lines.requests < 10
    return set(versions)


def test_a_thousand_predictions_ask_aws_fewer_than_ten_times(aws: Aws, lines: Network) -> None:
    assert check_calls(aws, lines, 1_000, 60) == {version_of(OLD)}


@pytest.mark.soak
def test_ten_thousand_predictions_ask_aws_fewer_than_ten_times(aws: Aws, lines: Network) -> None:
    assert check_calls(aws, lines, 10_000, 10) <= {version_of(OLD), version_of(NEW)}


def damaged(aws: Aws, pinned: PinnedModel) -> PinnedModel:
    return overwritten(aws, pinned, OLD[:-1] + bytes([OLD[-1] ^ 1]))


def truncated(aws: Aws, pinned: PinnedModel) -> PinnedModel:
    return overwritten(aws, pinned, OLD[:-100])


def overwritten(aws: Aws, pinned: PinnedModel, data: bytes) -> PinnedModel:
    """The old pin, moved to a version of the object that holds other bytes."""
    put = aws.s3.put_object(Bucket=aws.bucket, Key=pinned.key, Body=data)
    return replace(pinned, version_id=put["VersionId"])


def of_another_digest(aws: Aws, pinned: PinnedModel) -> PinnedModel:  # noqa: ARG001
    return replace(pinned, sha256="0" * 64)


def of_another_format(aws: Aws, pinned: PinnedModel) -> PinnedModel:  # noqa: ARG001
    data = pickle.dumps({"format": "another"})
    aws.registry.add(version_of(data), data)
    return aws.registry.find(version_of(data))[0]


def missing(aws: Aws, pinned: PinnedModel) -> PinnedModel:  # noqa: ARG001
    return replace(pinned, key="models/0123456789abcdef/model.joblib")


BAD = {
    "damaged": damaged,
    "truncated": truncated,
    "of another digest": of_another_digest,
    "of another format": of_another_format,
    "missing": missing,
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_bad_new_model_leaves_the_last_good_one_until_a_good_one_comes(
    aws: Aws, lines: Network, bad: Bad, capsys: pytest.CaptureFixture[str]
) -> None:
    with warm(aws, lines, REFRESH_S) as (handler, pinned):
        new: PinnedModel = bad(aws, pinned)
        aws.registry.write_pointer(Pointer(new, pinned))
        stale = predicted_until(handler, lambda it: it["degraded"])
        aws.serve(version_of(NEW), NEW)
        fresh = predicted_until(handler, lambda it: it["model_version"] == version_of(NEW))

    assert (stale["model_version"], stale["degraded"]) == (version_of(OLD), ["stale_model"])
    assert fresh["degraded"] == []
    log = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    failures = [line for line in log if line["message"] == "model load failed"]
    assert {line["exception_name"] for line in failures} <= {
        "IntegrityError",
        "BundleError",
        "NotFoundError",
    }
    assert failures
    assert ["stale_model"] in [line.get("degraded") for line in log]
