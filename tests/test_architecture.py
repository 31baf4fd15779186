"""Who may know what: imports go downwards, and a few powers stay in their rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "fraud_api_lambda"

LAYERS = (
    {"domain", "aws"},
    {"history"},
    {"features"},
    {"model"},
    {"decisions"},
    {"deployment", "records"},
    {"settings"},
    {"labelling"},
    {"service", "wire"},
    {"web"},
    {"handler"},
)

KNOW_AWS = {"aws", "deployment", "records", "settings", "handler"}
"""The only rooms that know of requests to AWS, which in turn know no payment."""

TRAINING = ROOT / "training"
"""Offline work, in rooms."""

TRAINING_LAYERS = (
    {"errors"},
    {"option_values", "option_names", "hints", "program"},
    {"metrics", "files", "schemas"},
    {"reading"},
    {"data", "simulator"},
    {"histories"},
    {"policy"},
    {"fitting"},
    {"scoring", "analysis"},
    {"watch"},
    {"reporting"},
    {"bundling"},
    {"registry", "distributed"},
    {"memory"},
    {"train"},
    {"local"},
    {"commands"},
    {"__main__"},
)

TRAINING_POWERS = {
    "boto3": {"registry", "local"},
    "botocore": {"registry"},
    "ray": {"distributed"},
    "jinja2": {"reporting"},
    "subprocess": {"local"},
    "socket": {"local", "distributed"},
}
"""What may be imported only in these rooms of `training`."""

POWERS = {
    "boto3": set(),
    "numpy": set(),
    "xgboost": set(),
    "ctypes": {"model/booster"},
    "http": {"aws/connections", "aws/transport"},
    "os": {"settings"},
    "pickle": {"decisions/plain_pickle"},
    "joblib": {"decisions/plain_pickle"},
    "pandas": set(),
    "sklearn": set(),
    "imblearn": set(),
    "training": set(),
}
"""What may be imported only in these modules of what ships."""

UNTYPED = {
    "aws/attributes",
    "aws/table_errors",  # the answers of DynamoDB
    "domain/elementwise",  # a float or a NumPy column
    "domain/checks",
    "domain/plain_values",  # plain data of a bundle
    "domain/reading",  # the values of a payment's fields
    "decisions/bundle",
    "model/calibration",
    "decisions/typical",
    "deployment/pointer",
    "web/events",
}
"""Where JSON and plain data come in, and become types. No other module that ships says `Any`."""

STANDARD_LIBRARY_ONLY = LAYERS[:6]
"""These rooms, and the events of the gateway."""


def imported(path: Path) -> Iterator[str]:
    """Every module that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def modules() -> list[str]:
    """The modules that ship, such as `handler` and `web/app`."""
    paths = (path.relative_to(SHIPPED).with_suffix("") for path in SHIPPED.rglob("*.py"))
    return sorted(str(path) for path in paths if path.name != "__init__")


def imports_of(name: str) -> set[str]:
    return set(imported(SHIPPED / f"{name}.py"))


def shipped_room(name: str) -> str:
    return name.removeprefix("fraud_api_lambda.").replace(".", "/").split("/")[0]


def layer(room: str) -> int:
    return next(index for index, rooms in enumerate(LAYERS) if room in rooms)


def rooms_known(name: str) -> set[str]:
    """The other rooms that a module imports from."""
    known = {shipped_room(each) for each in imports_of(name) if "fraud_api_lambda." in each}
    return {room for room in known if room != "__version__"} - {shipped_room(name)}


@pytest.mark.parametrize("name", modules())
def test_every_module_that_ships_imports_from_its_own_room_or_downwards(name: str) -> None:
    own = layer(shipped_room(name))

    assert not {room for room in rooms_known(name) if layer(room) >= own}


def test_requests_to_aws_are_known_to_deployment_only() -> None:
    users = {shipped_room(name) for name in modules() if "aws" in rooms_known(name)}

    assert users <= KNOW_AWS


@pytest.mark.parametrize("power", POWERS)
def test_a_power_stays_in_its_room(power: str) -> None:
    users = {
        name for name in modules() if power in {each.split(".")[0] for each in imports_of(name)}
    }

    assert users <= POWERS[power]


def test_any_stays_at_the_edge() -> None:
    users = {name for name in modules() if "typing.Any" in imports_of(name)}

    assert users == UNTYPED


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in modules()
        if shipped_room(name) in set().union(*STANDARD_LIBRARY_ONLY) or name == "web/events"
    ],
)
def test_the_core_needs_the_standard_library_only(name: str) -> None:
    # bundle.pack, which the image never calls, asks joblib.
    allowed = sys.stdlib_module_names | {"fraud_api_lambda", "joblib"}

    assert {each.split(".")[0] for each in imports_of(name)} <= allowed


def room(name: str) -> str:
    """The folder of `training` that a module lies in, or the module itself."""
    return name.removeprefix("training.").split(".")[0]


def training_files() -> list[Path]:
    return sorted(path for path in TRAINING.rglob("*.py") if path.parent / "__init__.py" != path)


def training_layer(name: str) -> int:
    return next(index for index, rooms in enumerate(TRAINING_LAYERS) if name in rooms)


def room_of(path: Path) -> str:
    return path.relative_to(TRAINING).with_suffix("").parts[0]


@pytest.mark.parametrize("path", training_files(), ids=lambda path: str(path.relative_to(TRAINING)))
def test_every_module_of_training_imports_from_its_own_room_or_downwards(path: Path) -> None:
    own = room_of(path)
    others = {room(each) for each in imported(path) if each.startswith("training.")} - {own}

    assert not {other for other in others if training_layer(other) >= training_layer(own)}


@pytest.mark.parametrize("power", TRAINING_POWERS)
def test_a_power_stays_in_its_room_of_training(power: str) -> None:
    users = {
        room_of(path)
        for path in training_files()
        if any(each.split(".")[0] == power for each in imported(path))
    }

    assert users <= TRAINING_POWERS[power]


def test_every_room_says_in_a_sentence_what_it_holds() -> None:
    packages = [*TRAINING.rglob("__init__.py"), *SHIPPED.glob("*/__init__.py")]
    rooms = [path for path in packages if "templates" not in path.parts]
    without = [path for path in rooms if not ast.get_docstring(ast.parse(path.read_text()))]

    assert len(rooms) > 20
    assert not without


def test_a_room_holds_fewer_than_sixteen_files() -> None:
    folders = {path.parent for path in [*training_files(), *SHIPPED.rglob("*.py")]}

    assert not {str(each): n for each in folders if (n := len(list(each.glob("*.py")))) >= 16}


def test_bootstrap_knows_only_the_registry_and_the_local_helpers_of_training() -> None:
    files = (ROOT / "bootstrap").rglob("*.py")
    known = {room(each) for path in files for each in imported(path) if "training." in each}

    assert known == {"local", "errors", "hints", "option_names", "program", "registry"}


@pytest.mark.slow
def test_importing_modules_starts_no_thread_and_opens_no_connection() -> None:
    names = [name.replace("/", ".") for name in modules() if name != "handler"]
    watch = (
        "import importlib, sys, threading\n"
        "def refuse(event, args):\n"
        "    if event in {'socket.connect', 'subprocess.Popen'}: raise SystemExit(event)\n"
        "sys.addaudithook(refuse)\n"
        f"for name in {names}: importlib.import_module(f'fraud_api_lambda.{{name}}')\n"
        "sys.exit(threading.active_count() - 1)\n"
    )

    subprocess.run([sys.executable, "-c", watch], check=True, cwd=ROOT, env={})


@pytest.mark.slow
def test_without_a_table_nothing_of_the_memory_is_imported() -> None:
    variables = {
        "FRAUD_MODEL_BUCKET": "b",
        "FRAUD_MODEL_PARAMETER": "p",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    show = "import sys, fraud_api_lambda.handler as made; print(made.given[0].table, *sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", show],
        check=True,
        capture_output=True,
        cwd=ROOT,
        env=variables,
        text=True,
    )
    memory = {"aws.attributes", "aws.dynamodb", "history.packing", "service", "web.recorded"}
    known = {each for each in ran.stdout.split() if each.startswith("fraud_api_lambda.")}

    assert "fraud_api_lambda.web.predictions" in known
    assert not known & {f"fraud_api_lambda.{name}" for name in memory}
    assert not [each for each in known if each.startswith("fraud_api_lambda.records")]


def test_modules_are_small_enough_to_read() -> None:
    sizes = {
        path.relative_to(ROOT): len(path.read_text().splitlines())
        for folder in ("fraud_api_lambda", "training", "bootstrap")
        for path in (ROOT / folder).rglob("*.py")
    }

    assert not {path: lines for path, lines in sizes.items() if lines > 250}


def test_no_two_test_files_have_one_name() -> None:
    """Pytest imports them by name alone, so the second would not be run."""
    names = [path.name for path in Path(__file__).parent.rglob("test_*.py")]

    assert sorted(names) == sorted(set(names))
