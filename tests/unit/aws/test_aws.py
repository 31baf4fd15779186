"""What AWS does wrong, on a real socket: each fault is our error that says where, in seconds."""

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from fraud_api_lambda.aws import connections, transport
from fraud_api_lambda.aws.client import AwsClient, suffix
from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError, TransientError
from fraud_api_lambda.aws.signature import Credentials
from fraud_api_lambda.deployment.store import ModelStore
from tests.faulty_aws import (
    DATA,
    PINNED,
    SECRET,
    Behaviour,
    answering,
    at_port,
    coded,
    faulty_aws,
    resetting,
    silent,
    xml,
)
from training.local.processes import LOOPBACK, free_port


def reading_the_object(store: ModelStore) -> Any:
    return store.fetch(PINNED)


def reading_the_pointer(store: ModelStore) -> Any:
    return store.read_pointer()


@pytest.mark.parametrize(
    ("attempt", "behave", "kind", "message"),
    [
        (
            reading_the_object,
            answering("403 Forbidden", xml("AccessDenied")),
            ModelStoreError,
            "AWS says AccessDenied",
        ),
        (
            reading_the_object,
            answering("404 Not Found", xml("NoSuchVersion")),
            NotFoundError,
            "AWS says NoSuchVersion",
        ),
        (
            reading_the_object,
            answering("503 Slow Down", xml("SlowDown")),
            TransientError,
            "AWS says SlowDown",
        ),
        (reading_the_object, resetting, TransientError, "ConnectionResetError"),
        (
            reading_the_object,
            answering("200 OK", DATA[:10], len(DATA)),
            TransientError,
            "IncompleteRead",
        ),
        (
            reading_the_pointer,
            answering("400 Bad Request", coded("AccessDeniedException")),
            ModelStoreError,
            "AWS says AccessDeniedException",
        ),
        (
            reading_the_pointer,
            answering("400 Bad Request", coded("ParameterNotFound")),
            NotFoundError,
            "AWS says ParameterNotFound",
        ),
        (
            reading_the_pointer,
            answering("503 Service Unavailable", coded("ServiceUnavailable")),
            TransientError,
            "AWS says ServiceUnavailable",
        ),
    ],
    ids=[
        "object forbidden",
        "object not there",
        "object busy",
        "object reset mid-body",
        "object cut short",
        "pointer forbidden",
        "pointer not there",
        "pointer busy",
    ],
)
def test_what_aws_does_wrong_becomes_our_error_that_says_where_and_keeps_secrets(
    attempt: Callable[[ModelStore], Any],
    behave: Behaviour,
    kind: type[ModelStoreError],
    message: str,
) -> None:
    with faulty_aws(behave) as store, pytest.raises(ModelStoreError) as caught:
        attempt(store)

    place = r"s3://the-bucket/models/.*/model\.joblib|the parameter /the/parameter"
    assert caught.match(f"^(reading )?({place}):? .*{message}")
    assert type(caught.value) is kind
    assert SECRET not in str(caught.value)
    assert "AKIAEXAMPLE" not in str(caught.value)


@pytest.mark.parametrize("attempt", [reading_the_object, reading_the_pointer])
def test_a_refused_connection_is_our_error(attempt: Callable[[ModelStore], Any]) -> None:
    with pytest.raises(ModelStoreError, match=r"ConnectionRefusedError$"):
        attempt(at_port(free_port()))


def test_a_network_that_swallows_packets_is_given_up_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT_S", 0.1)

    with faulty_aws(silent) as store, pytest.raises(ModelStoreError, match=r"TimeoutError$"):
        store.read_pointer()


@pytest.mark.parametrize(
    ("first", "tries"),
    [
        (answering("503 Slow Down", xml("SlowDown")), 2),
        (answering("429 Too Many Requests"), 2),
        (answering("400 Bad Request", coded("ThrottlingException")), 2),
        (resetting, 2),
        (answering("403 Forbidden", xml("AccessDenied")), 1),
        (answering("404 Not Found", xml("NoSuchKey")), 1),
    ],
)
def test_what_may_pass_is_tried_once_more(first: Behaviour, tries: int) -> None:
    connections: list[socket.socket] = []

    def behave(connection: socket.socket) -> None:
        connections.append(connection)
        (first if len(connections) == 1 else answering("200 OK", DATA))(connection)

    # Whatever comes of it: its bytes are not those of the pin.
    with faulty_aws(behave) as store, suppress(ModelStoreError):
        store.fetch(PINNED)

    assert len(connections) == tries


@pytest.mark.parametrize("answer", [b"", b"nonsense", b"{}", b"[]", b'{"Parameter": 7}', b"\xff"])
def test_an_answer_of_ssm_that_cannot_be_read_is_our_error(answer: bytes) -> None:
    with (
        faulty_aws(answering("200 OK", answer)) as store,
        pytest.raises(ModelStoreError, match="answer cannot be read"),
    ):
        store.read_pointer()


@pytest.mark.parametrize("address", ["nonsense", "ftp://127.0.0.1", "http://"])
def test_an_endpoint_that_is_no_address_is_our_error(address: str) -> None:
    client = AwsClient(Credentials("AKIAEXAMPLE", SECRET), "us-east-1", {"ssm": address})

    with pytest.raises(ModelStoreError, match=f"Invalid endpoint: {address}"):
        client.get_parameter("/the/parameter")


def test_every_region_has_the_domain_that_botocore_knows() -> None:
    session = botocore.session.get_session()
    partitions = session.get_component("data_loader").load_data("partitions")["partitions"]
    expected = {
        region: partition["outputs"]["dnsSuffix"]
        for partition in partitions
        for region in partition["regions"]
        if not region.startswith("aws-")  # the partition itself, which is no place
    }

    assert {region: suffix(region) for region in expected} == expected
    assert len(expected) > 30


def seen(monkeypatch: pytest.MonkeyPatch, bucket: str) -> list[str]:
    """Where AWS itself would have been asked."""
    places: list[str] = []

    def refused(call: Any, *_: Any, **__: Any) -> Any:
        place = call.endpoint
        places.append(f"{place.scheme}://{place.netloc}{call.request.target}")
        raise ConnectionRefusedError

    monkeypatch.setattr(transport, "exchange", refused)
    client = AwsClient(Credentials("AKIAEXAMPLE", SECRET), "eu-west-1")
    store = ModelStore(bucket=bucket, parameter="/the/parameter", aws=client)
    for attempt in (reading_the_object, reading_the_pointer):
        with pytest.raises(ModelStoreError):
            attempt(store)
    return list(dict.fromkeys(places))  # each twice: a refused connection is tried once more


def test_without_endpoints_the_regions_own_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seen(monkeypatch, "models") == [
        f"https://models.s3.eu-west-1.amazonaws.com/{PINNED.key}?versionId=v1",
        "https://ssm.eu-west-1.amazonaws.com/",
    ]


def test_a_bucket_with_dots_goes_into_the_path_which_no_certificate_has_to_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert seen(monkeypatch, "my.models")[0] == (
        f"https://s3.eu-west-1.amazonaws.com/my.models/{PINNED.key}?versionId=v1"
    )


def issued(name: x509.Name, issuer: x509.Name, key: Any, signer: Any, *extensions: Any) -> Any:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(signer, hashes.SHA256())


@pytest.fixture
def aws_by_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelStore]:
    """A store whose AWS has a certificate of an authority that only `SSL_CERT_FILE` knows."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in ("ca", "aws")]
    signs = x509.KeyUsage(**dict.fromkeys(USAGES, False) | {"key_cert_sign": True})
    root = issued(names[0], names[0], authority, authority, x509.BasicConstraints(True, 0), signs)
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
    leaf = issued(names[1], names[0], key, authority, address)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM) + secret)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "root.pem"))
    connections.trust.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "leaf.pem")

    def behave(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            answering("200 OK", DATA)(secure)

    with faulty_aws(behave) as store:
        place = store._aws.endpoints["s3"].replace("http:", "https:")
        client = replace(store._aws, endpoints={"s3": place})
        yield ModelStore(bucket="the-bucket", parameter="/the/parameter", aws=client)
    connections.trust.cache_clear()


USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def test_an_aws_with_a_trusted_certificate_is_read(aws_by_tls: ModelStore) -> None:
    pinned = replace(PINNED, sha256=hashlib.sha256(DATA).hexdigest())

    assert aws_by_tls.fetch(pinned) == DATA


def test_a_connection_by_tls_that_was_prepared_is_used(aws_by_tls: ModelStore) -> None:
    """The tickets that a server sends after the handshake are no answer."""
    client = aws_by_tls._aws
    place = urlsplit(client.endpoints["s3"])
    client.connections.prepare(place)
    time.sleep(0.2)  # until the tickets have arrived

    kept = client.connections.take(place)

    assert kept is not None
    kept.close()


def test_an_aws_whose_certificate_nobody_vouches_for_is_told_no_secret(
    aws_by_tls: ModelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    with pytest.raises(ModelStoreError, match="SSLCertVerificationError"):
        aws_by_tls.fetch(PINNED)


def test_the_trusted_authorities_are_read_once() -> None:
    assert connections.trust() is connections.trust()
