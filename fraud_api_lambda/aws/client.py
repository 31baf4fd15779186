"""The runtime's two reads from AWS: an object of S3 and a parameter of SSM.

A transient failure is retried once, and given up within seconds: with boto3's defaults, a network
that drops packets would hold a request for minutes.
"""

import json
import random
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal
from urllib.parse import SplitResult, urlsplit

from fraud_api_lambda.aws import transport
from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError, Refusal
from fraud_api_lambda.aws.signature import AwsRequest, Credentials, encoded, signed_headers

type Service = Literal["s3", "ssm"]

SERVICES: Final[tuple[Service, ...]] = ("s3", "ssm")

TOTAL_TIMEOUT_S: Final = 60
"""Limit for both attempts of a request together: no thread may wait for hours."""

MAX_ANSWER: Final = 64 * 1024
"""Most bytes of SSM's answer; a parameter has at most 8 KiB."""

SUFFIXES: Final = {
    "cn-": "amazonaws.com.cn",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
}
"""Domains of AWS's other partitions, by the prefix of the region's name."""

NOT_FOUND: Final = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "ParameterNotFound"}
BUSY: Final = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}

CODE: Final = re.compile(
    rb'<Code>([A-Za-z.]{1,64})</Code>|"__type"\s*:\s*"(?:[^"]*#)?([A-Za-z.]{1,64})"'
)
"""AWS's error code, in S3's XML or SSM's JSON."""

ACTION: Final = re.compile(rb"not authorized to perform: ([a-z0-9-]{1,32}:[A-Za-z]{1,64})\b")
REGION: Final = re.compile(r"[a-z]{2,8}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
REGION_ELEMENT: Final = re.compile(rb"<Region>([a-z0-9-]{1,32})</Region>")


class TransientError(ModelStoreError):
    """Raise when a retry may succeed; if DNS, TLS or HTTP failed, `__cause__` says how."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A request to a service; `name` describes it in error messages."""

    name: str
    service: Service
    endpoint: SplitResult
    request: AwsRequest
    limit: int


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
            If SSM refuses or does not answer.
        """
        endpoint = self._endpoint("ssm", f"ssm.{self.region}.{suffix(self.region)}")
        request = AwsRequest(
            "POST",
            endpoint.netloc,
            headers={
                "content-type": "application/x-amz-json-1.1",
                "x-amz-target": "AmazonSSM.GetParameter",
            },
            body=json.dumps({"Name": name}).encode(),
        )
        action = f"reading the parameter {name}"
        answer = self._request(_Call(action, "ssm", endpoint, request, MAX_ANSWER))
        try:
            value: str = json.loads(answer)["Parameter"]["Value"]
        except (ValueError, KeyError, TypeError) as error:
            raise ModelStoreError(f"{action}: SSM's answer cannot be read") from error
        return value

    def get_object(self, bucket: str, key: str, *, version_id: str, limit: int) -> bytes:
        """At most `limit` bytes of one version of an object.

        Raises
        ------
        NotFoundError
            If there is no such bucket, key or version.
        ModelStoreError
            If S3 refuses or does not answer.
        """
        path = f"/{encoded(key, safe='/')}"
        if "s3" in self.endpoints or "." in bucket:  # AWS's certificate covers no bucket with a dot
            host, path = f"s3.{self.region}.{suffix(self.region)}", f"/{bucket}{path}"
        else:
            host = f"{bucket}.s3.{self.region}.{suffix(self.region)}"
        endpoint = self._endpoint("s3", host)
        request = AwsRequest("GET", endpoint.netloc, path, {"versionId": version_id})
        action = f"reading s3://{bucket}/{key}"
        return self._request(_Call(action, "s3", endpoint, request, limit))

    def _endpoint(self, service: Service, host: str) -> SplitResult:
        address = self.endpoints.get(service, f"https://{host}")
        endpoint = urlsplit(address)
        if endpoint.scheme not in ("http", "https") or not endpoint.hostname:
            raise ModelStoreError(f"connecting to {service}: Invalid endpoint: {address}")
        return endpoint

    def _request(self, call: _Call) -> bytes:
        """The body of the answer; a transient failure is retried once."""
        deadline = time.monotonic() + TOTAL_TIMEOUT_S
        try:
            return self._attempt(call, deadline)
        except TransientError:
            pause = random.uniform(0.02, 0.1)  # noqa: S311  # no secret
            if time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
        return self._attempt(call, deadline)

    def _attempt(self, call: _Call, deadline: float) -> bytes:
        request, limit = call.request, call.limit
        now = datetime.now(UTC)
        headers = signed_headers(
            request, self.credentials, region=self.region, service=call.service, now=now
        )
        try:
            answer = transport.exchange(
                call.endpoint, request, headers, limit=limit, deadline=deadline
            )
        except transport.FAILURES as error:
            raise TransientError(f"{call.name}: {type(error).__name__}") from error
        if answer.status == 200 and not _is_error(answer.body):
            return answer.body
        refusal = _refusal(answer, self.region)
        text = f"{call.name}: AWS says {refusal.code or refusal.status}"
        raise _kind(refusal)(text, refusal)


def suffix(region: str) -> str:
    """The domain of a region's services."""
    others = (domain for start, domain in SUFFIXES.items() if region.startswith(start))
    return next(others, "amazonaws.com")


def _is_error(body: bytes) -> bool:
    """Whether the body of a 200 is an error: S3 can fail after it has sent the status."""
    return body.startswith((b"<?xml", b"<Error>")) and CODE.search(body) is not None


def _refusal(answer: transport.Answer, asked_region: str) -> Refusal:
    code, action = CODE.search(answer.body), ACTION.search(answer.body)
    region = _region(answer)
    return Refusal(
        answer.status,
        (code[1] or code[2]).decode() if code else None,
        action[1].decode() if action else None,
        region if region != asked_region else None,
    )


def _region(answer: transport.Answer) -> str | None:
    """The bucket's region, according to S3."""
    element = REGION_ELEMENT.search(answer.body)
    region = answer.headers.get("x-amz-bucket-region") or (element[1].decode() if element else "")
    return region if REGION.fullmatch(region) else None


def _kind(refusal: Refusal) -> type[ModelStoreError]:
    code = refusal.code or ""
    if code in NOT_FOUND:
        return NotFoundError
    is_busy = refusal.status >= 500 or refusal.status == 429 or code in BUSY or "Throttl" in code
    return TransientError if is_busy or refusal.status < 200 else ModelStoreError
