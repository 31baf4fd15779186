"""The models of recorded answers."""

from typing import Final

from fraud_api_lambda.aws.errors import NotFoundError
from fraud_api_lambda.decisions.bundle import read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.deployment.pointer import DamagedPointerError, IntegrityError, PinnedModel
from training.registry.boto import aws_errors
from training.registry.store import Registry

GONE: Final = "it is not in s3://{bucket}"


class ModelGoneError(Exception):
    """Raise when a model cannot answer any more; says why."""


class Models:
    """Published models by version.

    Parameters
    ----------
    registry : Registry
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._pins = _pinned(registry)

    @property
    def pinned(self) -> list[str]:
        """The versions that the pointer names, the served one first."""
        return list(self._pins)

    def get(self, version: str) -> LoadedModel:
        """The model of a version, as the API with a memory loads it.

        Raises
        ------
        ModelGoneError
            If it is not there, or another one is in its place.
        CommandError
            If AWS refuses.
        """
        try:
            with aws_errors():
                return self._loaded(version)
        except BundleError as error:
            raise ModelGoneError(str(error)) from error

    def _loaded(self, version: str) -> LoadedModel:
        try:
            pinned, data = self._found(version)
        except NotFoundError as error:
            raise ModelGoneError(GONE.format(bucket=self._registry.bucket)) from error
        except IntegrityError as error:
            raise ModelGoneError(str(error)) from error
        return LoadedModel.of(read(data), pinned, has_memory=True)

    def _found(self, version: str) -> tuple[PinnedModel, bytes]:
        pinned = self._pins.get(version)
        if pinned is None:
            return self._registry.find(version)
        return pinned, self._registry.fetch(pinned)


def _pinned(registry: Registry) -> dict[str, PinnedModel]:
    """The models that the pointer names, which it pins to a version of their objects."""
    with aws_errors():
        try:
            pointer = registry.read_pointer()
        except (NotFoundError, DamagedPointerError):
            return {}
    pins = (pointer.current, pointer.previous)
    return {pinned.version: pinned for pinned in pins if pinned is not None}
