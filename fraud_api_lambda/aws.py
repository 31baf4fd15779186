"""The two reads of AWS that the runtime makes: an object of S3, a parameter of SSM.

Over `http.client`, which the framework imports anyway. A request that fails for a moment is sent
once more, and given up in seconds: boto3's defaults would wait minutes for a network that swallows
packets.
"""

import json
import random
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from fraud_api_lambda.pointer import ModelStoreError, NotFoundError
from fraud_api_lambda.signature import AwsRequest, Credentials, encoded, signed_headers

type Service = Literal["s3", "ssm"]

SERVICES: Final[tuple[Service, ...]] = ("s3", "ssm")

CONNECT_TIMEOUT_S: Final = 1
READ_TIMEOUT_S: Final = 2
PATIENCE_S: Final = 60
"""For a whole object that trickles in: a thread must not wait for it for hours."""

MAX_ANSWER: Final = 64 * 1024
"""Bytes of an error, or of an answer of SSM: a parameter has 8 KiB at most."""

SUFFIXES: Final = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
}
"""Where the regions of other partitions are, by how their names begin."""

NOT_FOUND: Final = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "ParameterNotFound"}


class TransientError(ModelStoreError):
    """Raise when a second attempt could do better."""


@dataclass(frozen=True, slots=True)
class AwsClient:
    """Reads from S3 and SSM.

    Attributes
    ----------
    credentials : Credentials
    region : str
    endpoints : dict
        Addresses to use in place of AWS's own, by service.
    """

    credentials: Credentials
    region: str
    endpoints: Mapping[Service, str] = field(default_factory=dict)

    def get_parameter(self, name: str) -> str:
        """The value of a parameter.

        Raises
        ------
        NotFoundError
            If there is none of that name.
        ModelStoreError
            If SSM cannot be asked.
        """
        place = self._endpoint("ssm", f"ssm.{self.region}.{suffix(self.region)}")
        request = AwsRequest(
            "POST",
            place.netloc,
            headers={
                "content-type": "application/x-amz-json-1.1",
                "x-amz-target": "AmazonSSM.GetParameter",
            },
            body=json.dumps({"Name": name}).encode(),
        )
        what = f"reading the parameter {name}"
        answer = self._answered(what, "ssm", place, request, MAX_ANSWER)
        try:
            value: str = json.loads(answer)["Parameter"]["Value"]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelStoreError(f"{what}: SSM's answer cannot be read") from error
        return value

    def get_object(self, bucket: str, key: str, *, version_id: str, limit: int) -> bytes:
        """At most `limit` bytes of one version of an object.

        Raises
        ------
        NotFoundError
            If there is no such bucket, key or version.
        ModelStoreError
            If S3 cannot be asked.
        """
        path = f"/{encoded(key, safe='/')}"
        if "s3" in self.endpoints or "." in bucket:  # a certificate covers no name with more dots
            host, path = f"s3.{self.region}.{suffix(self.region)}", f"/{bucket}{path}"
        else:
            host = f"{bucket}.s3.{self.region}.{suffix(self.region)}"
        place = self._endpoint("s3", host)
        request = AwsRequest("GET", place.netloc, path, {"versionId": version_id})
        return self._answered(f"reading s3://{bucket}/{key}", "s3", place, request, limit)

    def _endpoint(self, service: Service, host: str) -> SplitResult:
        address = self.endpoints.get(service, f"https://{host}")
        place = urlsplit(address)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise ModelStoreError(f"connecting to {service}: Invalid endpoint: {address}")
        return place

    def _answered(
        self, what: str, service: Service, place: SplitResult, request: AwsRequest, limit: int
    ) -> bytes:
        """The body of the answer; a request that failed for a moment is sent once more."""
        try:
            return self._asked(what, service, place, request, limit)
        except TransientError:
            time.sleep(random.uniform(0.02, 0.1))  # noqa: S311  # no secret
            return self._asked(what, service, place, request, limit)

    def _asked(
        self, what: str, service: Service, place: SplitResult, request: AwsRequest, limit: int
    ) -> bytes:
        headers = signed_headers(
            request, self.credentials, region=self.region, service=service, now=datetime.now(UTC)
        )
        try:
            status, body = _exchanged(place, request, headers, limit)
        except (OSError, HTTPException) as error:
            raise TransientError(f"{what}: {type(error).__name__}") from error
        if status == 200:
            return body
        code = _code(body)
        raise _kind(status, code)(f"{what}: AWS says {code or status}")


def suffix(region: str) -> str:
    """The domain of a region's services."""
    found = (domain for start, domain in SUFFIXES.items() if region.startswith(start))
    return next(found, "amazonaws.com")


def _exchanged(
    place: SplitResult, request: AwsRequest, headers: Mapping[str, str], limit: int
) -> tuple[int, bytes]:
    """Status and at most `limit` bytes of the answer to a request."""
    connection = _connection(place)
    try:
        connection.connect()
        connection.sock.settimeout(READ_TIMEOUT_S)
        connection.putrequest(
            request.method, request.target, skip_host=True, skip_accept_encoding=True
        )
        for name, value in headers.items():
            connection.putheader(name, value)
        if request.body:
            connection.putheader("content-length", str(len(request.body)))
        connection.endheaders(request.body or None)
        response = connection.getresponse()
        return response.status, _read(response, limit if response.status == 200 else MAX_ANSWER)
    finally:
        connection.close()


def _connection(place: SplitResult) -> HTTPConnection:
    host = str(place.hostname)
    if place.scheme == "http":
        return HTTPConnection(host, place.port, timeout=CONNECT_TIMEOUT_S)
    return HTTPSConnection(host, place.port, timeout=CONNECT_TIMEOUT_S, context=_trust())


@cache
def _trust() -> ssl.SSLContext:
    """The authorities that OpenSSL trusts; reading them takes 20 ms of a cold start, once."""
    return ssl.create_default_context()


def _read(response: HTTPResponse, limit: int) -> bytes:
    deadline = time.monotonic() + PATIENCE_S
    data = bytearray()
    while len(data) < limit and (chunk := response.read1(limit - len(data))):
        data += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(data)


def _code(body: bytes) -> str | None:
    """AWS's name of an error, from S3's XML or SSM's JSON; its text may hold an account id."""
    found = re.search(rb'<Code>(\w{1,64})</Code>|"__type"\s*:\s*"(?:[^"]*#)?(\w{1,64})"', body)
    return (found[1] or found[2]).decode("ascii", "replace") if found else None


def _kind(status: int, code: str | None) -> type[ModelStoreError]:
    if code in NOT_FOUND:
        return NotFoundError
    is_busy = status >= 500 or status == 429 or "Throttl" in (code or "")
    return TransientError if is_busy else ModelStoreError
