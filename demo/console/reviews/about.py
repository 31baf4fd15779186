"""What the parts of the page need to know."""

from dataclasses import dataclass
from datetime import tzinfo

from console.connection import Answer
from console.schema import Schema


@dataclass(frozen=True, slots=True)
class About:
    """The model in service, the columns of its payments, and the clock of the browser."""

    model: Answer
    schema: Schema
    zone: tzinfo
