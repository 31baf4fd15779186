"""Handlers of the routes of outcomes and reviews."""

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

from fastapi import Request, Response

from fraud_api_lambda.labelling import Labelling, MemoryUnavailableError, Refused, Settled
from fraud_api_lambda.records.items import RECORD, Item
from fraud_api_lambda.records.labels import NoReviewError, ReviewClosedError, UnreadableError
from fraud_api_lambda.web.labels import models, shown
from fraud_api_lambda.web.predictions import json_response, refused_item
from fraud_api_lambda.web.problem_kinds import (
    CHANGED_TOO_OFTEN,
    INVALID_VALUE,
    MEMORY_UNAVAILABLE,
    NO_PREDICTION,
    NO_REVIEW,
    REVIEW_CLOSED,
    UNREADABLE,
)
from fraud_api_lambda.web.problems import ProblemError, problem
from fraud_api_lambda.web.recorded import PREDICTION_ID, RETRY_AFTER
from fraud_api_lambda.wire.faults import Fault, fault

MOST_REVIEWS: Final = 100
USUAL_REVIEWS: Final = 20

CURSOR: Final = ("l", "pk")
"""The attributes of a record in a cursor."""

_CURSOR_TEXT: Final = re.compile(rf"[0-9]{{18}}\0{RECORD}{PREDICTION_ID.pattern}")

_KINDS: Final = {
    Refused.UNKNOWN: NO_PREDICTION,
    Refused.UNAVAILABLE: MEMORY_UNAVAILABLE,
    Refused.CHANGED_TOO_OFTEN: CHANGED_TOO_OFTEN,
    Refused.UNREADABLE: UNREADABLE,
}
_FUTURE: Final = "this time is in the future"


async def take_outcomes(request: Request, labels: Labelling) -> Response:
    """Take outcomes of payments; a faulty one does not affect the others."""
    read = models.outcomes_of(await request.body())
    valid = [each for each in read if not isinstance(each, list)]
    settled = iter(await _waited(request, partial(labels.settle, valid)))
    request_id: str = request.state.request_id
    results = [
        refused_item(each, request_id)
        if isinstance(each, list)
        else _result(next(settled), index, request_id)
        for index, each in enumerate(read)
    ]
    unavailable = sum(_status(result) == MEMORY_UNAVAILABLE.status for result in results)
    request.state.log |= {"outcomes": len(read), "refused": _refused(results) - unavailable}
    if unavailable == len(read):
        raise ProblemError(MEMORY_UNAVAILABLE, headers=RETRY_AFTER)
    response = json_response({"results": results})
    if unavailable:
        request.state.log |= {"unavailable": unavailable}
        response.headers.update(RETRY_AFTER)
    return response


async def list_reviews(request: Request, labels: Labelling) -> Response:
    """List the open reviews, or those that an analyst closed."""
    limit, after, by = _limit(request), _after(request), _by(request)
    page = await _waited(request, partial(labels.reviews, by=by, limit=limit, after=after))
    cursor = None if page.last is None else _cursor(page.last)
    return json_response({"reviews": [*map(shown.review, page.reviews)], "next": cursor})


async def show_review(request: Request, labels: Labelling) -> Response:
    """Show a payment for review, and its accounts."""
    details = await _waited(request, partial(labels.review, _prediction_id(request)))
    if details is None:
        raise ProblemError(NO_PREDICTION)
    return json_response(shown.details(details))


async def close_review(request: Request, labels: Labelling) -> Response:
    """Close a review with the analyst's label."""
    prediction_id, body = _prediction_id(request), models.review_of(await request.body())
    is_fraud, note = body.label == "fraud", body.note or None
    close = partial(labels.close, prediction_id, by=body.by, is_fraud=is_fraud, note=note)
    closing = await _waited(request, close)
    if closing is None:
        raise ProblemError(NO_PREDICTION)
    request.state.log |= {"prediction_id": prediction_id}
    return json_response({"prediction_id": prediction_id, **shown.closing(closing)})


HANDLERS: Final[Mapping[str, Callable[[Request, Labelling], Awaitable[Response]]]] = {
    "POST /outcomes": take_outcomes,
    "GET /reviews": list_reviews,
    "GET /reviews/{prediction_id}": show_review,
    "POST /reviews/{prediction_id}": close_review,
}


async def _waited[T](request: Request, ask: Callable[[], T]) -> T:
    """Wait for the table, without blocking other requests of a local server.

    Raises
    ------
    ProblemError
        If the table does not answer, or there is no open review.
    """
    try:
        return ask() if "aws.event" in request.scope else await asyncio.to_thread(ask)
    except MemoryUnavailableError as error:
        raise ProblemError(MEMORY_UNAVAILABLE, headers=RETRY_AFTER) from error
    except UnreadableError as error:
        raise ProblemError(UNREADABLE) from error
    except NoReviewError as error:
        raise ProblemError(NO_REVIEW) from error
    except ReviewClosedError as error:
        members = shown.closed_by(error.closing)
        raise ProblemError(REVIEW_CLOSED, members=members) from error


def _prediction_id(request: Request) -> str:
    prediction_id: str = request.path_params["prediction_id"]
    if not PREDICTION_ID.fullmatch(prediction_id):
        raise ProblemError(NO_PREDICTION)
    return prediction_id


def _result(settled: Settled | Refused, index: int, request_id: str) -> Mapping[str, object]:
    """The result of an outcome that was valid."""
    if isinstance(settled, Settled):
        return {"prediction_id": settled.prediction_id, **shown.label(settled.label)}
    if settled is Refused.FUTURE:
        return {**refused_item([fault(_FUTURE, "outcomes", index, "at")], request_id)}
    return {"problem": problem(_KINDS[settled], request_id)}


def _refused(results: Sequence[Mapping[str, object]]) -> int:
    return sum("problem" in result for result in results)


def _status(result: Mapping[str, object]) -> object:
    found = result.get("problem")
    return found.get("status") if isinstance(found, dict) else None


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL_REVIEWS))
    limit = int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
    if not 1 <= limit <= MOST_REVIEWS:
        raise _wrong("limit", f"write a whole number from 1 to {MOST_REVIEWS}")
    return limit


def _cursor(last: Item) -> str:
    text = "\0".join(str(last[name]) for name in CURSOR)
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _after(request: Request) -> Item | None:
    """The key of the index that a cursor stands for, without its queue."""
    cursor = request.query_params.get("after")
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor + "==").decode()
    except ValueError:
        text = ""
    if not _CURSOR_TEXT.fullmatch(text):  # DynamoDB refuses keys of another form
        raise _wrong("after", "send the value of next as it is")
    return dict(zip(CURSOR, text.split("\0"), strict=True))


def _by(request: Request) -> str | None:
    by = request.query_params.get("by")
    if by is not None and not re.fullmatch(models.NAME, by):
        raise _wrong("by", models.SENTENCES["string_pattern_mismatch"])
    return by


def _wrong(name: str, detail: str) -> ProblemError:
    errors: list[Fault] = [fault(f"{name}: {detail}", "query", name)]
    return ProblemError(INVALID_VALUE, errors=errors)
