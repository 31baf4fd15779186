"""The client of the review queue, whose routes ask for a right of their own."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from console.connection import Answer, Connection
from console.errors import ApiError

KEY_NAME: Final = "FRAUD_API_REVIEW_KEY"
"""The variable with the key of whoever reviews."""

MOST: Final = 100
"""Reviews in an answer."""

type Review = dict[str, Any]


class NoQueueError(Exception):
    """The API shows no queue, because it has no memory or because the key has no right to it.

    Attributes
    ----------
    title, advice : str
    """

    def __init__(self, title: str, advice: str) -> None:
        super().__init__(title)
        self.title = title
        self.advice = advice


@dataclass(eq=False)
class ClosedError(Exception):
    """Somebody else decided first.

    Attributes
    ----------
    by : str
        An analyst's name, or the source of an outcome.
    at : str
    label : str
    """

    by: str
    at: str
    label: str


NO_MEMORY: Final = (
    "This API has no review queue",
    (
        "The queue needs the table in which the API remembers its decisions. On this machine, "
        "start `make demo`, which has one. A deployed API has one once its stack names a table."
    ),
)
NO_RIGHT: Final = (
    "The queue asks for a right of its own",
    (
        f"Ask the operator of the API for the review key, and set `{KEY_NAME}` in the app's "
        "secrets or in the environment, beside `FRAUD_API_KEY`. The key that asks for answers must "
        "not read the queue."
    ),
)
WRONG_KEY: Final = (
    "The review key was refused",
    (
        f"The key in `{KEY_NAME}` is not the one that the API takes for reviews. Ask its operator "
        "for that one."
    ),
)


class Reviews:
    """A client of the queue of one API.

    Parameters
    ----------
    url, key : str
    has_own_key : bool
        Whether the key is one for reviews.
    """

    def __init__(self, url: str, key: str = "", *, has_own_key: bool = False) -> None:
        self._refused = WRONG_KEY if has_own_key else NO_RIGHT
        name = KEY_NAME if has_own_key else "FRAUD_API_KEY"
        self._connection = Connection(url, key, name)

    def open(self, pages: int = 1) -> tuple[list[Review], bool]:
        """The open reviews by expected loss, and whether there are more.

        Parameters
        ----------
        pages : int
            How often to ask for `MOST` of them.

        Raises
        ------
        NoQueueError, ApiError
        """
        found: list[Review] = []
        after = None
        for _ in range(pages):
            query = {"limit": MOST, **({"after": after} if after else {})}
            body = self._ask("GET", f"/reviews?{urlencode(query)}")
            found += body["reviews"]
            after = body["next"]
            if after is None:
                break
        return found, after is not None

    def closed_by(self, name: str) -> list[Review]:
        """The latest reviews that an analyst closed, up to `MOST`; errors as of `open`."""
        query = urlencode({"limit": MOST, "by": name})
        closed: list[Review] = self._ask("GET", f"/reviews?{query}")["reviews"]
        return closed

    def read(self, prediction_id: str) -> Review | None:
        """One review with its explanation and histories, None if there is none."""
        reply = self._connection.ask("GET", _path(prediction_id), also=(403, 404))
        if reply.status == 404:
            return None
        return self._checked(reply.status, reply.body)

    def close(self, prediction_id: str, label: str, by: str, note: str) -> None:
        """Close a review with what the analyst says.

        Raises
        ------
        ClosedError
            If somebody else did so before.
        NoQueueError, ApiError
        """
        told = {"label": label, "by": by, **({"note": note} if note else {})}
        reply = self._connection.ask("POST", _path(prediction_id), told, also=(403, 404, 409))
        if reply.status == 409:
            raise ClosedError(reply.body["by"], reply.body["at"], reply.body["label"])
        if reply.status == 404:
            raise ApiError("The payment is not in the queue", "Go on with the next one.")
        self._checked(reply.status, reply.body)

    def _ask(self, method: str, path: str) -> Answer:
        reply = self._connection.ask(method, path, also=(403, 404))
        return self._checked(reply.status, reply.body)

    def _checked(self, status: int, body: Answer) -> Answer:
        if status == 404:
            raise NoQueueError(*NO_MEMORY)
        if status == 403:
            raise NoQueueError(*self._refused)
        return body


def _path(prediction_id: str) -> str:
    return f"/reviews/{quote(prediction_id, safe='')}"
