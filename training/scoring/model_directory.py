"""The model directory that `train` writes, checked against its manifest before any decoding."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path

from training.errors import InputError
from training.hints import fraud


def require_model(directory: Path) -> Path:
    """The path of the model in a directory; raise `InputError` if there is none."""
    path = directory / "model.joblib"
    if not path.exists():
        train = fraud("train", "--data", "FILE", "--out", directory)
        raise InputError(f"{path}: not there; make it with: {train}")
    return path


def read_saved(directory: Path) -> tuple[bytes, bytes]:
    """Read the model and the manifest of a directory.

    The digest is checked because XGBoost may end the process on a damaged booster.

    Raises
    ------
    InputError
        If either is missing or damaged, or they do not belong together.
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
    """Describe the model that a directory holds; None without a model."""
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
