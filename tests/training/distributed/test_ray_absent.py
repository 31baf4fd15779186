"""Missing Ray and conflicting options are refused in one line with a remedy."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from training.distributed.engine import chosen_engine, chosen_score
from training.errors import InputError
from training.fitting.engine import LOCAL


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed for this Python")
def test_missing_ray_is_reported_with_the_remedy() -> None:
    with pytest.raises(InputError, match=r"Ray is not installed .* run `\.ci/setup ray`"):
        chosen_score("ray")(Path("model"), Path("data"), Path("out"))


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("dask", None, "--engine dask: not known; choose one of local, ray"),
        ("local", "auto", "--address auto: the local engine takes no address; add --engine ray"),
    ],
)
def test_an_impossible_engine_is_refused(name: str, address: str | None, said: str) -> None:
    with (
        pytest.raises(InputError, match=re.escape(said)) as error,
        chosen_engine(name, address),
    ):
        pass

    assert error.value.exit_code == 2


def test_the_local_engine_fits_in_this_process() -> None:
    with chosen_engine("local") as engine:
        assert engine is LOCAL
