"""Fixtures of the registry's tests."""

from pathlib import Path

import pytest

from tests.aws import Where
from tests.bundles import make_bundle, write_model
from training.registry.publishing import publish


@pytest.fixture
def published(where: Where, tmp_path: Path) -> list[str]:
    """Three versions, published in order, none served."""
    versions = []
    for seed in range(3):
        directory = tmp_path / str(seed)
        created = f"2026-01-0{seed + 1}T00:00:00+00:00"
        versions.append(write_model(directory, make_bundle(seed), created=created))
        publish(directory, **where)
    return versions
