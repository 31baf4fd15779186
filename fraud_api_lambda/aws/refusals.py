"""Error responses of AWS. Pure."""

import re
from typing import Final

from fraud_api_lambda.aws.errors import ModelStoreError, NotFoundError, Refusal, TransientError
from fraud_api_lambda.aws.transport import Answer

NOT_FOUND: Final = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "ParameterNotFound"}
BUSY: Final = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}

CODE: Final = re.compile(
    rb'<Code>([A-Za-z.]{1,64})</Code>|"__type"\s*:\s*"(?:[^"]*#)?([A-Za-z.]{1,64})"'
)
"""AWS's error code, in S3's XML or SSM's JSON."""

ACTION: Final = re.compile(rb"not authorized to perform: ([a-z0-9-]{1,32}:[A-Za-z]{1,64})\b")
REGION: Final = re.compile(r"[a-z]{2,8}(-[a-z]{2,12}){1,3}-[0-9]{1,2}")
REGION_ELEMENT: Final = re.compile(rb"<Region>([a-z0-9-]{1,32})</Region>")


def is_error(body: bytes) -> bool:
    """Whether the body of a 200 is an error: S3 can fail after it has sent the status."""
    return body.startswith((b"<?xml", b"<Error>")) and CODE.search(body) is not None


def refusal_of(answer: Answer, asked_region: str) -> Refusal:
    """What an error response says."""
    code, action = CODE.search(answer.body), ACTION.search(answer.body)
    region = _region(answer)
    return Refusal(
        answer.status,
        (code[1] or code[2]).decode() if code else None,
        action[1].decode() if action else None,
        region if region != asked_region else None,
    )


def _region(answer: Answer) -> str | None:
    """The bucket's region, according to S3."""
    element = REGION_ELEMENT.search(answer.body)
    region = answer.headers.get("x-amz-bucket-region") or (element[1].decode() if element else "")
    return region if REGION.fullmatch(region) else None


def kind_of(refusal: Refusal) -> type[ModelStoreError]:
    """The class of the error for a refusal of S3 or SSM."""
    code = refusal.code or ""
    if code in NOT_FOUND:
        return NotFoundError
    is_busy = refusal.status >= 500 or refusal.status == 429 or code in BUSY or "Throttl" in code
    return TransientError if is_busy or refusal.status < 200 else ModelStoreError
