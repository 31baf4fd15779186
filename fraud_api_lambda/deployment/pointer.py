"""The pointer: names the model in service by key, version, size and digest. Pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from fraud_api_lambda.aws.errors import ModelStoreError
from fraud_api_lambda.decisions.bundle import VERSION_DIGITS

PREFIX: Final = "models/"


class IntegrityError(ModelStoreError):
    """Raise when an object's length or digest differs from its pin."""


class DamagedPointerError(ModelStoreError):
    """Raise when the parameter holds something other than a pointer."""


@dataclass(frozen=True, slots=True)
class PinnedModel:
    """One version of an S3 object, with the size and the digest that its bytes must have."""

    key: str
    version_id: str
    size: int
    sha256: str

    @property
    def version(self) -> str:
        """The bundle's version: the start of its digest."""
        return self.sha256[:VERSION_DIGITS]

    def verify(self, data: bytes, place: str) -> None:
        """Compare the bytes with the pin, before they are decoded.

        Raises
        ------
        IntegrityError
            If length or digest differ; it names the `place`.
        """
        if len(data) != self.size:
            raise IntegrityError(f"{place} is not as long as its pin says")
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise IntegrityError(f"{place} has another digest than its pin")


@dataclass(frozen=True, slots=True)
class Pointer:
    """The content of the SSM parameter: the model in service, and the previous one."""

    current: PinnedModel
    previous: PinnedModel | None

    def to_json(self) -> str:
        """The parameter's value."""
        previous = asdict(self.previous) if self.previous else None
        return json.dumps({**asdict(self.current), "previous": previous}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Pointer":
        """Read a parameter's value.

        Raises
        ------
        DamagedPointerError
            If it is not a pointer.
        """
        try:
            fields = json.loads(text)
            previous = fields.pop("previous")
            return cls(_pinned(fields), _pinned(previous) if previous else None)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedPointerError(
                "the parameter's value is not a model pointer; promote a version to repair it"
            ) from error


def _pinned(fields: dict[str, Any]) -> PinnedModel:
    pinned = PinnedModel(**fields)
    for name, kind in (("key", str), ("version_id", str), ("size", int), ("sha256", str)):
        if type(getattr(pinned, name)) is not kind:
            raise TypeError(name)
    return pinned


def key_of(version: str) -> str:
    """The S3 key of a version's bundle."""
    return f"{PREFIX}{version}/model.joblib"
