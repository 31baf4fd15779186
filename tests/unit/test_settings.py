"""Settings: each variable is read, and a wrong one is named without its value."""

from typing import Any

import pytest

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.aws.signature import Credentials
from fraud_api_lambda.settings import Settings, SettingsError, aws_client


@pytest.fixture(autouse=True)
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAUD_MODEL_BUCKET", "models")
    monkeypatch.setenv("FRAUD_MODEL_PARAMETER", "/fraud/model")


def test_two_variables_are_enough() -> None:
    assert Settings.from_environment() == Settings(
        model_bucket="models",
        model_parameter="/fraud/model",
        model_refresh_s=60,
        table="",
        secret_parameter="/fraud/secret",
        docs=False,
        log_level="INFO",
    )


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("FRAUD_MODEL_BUCKET", "others", "model_bucket", "others"),
        ("FRAUD_MODEL_PARAMETER", "/other", "model_parameter", "/other"),
        ("FRAUD_MODEL_REFRESH_S", "0", "model_refresh_s", 0.0),
        ("FRAUD_MODEL_REFRESH_S", "2.5", "model_refresh_s", 2.5),
        ("FRAUD_TABLE", "fraud-api-dev", "table", "fraud-api-dev"),
        ("FRAUD_TABLE", "", "table", ""),
        ("FRAUD_SECRET_PARAMETER", "/fraud/dev/secret", "secret_parameter", "/fraud/dev/secret"),
        ("FRAUD_DOCS", "true", "docs", True),
        ("FRAUD_DOCS", "1", "docs", True),
        ("FRAUD_DOCS", "0", "docs", False),
        ("FRAUD_LOG_LEVEL", "DEBUG", "log_level", "DEBUG"),
        ("FRAUD_LOG_LEVEL", "ERROR", "log_level", "ERROR"),
    ],
)
def test_each_variable_sets_its_field(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, field: str, value: Any
) -> None:
    monkeypatch.setenv(variable, text)

    assert getattr(Settings.from_environment(), field) == value


@pytest.mark.parametrize("variable", ["FRAUD_MODEL_BUCKET", "FRAUD_MODEL_PARAMETER"])
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.delenv(variable)

    with pytest.raises(SettingsError, match=rf"^{variable}: [^;]+$"):
        Settings.from_environment()


@pytest.mark.parametrize(
    "variable",
    [
        "FRAUD_MODEL_BUCKET",
        "FRAUD_MODEL_PARAMETER",
        "FRAUD_MODEL_REFRESH_S",
        "FRAUD_DOCS",
        "FRAUD_LOG_LEVEL",
    ],
)
def test_an_empty_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "")

    with pytest.raises(SettingsError, match=rf"^{variable}: [^;]+$"):
        Settings.from_environment()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("FRAUD_MODEL_REFRESH_S", "canary"),
        ("FRAUD_MODEL_REFRESH_S", "-71717"),
        ("FRAUD_MODEL_REFRESH_S", "nan"),
        ("FRAUD_MODEL_REFRESH_S", "inf"),
        ("FRAUD_DOCS", "canary"),
        ("FRAUD_LOG_LEVEL", "canary"),
    ],
)
def test_a_wrong_variable_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str
) -> None:
    monkeypatch.setenv(variable, text)

    with pytest.raises(SettingsError, match=rf"^{variable}: [^;]+$") as refused:
        Settings.from_environment()

    assert text not in str(refused.value)
    assert refused.value.__suppress_context__


def test_all_that_is_wrong_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAUD_MODEL_BUCKET")
    monkeypatch.setenv("FRAUD_DOCS", "perhaps")

    with pytest.raises(SettingsError, match=r"^FRAUD_MODEL_BUCKET: .*; FRAUD_DOCS: .*$"):
        Settings.from_environment()


def test_other_variables_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_BUCKET", "not this")
    monkeypatch.setenv("FRAUD_SOMETHING", "else")

    assert Settings.from_environment().model_bucket == "models"


LAMBDAS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
"""What Lambda sets."""


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SSM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in LAMBDAS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("in_lambda")
def test_what_lambda_sets_is_enough_to_ask_aws() -> None:
    credentials = Credentials("AKIAEXAMPLE", "secret", "token")

    assert aws_client() == AwsClient(credentials, "eu-west-1")


@pytest.mark.usefixtures("in_lambda")
@pytest.mark.parametrize("gone", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_either_name_of_the_region_will_do(monkeypatch: pytest.MonkeyPatch, gone: str) -> None:
    monkeypatch.delenv(gone)

    assert aws_client().region == "eu-west-1"


@pytest.mark.usefixtures("in_lambda")
def test_an_endpoint_of_one_service_goes_before_that_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:2")

    assert aws_client().endpoints == {
        "s3": "http://127.0.0.1:2",
        "ssm": "http://127.0.0.1:1",
        "dynamodb": "http://127.0.0.1:1",
    }


@pytest.mark.usefixtures("in_lambda")
@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (["AWS_ACCESS_KEY_ID"], "AWS_ACCESS_KEY_ID, .* export-credentials"),
        (["AWS_SECRET_ACCESS_KEY"], "AWS_SECRET_ACCESS_KEY: .* export-credentials"),
        (["AWS_REGION", "AWS_DEFAULT_REGION"], "AWS_DEFAULT_REGION: name the region"),
    ],
)
def test_without_credentials_or_region_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch, gone: list[str], said: str
) -> None:
    for name in gone:
        monkeypatch.delenv(name)

    with pytest.raises(SettingsError, match=said):
        aws_client()
