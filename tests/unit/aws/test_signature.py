"""The signature is the one that botocore makes, whatever is signed."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from fraud_api_lambda.aws.signature import AwsRequest, Credentials, encoded, signed_headers

NOW = datetime(2026, 11, 24, 3, 5, 9, tzinfo=UTC)
WORDS = st.text("abcXYZ019-._~", min_size=1, max_size=12)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=12)
CREDENTIALS = st.builds(Credentials, WORDS, WORDS, st.none() | WORDS)

REQUESTS = st.builds(
    AwsRequest,
    method=st.sampled_from(["GET", "POST"]),
    host=st.sampled_from(["models.s3.eu-west-1.amazonaws.com", "127.0.0.1:8001"]),
    path=TEXTS.map(lambda text: "/" + encoded(text.replace("//", "/").lstrip("/"), safe="/")),
    query=st.dictionaries(WORDS, TEXTS, max_size=3),
    headers=st.dictionaries(st.sampled_from(["x-amz-target", "content-type"]), WORDS),
    body=st.binary(max_size=20),
)


def botocores(
    request: AwsRequest, credentials: Credentials, region: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """The headers that botocore's signer for S3 sends with the same request."""
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    sent = AWSRequest(
        request.method,
        f"https://{request.host}{request.target}",
        headers=dict(request.headers),
        data=request.body,
    )
    sent.context["payload_signing_enabled"] = True
    keys = BotocoreCredentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    botocore.auth.S3SigV4Auth(keys, "s3", region).add_auth(sent)
    return {name.lower(): value for name, value in sent.headers.items()}


@given(request=REQUESTS, credentials=CREDENTIALS, region=WORDS)
def test_the_signature_is_botocores(
    request: AwsRequest, credentials: Credentials, region: str
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        expected = botocores(request, credentials, region, monkeypatch)

    signed = signed_headers(request, credentials, region=region, service="s3", now=NOW)

    assert signed["authorization"] == expected["authorization"]
    assert expected.items() <= signed.items()


@given(request=REQUESTS)
def test_what_is_signed_is_what_is_sent(request: AwsRequest) -> None:
    sent = urlsplit(f"https://{request.host}{request.target}")

    assert sent.path == request.path
    assert dict(parse_qsl(sent.query, keep_blank_values=True)) == request.query


def test_credentials_do_not_show_their_secrets() -> None:
    shown = repr(Credentials("AKIAEXAMPLE", "the-secret", "the-token"))

    assert "the-secret" not in shown
    assert "the-token" not in shown
