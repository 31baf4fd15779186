"""Whoever can write to the bucket cannot make us decode their bytes, let alone run them."""

import hashlib
import pickle
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fraud_api_lambda.aws.client import AwsClient
from fraud_api_lambda.decisions.bundle import pack, read
from fraud_api_lambda.decisions.plain_pickle import BundleError
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.deployment.pointer import IntegrityError, PinnedModel, key_of
from fraud_api_lambda.deployment.store import ModelStore
from tests.bundles import make_content, pickled
from tests.edits import edited

CONTENT = make_content()
GOOD = pack(CONTENT)
PINNED = PinnedModel(key_of("0" * 16), "v1", len(GOOD), hashlib.sha256(GOOD).hexdigest())


@dataclass
class FakeAws:
    """Gives any bytes for any object."""

    data: bytes

    def get_object(self, *_: str, version_id: str, limit: int) -> bytes:  # noqa: ARG002
        return self.data[:limit]


class Attack:
    """Unpickled by `pickle.loads`, it writes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, (f"open({str(self.target)!r}, 'w').close()",))


def store_of(data: bytes) -> ModelStore:
    aws = cast("AwsClient", FakeAws(data))
    return ModelStore(bucket="fraud-models", parameter="/fraud/model", aws=aws)


def attack(target: Path, protocol: int = pickle.DEFAULT_PROTOCOL) -> bytes:
    return pickle.dumps({"format": 1, "metrics": Attack(target)}, protocol)


def flipped(chance: random.Random, _: Path) -> bytes:
    data = bytearray(GOOD)
    for _bit in range(chance.randint(1, 3)):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def truncated(chance: random.Random, _: Path) -> bytes:
    return GOOD[: chance.randrange(len(GOOD))]


def lengthened(chance: random.Random, target: Path) -> bytes:
    return GOOD + chance.choice([chance.randbytes(chance.randint(1, 100)), attack(target)])


def substituted(chance: random.Random, target: Path) -> bytes:
    return attack(target, chance.randrange(pickle.HIGHEST_PROTOCOL + 1))


def substituted_at_equal_length(chance: random.Random, target: Path) -> bytes:
    return substituted(chance, target).ljust(len(GOOD), b"\0")


def tampered(times: int, target: Path) -> Iterator[bytes]:
    """Bundles with each kind of damage in turn; two equal flips may cancel out, those are left."""
    chance = random.Random(times)
    kinds = (flipped, truncated, lengthened, substituted, substituted_at_equal_length)
    made = 0
    while made < times:
        data = kinds[made % len(kinds)](chance, target)
        if data != GOOD:
            made += 1
            yield data


def test_a_thousand_tampered_bundles_are_refused_by_their_pin_and_run_nothing(
    tmp_path: Path,
) -> None:
    target = tmp_path / "written"

    for data in tampered(1_000, target):
        with pytest.raises(IntegrityError):
            read(store_of(data).fetch(PINNED))

    assert not target.exists()


def test_the_untouched_bundle_passes_the_same_check() -> None:
    assert store_of(GOOD).fetch(PINNED) == GOOD


def test_the_attack_of_these_tests_works_where_pickle_is_trusted(tmp_path: Path) -> None:
    pickle.loads(attack(tmp_path / "written"))

    assert (tmp_path / "written").exists()


@settings(max_examples=200)
@given(data=st.data())
def test_a_bundle_with_a_value_edited_is_refused_or_served(data: st.DataObject) -> None:
    content = data.draw(edited(CONTENT))

    try:
        scorer = Scorer.from_bundle(read(pickled(content)))
    except BundleError:
        return

    assert all(scorer.assess(each.payment, explain=True) for each in scorer.bundle.examples)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_an_attack_with_a_correct_pin_is_refused_and_runs_nothing(
    tmp_path: Path, protocol: int
) -> None:
    target = tmp_path / "written"
    data = attack(target, protocol)
    pinned = PinnedModel("k", "v1", len(data), hashlib.sha256(data).hexdigest())

    fetched = store_of(data).fetch(pinned)
    with pytest.raises(BundleError, match="plain data only"):
        read(fetched)

    assert not target.exists()


def test_an_attack_hidden_behind_a_good_bundle_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "written"

    with pytest.raises(BundleError, match="bytes follow the end"):
        read(GOOD + attack(target))

    assert not target.exists()
