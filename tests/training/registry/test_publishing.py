"""Publishing and promotion against S3 and SSM."""

import json
import re
from pathlib import Path

import pytest

from fraud_api_lambda.deployment.pointer import key_of
from tests.aws import Aws, Where
from tests.bundles import make_bundle, write_model
from training.errors import CheckFailedError, CommandError, InputError
from training.hints import fraud
from training.registry.promotion import Moved
from training.registry.publishing import promote_version, publish, rollback


def keys(aws: Aws) -> list[str]:
    return [item["Key"] for item in aws.s3.list_objects_v2(Bucket=aws.bucket).get("Contents", [])]


def test_publishing_uploads_model_and_manifest_and_serves_nothing(
    aws: Aws, where: Where, tmp_path: Path
) -> None:
    version = write_model(tmp_path, make_bundle())

    done = publish(tmp_path, **where)

    assert (done.version, done.is_new) == (version, True)
    assert keys(aws) == [f"models/{version}/manifest.json", key_of(version)]
    assert aws.registry.find(version)[1] == make_bundle()
    assert aws.served() is None


def test_publishing_again_changes_nothing(aws: Aws, where: Where, tmp_path: Path) -> None:
    version = write_model(tmp_path, make_bundle())
    publish(tmp_path, **where)
    pinned, _ = aws.registry.find(version)

    assert publish(tmp_path, **where).is_new is False

    assert aws.registry.find(version)[0] == pinned


def test_other_bytes_under_the_same_key_are_refused(aws: Aws, where: Where, tmp_path: Path) -> None:
    version = write_model(tmp_path, make_bundle())
    aws.s3.put_object(Bucket=aws.bucket, Key=key_of(version), Body=b"other bytes")

    with pytest.raises(CheckFailedError, match=f"is not version {version}"):
        publish(tmp_path, **where)


def test_a_model_that_does_not_match_its_manifest_is_refused(
    aws: Aws, where: Where, tmp_path: Path
) -> None:
    write_model(tmp_path, make_bundle(0))
    (tmp_path / "model.joblib").write_bytes(make_bundle(1))

    with pytest.raises(InputError, match="not the model of its manifest; train again"):
        publish(tmp_path, **where)

    assert keys(aws) == []


@pytest.mark.parametrize("manifest", ["", "{}", "[1]", "null"])
def test_a_damaged_manifest_is_refused(where: Where, tmp_path: Path, manifest: str) -> None:
    write_model(tmp_path, make_bundle())
    (tmp_path / "manifest.json").write_text(manifest)

    with pytest.raises(InputError, match=r"manifest\.json: missing or damaged; train again"):
        publish(tmp_path, **where)


def test_a_missing_manifest_is_refused(where: Where, tmp_path: Path) -> None:
    write_model(tmp_path, make_bundle())
    (tmp_path / "manifest.json").unlink()

    with pytest.raises(InputError, match=r"manifest\.json: missing or damaged"):
        publish(tmp_path, **where)


def test_a_directory_without_a_model_is_refused_with_the_command_that_makes_one(
    where: Where, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=re.escape(fraud("train", "--data"))):
        publish(tmp_path, **where)


def test_the_leaky_arm_is_never_published(aws: Aws, where: Where, tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text(json.dumps({"feature_set": "leaky-baseline"}))

    with pytest.raises(CheckFailedError, match="leaky-baseline, which is never published"):
        publish(tmp_path, **where)

    assert keys(aws) == []


@pytest.mark.parametrize("metrics", ["", "{}", "[]", "null"])
def test_damaged_metrics_without_a_model_give_no_traceback(
    where: Where, tmp_path: Path, metrics: str
) -> None:
    (tmp_path / "metrics.json").write_text(metrics)

    with pytest.raises(InputError, match="not there; make it with"):
        publish(tmp_path, **where)


def test_a_model_that_does_not_reproduce_its_examples_is_refused(
    aws: Aws, where: Where, tmp_path: Path
) -> None:
    other = {"method": "platt", "slope": 2.0, "intercept": 1.0}
    write_model(tmp_path, make_bundle(calibration=other))

    with pytest.raises(CheckFailedError, match="examples get other answers"):
        publish(tmp_path, **where)

    assert keys(aws) == []


def test_a_bucket_without_versioning_is_refused(aws: Aws, tmp_path: Path) -> None:
    plain = f"{aws.bucket}-plain"
    aws.s3.create_bucket(Bucket=plain)
    write_model(tmp_path, make_bundle())

    with pytest.raises(CheckFailedError, match=f"s3://{plain} is not versioned"):
        publish(tmp_path, bucket=plain, parameter=aws.parameter)


def test_a_missing_bucket_is_reported_in_one_line(aws: Aws, tmp_path: Path) -> None:
    write_model(tmp_path, make_bundle())

    with pytest.raises(CommandError, match=r"s3://no-such-bucket.*NoSuchBucket.*check") as caught:
        publish(tmp_path, bucket="no-such-bucket", parameter=aws.parameter)

    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)


def test_promoting_records_the_previous_version(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, _ = published

    assert promote_version(first, **where) == Moved(None, first)
    assert promote_version(second, **where) == Moved(first, second)

    assert aws.served() == (second, first)


def test_promoting_the_served_version_changes_nothing(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, _ = published
    promote_version(first, **where)
    promote_version(second, **where)

    assert not promote_version(second, **where).is_change

    assert aws.served() == (second, first)


def test_promoting_a_version_whose_object_was_rewritten_keeps_the_rollback(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, _ = published
    promote_version(first, **where)
    promote_version(second, **where)
    put = aws.s3.put_object(Bucket=aws.bucket, Key=key_of(second), Body=make_bundle(1))

    anew = Moved(second, second, pinned_anew=put["VersionId"])
    assert promote_version(second, dry_run=True, **where) == anew
    assert aws.registry.read_pointer().current.version_id != put["VersionId"]
    assert promote_version(second, **where) == anew
    assert promote_version(second, **where) == Moved(second, second)

    assert aws.served() == (second, first)
    assert aws.registry.read_pointer().current.version_id == put["VersionId"]


def test_rolling_back_serves_the_previous_version_and_rolling_back_again_undoes_it(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, _ = published
    promote_version(first, **where)
    promote_version(second, **where)

    assert rollback(**where) == Moved(second, first)
    assert aws.served() == (first, second)

    assert rollback(**where) == Moved(first, second)
    assert aws.served() == (second, first)


def test_a_dry_run_says_what_would_change_and_changes_nothing(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, third = published
    assert promote_version(first, dry_run=True, **where) == Moved(None, first)
    assert aws.served() is None
    promote_version(first, **where)
    promote_version(second, **where)

    assert promote_version(third, dry_run=True, **where) == Moved(second, third)
    assert rollback(dry_run=True, **where) == Moved(second, first)

    assert aws.served() == (second, first)


def test_rolling_back_without_a_previous_version_is_refused(
    aws: Aws, where: Where, published: list[str]
) -> None:
    with pytest.raises(CheckFailedError, match=f"{aws.parameter} names no previous version"):
        rollback(**where)
    promote_version(published[0], **where)

    with pytest.raises(CheckFailedError, match=f"{aws.parameter} names no previous version"):
        rollback(**where)


def test_rolling_back_to_an_object_that_is_gone_is_refused(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, _ = published
    promote_version(first, **where)
    promote_version(second, **where)
    gone = aws.registry.read_pointer().previous
    assert gone is not None
    aws.s3.delete_object(Bucket=aws.bucket, Key=gone.key, VersionId=gone.version_id)

    with pytest.raises(CheckFailedError, match=r"NoSuch.* is gone; publish it again") as caught:
        rollback(**where)

    assert "credentials" not in str(caught.value)
    assert aws.served() == (second, first)


def test_a_version_whose_object_is_gone_is_not_suggested(
    aws: Aws, where: Where, published: list[str]
) -> None:
    aws.s3.delete_object(Bucket=aws.bucket, Key=key_of(published[1]))

    with pytest.raises(CheckFailedError, match=r"NoSuchKey.* is gone; publish it again") as caught:
        promote_version(published[1], **where)

    assert "did you mean" not in str(caught.value)
    assert "credentials" not in str(caught.value)


def test_a_mistyped_version_gets_a_suggestion(where: Where, published: list[str]) -> None:
    version = published[1]

    with pytest.raises(InputError, match=f"did you mean {version}?"):
        promote_version(version[:-1], **where)


def test_an_unknown_version_gets_the_command_that_lists_versions(
    where: Where, published: list[str]
) -> None:
    del published

    with pytest.raises(InputError, match=re.escape(fraud("models", "--bucket"))):
        promote_version("latest", **where)


def test_a_version_whose_object_was_replaced_is_not_promoted(
    aws: Aws, where: Where, published: list[str]
) -> None:
    first, second, _ = published
    promote_version(first, **where)
    aws.s3.put_object(Bucket=aws.bucket, Key=key_of(second), Body=make_bundle(7))

    with pytest.raises(CheckFailedError, match=f"is not version {second}"):
        promote_version(second, **where)

    assert aws.served() == (first, None)


def test_a_damaged_pointer_is_repaired_by_promoting(
    aws: Aws, where: Where, published: list[str]
) -> None:
    aws.ssm.put_parameter(Name=aws.parameter, Value="{}", Type="String")
    with pytest.raises(CheckFailedError, match="not a model pointer; promote a version"):
        rollback(**where)

    promote_version(published[0], **where)

    assert aws.served() == (published[0], None)
