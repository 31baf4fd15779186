"""What `train` left in a directory, compared with its manifest before anything decodes it."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

from training.errors import InputError
from training.hints import fraud


def require_model(directory: Path) -> Path:
    """The model file of a directory; raises `InputError` if there is none."""
    path = directory / "model.joblib"
    if not path.exists():
        train = fraud("train", "--data", "FILE", "--out", directory)
        raise InputError(f"{path}: not there; make it with: {train}")
    return path


def read_saved(directory: Path) -> tuple[bytes, bytes]:
    """The model and the manifest of a directory.

    XGBoost may end the process on a damaged booster, so it never sees one.

    Raises
    ------
    InputError
        If one of them is missing or damaged, or they do not belong together.
    """
    path = require_model(directory)
    try:
        model, manifest = path.read_bytes(), (directory / "manifest.json").read_bytes()
        expected = json.loads(manifest)["sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{directory}/manifest.json: missing or damaged; train again with --out {directory}"
        ) from error
    if hashlib.sha256(model).hexdigest() != expected:
        raise InputError(f"{path}: not the model of its manifest; train again")
    return model, manifest


def saved_model(directory: Path) -> str | None:
    """Which model a directory holds, in words for whoever is about to replace it."""
    if not (directory / "model.joblib").exists():
        return None
    damaged = "a model with a damaged manifest"
    try:
        manifest = json.loads((directory / "manifest.json").read_bytes())
        created = datetime.fromisoformat(manifest["created"])
        match = re.fullmatch(r"[0-9a-f]{1,64}", manifest["version"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return damaged
    return f"model {match[0]} of {created.isoformat()}" if match else damaged
