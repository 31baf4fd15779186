"""The schemas of the models that gave the recorded answers."""

from dataclasses import replace

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.domain.schema import Ids, Schema
from training.errors import InputError
from training.memory.exporting.judged import LeftOut
from training.memory.models import ModelGoneError, Models
from training.registry.boto import aws_errors
from training.registry.publishing import pointer_of
from training.registry.store import Registry


class Schemas:
    """Compares the schemas of models with that of the served one.

    Parameters
    ----------
    registry : Registry

    Attributes
    ----------
    served : Bundle
        Of the served model.

    Raises
    ------
    InputError
        If no model is served.
    CheckFailedError
        If the served model is damaged or gone.
    CommandError
        If AWS refuses.
    """

    def __init__(self, registry: Registry) -> None:
        self._models = Models(registry)
        with aws_errors():
            pointer = pointer_of(registry)
        if pointer is None:
            raise InputError(
                f"{registry.parameter}: no model is served yet, so nobody says what the columns "
                "are; promote one first, or name another --parameter"
            )
        self.served: Bundle = self._models.get(pointer.current.version).scorer.bundle
        self._wanted = _facts_of(self.served.plan.schema)
        self._known: dict[str, LeftOut | None] = {}

    def reason(self, version: str) -> LeftOut | None:
        """Why the records of a model are left out; None if they are kept."""
        if version not in self._known:
            self._known[version] = self._find(version)
        return self._known[version]

    def _find(self, version: str) -> LeftOut | None:
        try:
            schema = self._models.get(version).scorer.bundle.plan.schema
        except ModelGoneError:
            return LeftOut.MODEL_GONE
        return None if _facts_of(schema) == self._wanted else LeftOut.OTHER_SCHEMA


def _facts_of(schema: Schema) -> Schema:
    """The part of a schema that says what the facts and the histories of a record are."""
    roles = replace(schema.roles, label="", id=None, label_time=None, weight=None, after=())
    attributes = {name: replace(each, label="") for name, each in schema.attributes.items()}
    return replace(
        schema,
        name="",
        roles=roles,
        attributes=attributes,
        ignore=(),
        ids=Ids.TEXT,
        peer_group=None,
        incoming=None,
    )
