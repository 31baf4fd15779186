"""The image, as Lambda runs it: no privileges, nothing to write to but /tmp."""

import json

import pytest

from fraud_api_lambda.decisions.bundle import version_of
from tests.bundles import make_bundle
from tests.function import runtime
from tests.image.commands import run
from tests.image.conftest import Function
from tests.image.podman import HARDENED

pytestmark = pytest.mark.image

PROCESSES = """
import json, os
from pathlib import Path

others = [path for path in Path("/proc").glob("[0-9]*") if path.name != str(os.getpid())]
print(json.dumps([
    dict(line.split(":\\t", 1) for line in (path / "status").read_text().splitlines())
    for path in others
]))
"""

READ_ONLY = """
import json, os
print(json.dumps([path for path in ("/", "/tmp", "/var/task")
    if os.statvfs(path).f_flag & os.ST_RDONLY]))
"""

MEMORY = """
from pathlib import Path

places = ("memory.max", "memory/memory.limit_in_bytes")
print(next(path.read_text() for path in (Path("/sys/fs/cgroup") / each for each in places)
    if path.exists()))
"""

COMPILED = """
import json, sys
from importlib.machinery import SourceFileLoader

compiled = []
compile_source = SourceFileLoader.source_to_code

def noting(loader, data, path, **options):
    compiled.append(path)
    return compile_source(loader, data, path, **options)

SourceFileLoader.source_to_code = noting
from fraud_api_lambda.handler import handler

answer = handler(json.loads(sys.argv[1]), None)
print(json.dumps({"status": answer["statusCode"], "compiled": compiled}))
"""

STALE = """
import json
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

def is_of(cached, source):
    unchecked = (1).to_bytes(4, "little")
    return cached.exists() and cached.read_bytes()[:16] == (
        MAGIC_NUMBER + unchecked + source_hash(source.read_bytes()))

sources = [*Path("/var/task").rglob("*.py")]
stale = [str(each) for each in sources if not is_of(Path(cache_from_source(each)), each)]
print(json.dumps({"sources": len(sources), "stale": stale}))
"""


@pytest.mark.parametrize("case", runtime.STATUSES)
def test_every_recorded_event_is_answered(function: Function, case: str) -> None:
    answer = function.runtime.invoke(runtime.event(f"rest_v1_{case}"))

    assert answer["statusCode"] == runtime.STATUSES[case]


def test_the_fraud_is_flagged_and_the_genuine_payment_is_not(function: Function) -> None:
    answers = [
        function.runtime.invoke(runtime.event(f"rest_v1_{each}")) for each in ("fraud", "genuine")
    ]

    assert [json.loads(answer["body"])["is_fraud"] for answer in answers] == [True, False]


def test_the_first_answer_comes_from_the_model_that_was_published(function: Function) -> None:
    assert json.loads(function.first["body"])["model_version"] == version_of(make_bundle())


def test_no_process_is_root_or_has_a_capability_or_can_gain_one(function: Function) -> None:
    processes = function.run(PROCESSES)

    assert {"aws-lambda-rie", "python"} == {each["Name"] for each in processes}
    for each in processes:
        assert set(each["Uid"].split()) == {"993"}
        assert set(each["Gid"].split()) == {"990"}
        assert {int(each[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd")} == {0}
        assert each["NoNewPrivs"] == "1"


def test_its_root_and_its_code_are_read_only_and_tmp_is_not(function: Function) -> None:
    assert function.run(READ_ONLY) == ["/", "/var/task"]


def test_its_memory_is_limited(function: Function) -> None:
    assert function.run(MEMORY) == 512 * 1024 * 1024


def test_answering_compiles_no_module(image: str, variables: dict[str, str]) -> None:
    given = [word for name in variables for word in ("--env", f"{name}={variables[name]}")]
    command = ("podman", "run", "--rm", "-i", *HARDENED, *given, "--entrypoint", "python", image)

    fraud = json.dumps(runtime.event("rest_v1_fraud"))
    printed = run(*command, "-", fraud, stdin=COMPILED).splitlines()[-1]

    assert json.loads(printed) == {"status": 200, "compiled": []}


def test_all_bytecode_is_of_the_source_beside_it(function: Function) -> None:
    found = function.run(STALE)

    assert found["sources"] > 100
    assert found["stale"] == []
