"""The two reads of AWS that the runtime makes: an object of S3, a parameter of SSM.

A request that fails for a moment is sent once more, and given up in seconds: boto3's defaults would
wait minutes for a network that swallows packets.
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

from fraud_api_lambda import transport
from fraud_api_lambda.pointer import ModelStoreError, NotFoundError, Refusal
from fraud_api_lambda.signature import AwsRequest, Credentials, encoded, signed_headers

type Service = Literal["s3", "ssm"]

SERVICES: Final[tuple[Service, ...]] = ("s3", "ssm")

PATIENCE_S: Final = 60
"""For an answer that trickles in, second attempt included: a thread must not wait for hours."""

MAX_ANSWER: Final = 64 * 1024
"""Bytes of an answer of SSM: a parameter has 8 KiB at most."""

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
BUSY: Final = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}

CODE: Final = re.compile(
    rb'<Code>([A-Za-z.]{1,64})</Code>|"__type"\s*:\s*"(?:[^"]*#)?([A-Za-z.]{1,64})"'
)
"""S3's XML or SSM's JSON."""

ACTION: Final = re.compile(rb"not authorized to perform: ([a-z0-9-]{1,32}:[A-Za-z]{1,64})\b")
REGION: Final = re.compile(r"[a-z]{2,8}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
REGION_ELEMENT: Final = re.compile(rb"<Region>([a-z0-9-]{1,32})</Region>")


class TransientError(ModelStoreError):
    """Raise when a second attempt could do better; `__cause__` if DNS, TLS or HTTP failed."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A request, to which service, and how it is called in errors."""

    what: str
    service: Service
    place: SplitResult
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
        answer = self._answered(_Question(what, "ssm", place, request, MAX_ANSWER))
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
        what = f"reading s3://{bucket}/{key}"
        return self._answered(_Question(what, "s3", place, request, limit))

    def _endpoint(self, service: Service, host: str) -> SplitResult:
        address = self.endpoints.get(service, f"https://{host}")
        place = urlsplit(address)
        if place.scheme not in ("http", "https") or not place.hostname:
            raise ModelStoreError(f"connecting to {service}: Invalid endpoint: {address}")
        return place

    def _answered(self, question: _Question) -> bytes:
        """The body of the answer; a request that failed for a moment is sent once more."""
        deadline = time.monotonic() + PATIENCE_S
        try:
            return self._asked(question, deadline)
        except TransientError:
            pause = random.uniform(0.02, 0.1)  # noqa: S311  # no secret
            if time.monotonic() + pause >= deadline:
                raise
        time.sleep(pause)
        return self._asked(question, deadline)

    def _asked(self, question: _Question, deadline: float) -> bytes:
        request, limit = question.request, question.limit
        now = datetime.now(UTC)
        headers = signed_headers(
            request, self.credentials, region=self.region, service=question.service, now=now
        )
        try:
            answer = transport.exchanged(
                question.place, request, headers, limit=limit, deadline=deadline
            )
        except transport.FAILURES as error:
            raise TransientError(f"{question.what}: {type(error).__name__}") from error
        if answer.status == 200 and not _is_error(answer.body):
            return answer.body
        refusal = _refusal(answer, self.region)
        text = f"{question.what}: AWS says {refusal.code or refusal.status}"
        raise _kind(refusal)(text, refusal)


def suffix(region: str) -> str:
    """The domain of a region's services."""
    found = (domain for start, domain in SUFFIXES.items() if region.startswith(start))
    return next(found, "amazonaws.com")


def _is_error(body: bytes) -> bool:
    """Whether S3 began to answer 200 and found out later that it could not."""
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
    """Where S3 says the bucket is."""
    element = REGION_ELEMENT.search(answer.body)
    told = answer.headers.get("x-amz-bucket-region") or (element[1].decode() if element else "")
    return told if REGION.fullmatch(told) else None


def _kind(refusal: Refusal) -> type[ModelStoreError]:
    code = refusal.code or ""
    if code in NOT_FOUND:
        return NotFoundError
    is_busy = refusal.status >= 500 or refusal.status == 429 or code in BUSY or "Throttl" in code
    return TransientError if is_busy or refusal.status < 200 else ModelStoreError
