"""The committed OpenAPI document; ``python -m tests.api.snapshot`` writes it anew."""

import json
from pathlib import Path

from tests.fakes import app

FILE = Path(__file__).with_name("openapi.json")
UPDATE = ".venv/bin/python -m tests.api.snapshot"


def current() -> str:
    """The document as the app has it now; the order of its keys says nothing to a caller."""
    return json.dumps(app().openapi(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(current())
