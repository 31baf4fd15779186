"""The committed OpenAPI document; ``python -m tests.api.snapshot`` writes it anew."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from fraud_api_lambda.web.openapi import document
from tests.api.support import BUNDLE
from tests.fakes import app

FILE = Path(__file__).with_name("openapi.json")
UPDATE = ".venv/bin/python -m tests.api.snapshot"


def paysim_document() -> dict[str, Any]:
    """The document of an app that serves a model of PaySim, of the same version for ever."""
    return document(app(), replace(BUNDLE, version="0123456789abcdef"))


def current() -> str:
    """The document as the app has it now; the order of its keys says nothing to a caller."""
    return json.dumps(paysim_document(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(current())
