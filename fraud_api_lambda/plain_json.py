"""Bodies that are plainly good, parsed and validated in one pass of Pydantic's.

That is five times as fast as reading with care and validating afterwards. Whatever is not plainly
good is left to `strict_json`, which tells what is wrong.
"""

from typing import Final, Protocol, Self

from pydantic import ValidationError

SPACES_AFTER_A_QUOTE: Final = (b'" ', b'"\n', b'"\t', b'"\r')


class Counted(Protocol):
    """A model that knows how many keys its JSON has."""

    @classmethod
    def model_validate_json(cls, body: bytes, /) -> Self:
        """The model of a JSON text."""

    def count_keys(self) -> int:
        """The keys that were given, each once."""


def read[M: Counted](body: bytes, model: type[M]) -> M | None:
    """The model of a body, or None where care is needed.

    Pydantic's parser refuses all that `strict_json` does, but takes the last of two equal keys.
    """
    try:
        value = model.model_validate_json(body)
    except ValidationError:
        return None
    return value if _has_as_few_keys(body, value.count_keys()) else None


def _has_as_few_keys(body: bytes, n_keys: int) -> bool:
    """Whether a JSON text has no more than so many keys, which it has at least.

    A colon follows each key, and where there are no others no text holds one, as a timestamp does.
    Else quote and colon are counted together, where no space parts them: as a text may begin with a
    colon or hold both, that is too many at times, and never too few.
    """
    if body.count(b":") == n_keys:
        return True
    if any(space in body for space in SPACES_AFTER_A_QUOTE):
        return False
    return body.count(b'":') == n_keys
