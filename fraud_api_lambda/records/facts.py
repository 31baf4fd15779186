"""The facts of a payment as they are recorded: its fields without ids, and back. Pure."""

from collections.abc import Mapping
from typing import Final

from fraud_api_lambda.domain.fields import id_field, labels_of
from fraud_api_lambda.domain.reading import text_of
from fraud_api_lambda.domain.schema import Attribute, Schema

type Values = Mapping[str, object]
"""The values of a payment by field."""

_NO_PREFIX: Final = ""


class RecordedFacts:
    """The fields of a payment that are recorded.

    Ids of accounts and of the transaction are not. A flag for the beginning of an id is recorded
    under its own name.

    Parameters
    ----------
    schema : Schema
    """

    def __init__(self, schema: Schema) -> None:
        roles, attributes = schema.roles, schema.attributes.values()
        stated = {name for each in attributes if each.prefix is None for name in each.columns}
        ids = {roles.payer, roles.payee, id_field(schema), *schema.entities.values()} - stated
        dropped = {*roles.after, *schema.ignore, *labels_of(schema), roles.weight}
        self._left_out = ids | dropped
        self._flags = tuple(_Flag.of(each) for each in attributes if each.columns[0] in ids)

    def of(self, values: Values) -> dict[str, object]:
        """The recorded facts of a payment."""
        facts = {name: value for name, value in values.items() if name not in self._left_out}
        for flag in self._flags:
            facts[flag.name] = flag.of_id(values.get(flag.column))
        return facts

    def values(self, facts: Values) -> dict[str, object]:
        """Values of a payment with these facts; ids are replaced by prefixes of the same flags."""
        names = {flag.name for flag in self._flags}
        values = {name: value for name, value in facts.items() if name not in names}
        for flag in self._flags:
            value = facts.get(flag.name)
            if value is not None:
                found = str(values.get(flag.column, _NO_PREFIX))
                values[flag.column] = max(found, flag.prefix, key=len) if value else found
        return values


class _Flag:
    """A flag for the beginning of an id."""

    def __init__(self, name: str, column: str, prefix: str) -> None:
        self.name, self.column, self.prefix = name, column, prefix

    @classmethod
    def of(cls, attribute: Attribute) -> "_Flag":
        return cls(attribute.name, attribute.columns[0], attribute.prefix or _NO_PREFIX)

    def of_id(self, value: object) -> bool | None:
        return None if value is None else text_of(value).startswith(self.prefix)
