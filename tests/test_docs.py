"""The documentation is true: commands, tables, links and examples are those of the code."""

import importlib.util
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree

import httpx2
import numpy as np
import pandas as pd
import pytest
import typer.main

from benchmarks.sizes import Row, chosen, share_of
from benchmarks.tune import SIZES_MB
from bootstrap.checks import CHECKS
from bootstrap.deploy import deploy
from bootstrap.offline import Offline
from bootstrap.prepare import prepare
from bootstrap.programs import RealPrograms
from bootstrap.stack_status import STATUSES, Command
from bootstrap.transform import declared_by
from fraud_api_lambda import __version__
from fraud_api_lambda.decisions import bundle
from fraud_api_lambda.decisions.reasons import CODES
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.settings import PREFIX, Settings
from fraud_api_lambda.web.answers import AnswerOut
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.openapi import document
from fraud_api_lambda.web.problem_kinds import GATEWAY_KINDS, KINDS
from fraud_api_lambda.wire.wire import Wire
from tests.api.support import WIRE
from tests.bundles import bundle_of, make_bundle
from tests.fakes import ReadyProvider, app, served
from tests.test_architecture import TRAINING_LAYERS
from tests.transactions import FRAUD
from training.__main__ import app as command_line
from training.data.learning import LEAST_ROWS, PRIOR_ROWS, learn
from training.data.learning import MOST_LEVELS as MOST_LEVELS_WITH_A_FEATURE
from training.data.rows import Rows
from training.errors import CheckFailedError, CommandError, InputError
from training.files.tables import read_as_text
from training.local.sam import ContainerEngine
from training.option_values import AUTO, FEATURES, RESAMPLING
from training.policy.file import read_policy
from training.reading.dataset import read_dataset
from training.reading.schema_of_file import schema_of_file
from training.schemas.draft import draft
from training.schemas.draft_text import as_toml
from training.schemas.file import (
    MOST_ATTRIBUTES,
    MOST_ENTITIES,
    MOST_LEVELS,
    KindName,
    _keys_in,
    read_schema,
)

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
TEMPLATE = (ROOT / "template.yaml").read_text()

DOCS = sorted(ROOT.glob("docs/*.md"))
DOCUMENTS = {path: path.read_text() for path in (*sorted(ROOT.glob("*.md")), *DOCS)}
CHANGELOG = DOCUMENTS[ROOT / "CHANGELOG.md"]
README = DOCUMENTS[ROOT / "README.md"]
MANUAL = {path: text for path, text in DOCUMENTS.items() if text is not CHANGELOG}
"""What describes the project of today; the changelog may name what is gone."""

API, DEPLOY, DESIGN, FROM_AMAZON, INDEX, OPERATE, OWN_DATA, RESULTS, TRAIN = (
    DOCUMENTS[ROOT / "docs" / f"{name}.md"]
    for name in (
        "api",
        "deploy",
        "design",
        "amazon-fraud-detector",
        "index",
        "operate",
        "own-data",
        "results",
        "train",
    )
)

TOP = typer.main.get_command(command_line).commands  # type: ignore[attr-defined]
GROUPED = {
    f"{group} {name}": command
    for group, members in TOP.items()
    for name, command in getattr(members, "commands", {}).items()
}
COMMANDS = {name: each for name, each in TOP.items() if not hasattr(each, "commands")} | GROUPED

README_SECTIONS = [
    "Who it is for",
    "Run it",
    "Train on your own file",
    "Call it",
    "Deploy",
    "Results",
    "Limits",
    "Documentation",
]
"""In the order that a visitor needs."""

KINDS_OF_CHANGE = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]


def rows(heading: str, text: str) -> list[list[str]]:
    """The cells of the table that follows a line of a document."""
    after = text.partition(heading)[2]
    table = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)
    assert table, heading
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def code(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def blocks(language: str, text: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_readme_is_short_and_in_the_order_that_a_visitor_needs() -> None:
    assert len(README.splitlines()) <= 140
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == README_SECTIONS


@pytest.mark.parametrize("text", [README, INDEX], ids=["README.md", "index.md"])
def test_every_page_is_linked_from_the_readme_and_from_the_map(text: str) -> None:
    for path, page in DOCUMENTS.items():
        if page is not text and path != ROOT / "README.md":
            assert re.search(rf"\]\((?:[./a-z]*/)?{re.escape(path.name)}\)", text), path.name


def test_every_target_of_the_makefile_is_listed_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE)) - {"help"}

    listed = {code(target)[0].removeprefix("make ") for target, _ in rows("## Make targets", INDEX)}

    assert listed == targets


def test_the_version_is_the_same_wherever_it_is_written() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == __version__


def test_every_target_is_one_command() -> None:
    for rule in re.findall(r"^[a-z-]+:.*##.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE):
        assert rule.count("\n") == 1


def test_every_command_is_listed_and_no_other() -> None:
    listed = {code(command)[0] for command, _ in rows("## All commands", TRAIN)}

    assert listed == set(COMMANDS)


def test_the_exit_codes_are_those_of_the_code() -> None:
    errors = (CommandError, InputError, CheckFailedError)

    listed = [int(exit_code) for exit_code, _ in rows("`python -m training` is the same.", TRAIN)]

    assert listed == [0, *(error.exit_code for error in errors), 130]


def calls(program: str) -> list[str]:
    """The arguments of each call of a program, on a line of its own or in backticks."""
    pattern = rf"(?:^(?:\$ )?|`)(?:\.venv(?:-ray)?/bin/)?{program} +([^`\n#]+)"
    found = re.findall(pattern, "\n".join(MANUAL.values()), re.MULTILINE)
    return sorted({line.strip() for line in found})


@pytest.mark.parametrize("line", calls("fraud"))
def test_every_command_line_has_options_that_exist(line: str) -> None:
    name = next(name for name in COMMANDS if f"{line} ".startswith(f"{name} "))
    words = line.removeprefix(name).split()

    known = {
        option
        for parameter in COMMANDS[name].params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("line", calls("make"))
def test_every_make_line_names_a_target_and_variables_that_it_reads(line: str) -> None:
    target, *words = line.split()

    rule = re.search(rf"^{target}:.*\n(?:\t.*\n)*", MAKEFILE, re.MULTILINE)
    assert rule
    for name in (word.partition("=")[0] for word in words if "=" in word):
        assert re.search(rf"\b{name}\)", rule[0]), name


@pytest.mark.parametrize("line", calls("python -m"))
def test_every_module_that_is_called_is_there(line: str) -> None:
    assert importlib.util.find_spec(line.split(maxsplit=1)[0])


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    listed = {code(name)[0]: default for name, default, _ in rows("## Settings", OPERATE)}

    expected = {
        PREFIX + name.upper(): "required"
        if field.is_required()
        else f"{field.default + 0 if isinstance(field.default, bool) else field.default}"
        for name, field in Settings.model_fields.items()
    }
    assert listed == expected


def test_every_parameter_that_is_set_is_one_of_the_template() -> None:
    parameters = re.findall(r"^  (\w+):$", TEMPLATE.partition("\nMappings:\n")[0], re.MULTILINE)
    named = re.findall(r"`\"?([A-Z][a-z]\w+)=", "\n".join(MANUAL.values()))

    assert named
    assert set(named) <= set(parameters)


def overrides(environment: str) -> dict[str, str]:
    """The parameters that samconfig.toml sets in an environment."""
    configuration = tomllib.loads((ROOT / "samconfig.toml").read_text())
    given = configuration[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(each.split("=", 1) for each in given)


def test_the_parameters_are_those_of_the_template_with_the_values_of_each_environment() -> None:
    dev, prod = overrides("dev"), overrides("prod")

    listed = {code(name)[0]: values for name, *values, _ in rows("## Parameters", DEPLOY)}

    assert listed == {
        name: [str(parameter["Default"]) or "empty", dev.get(name, ""), prod.get(name, "")]
        for name, parameter in declared_by(TEMPLATE).items()
    }


def test_the_routes_are_those_of_the_api() -> None:
    listed = {code(route)[0] for route, _ in rows("## Routes", API)}

    paths = document(app(), None)["paths"]
    expected = {
        f"{method.upper()} {path}" for path, operations in paths.items() for method in operations
    }
    assert listed == expected


@pytest.mark.parametrize(
    ("heading", "fields"),
    [
        ("## The transaction", WIRE.fields),
        ("## The answer", AnswerOut.model_fields),
    ],
)
def test_the_fields_are_those_of_the_api(heading: str, fields: dict[str, object]) -> None:
    listed = [name for cell, _ in rows(heading, API) for name in code(cell)]

    assert sorted(listed) == sorted(fields)


def test_the_problem_types_are_those_of_the_code() -> None:
    listed = {(int(status), code(kind)[0]) for status, kind, _ in rows("## Errors", API)}

    assert listed == {(kind.status, kind.type) for kind in (*KINDS, *GATEWAY_KINDS)}


def test_the_reason_codes_are_those_of_the_code() -> None:
    listed = tuple(code(name)[0] for name, _ in rows("## Reasons", API))

    assert listed == CODES


def test_the_example_of_a_policy_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(*blocks("toml", TRAIN))

    assert read_policy(tmp_path / "policy.toml")["currency"] == "EUR"


def test_the_resampling_methods_are_those_of_the_code() -> None:
    listed = [code(name)[0] for name, _ in rows("### Class imbalance", TRAIN)]

    assert listed == [*RESAMPLING, AUTO]


def test_the_feature_sets_are_those_of_the_code() -> None:
    listed = [code(name)[0] for name, _ in rows("### Feature sets", TRAIN)]

    assert listed == [*FEATURES]


def test_the_readme_shows_a_request_and_an_answer_of_the_api() -> None:
    shown = blocks("console", README)[0].replace("\n", " ")
    required = [name for name, field in AnswerOut.model_fields.items() if field.is_required()]
    decisions = []

    for call in re.split(r"\$ curl ", shown)[1:]:
        request, answer = re.findall(r"\{.*\}", call)[0].split("' ", 1)
        WIRE.payment(request.encode())
        answered = json.loads(answer)
        decisions.append(AnswerOut.model_validate(answered).decision)
        assert [*answered] == required
        assert answered["transaction_id"] == json.loads(request)["transaction_id"]
        assert {reason["code"] for reason in answered["reasons"]} <= set(CODES)

    assert decisions == ["approve", "block"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    scorer = Scorer.from_bundle(bundle.read(make_bundle()))
    with served(create_app(ReadyProvider(scorer))) as url:
        yield url


@pytest.mark.parametrize("path", ["README.md", "docs/api.md"])
def test_the_python_examples_call_the_api(
    path: str, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks("python", DOCUMENTS[ROOT / path])
    names: dict[str, Callable[[object], dict[str, str]]] = {}

    exec(example.replace("https://API", url), names)

    decision = names["assess"](FRAUD)["decision"] if "assess" in names else capsys.readouterr().out
    assert decision.strip() in {"approve", "review", "block"}


@pytest.mark.parametrize("text", [OWN_DATA, FROM_AMAZON], ids=["own-data", "amazon"])
def test_the_example_of_a_schema_can_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "schema.toml").write_text(*blocks("toml", text))

    assert read_schema(tmp_path / "schema.toml").roles.amount


@pytest.mark.parametrize(
    ("heading", "table"), [("At the top:", ()), ("Under `[roles]`:", ("roles",))]
)
def test_the_keys_of_a_schema_are_those_of_the_code(heading: str, table: tuple[str, ...]) -> None:
    listed = [name for cell, _ in rows(heading, OWN_DATA) for name in code(cell)]

    assert sorted(listed) == sorted(_keys_in(table))


def test_the_kinds_of_columns_are_those_of_the_code() -> None:
    lines = "\n".join(line for line, _ in rows("one line each:", OWN_DATA))

    assert {f'"{name}"' for name in get_args(KindName)} <= set(re.findall(r'"\w+"', lines))
    for key in _keys_in(("attributes",)):
        assert f"{key} =" in lines, key


def test_the_limits_of_a_schema_are_those_of_the_code() -> None:
    assert f"| {MOST_ATTRIBUTES}, {MOST_ENTITIES}, {MOST_LEVELS} for each category |" in OWN_DATA
    assert f"up to {MOST_LEVELS_WITH_A_FEATURE} values with {LEAST_ROWS} rows or more" in OWN_DATA
    assert f"as by {PRIOR_ROWS:.0f} more rows" in OWN_DATA


def test_the_comments_of_a_draft_are_explained() -> None:
    explained = [comment for comment, *_ in rows("the decision is yours:", OWN_DATA)]
    number = np.arange(4_000)
    payer = number % 40
    file = pd.DataFrame(
        {
            "time": pd.to_datetime("2026-01-01") + pd.to_timedelta(number, unit="h"),
            "amount": number % 7 + 0.5,
            "payer": np.char.add("C", payer.astype(str)),
            "is_fraud": (number % 1_000 == 0) * 1,
            "code": 1_000 + number % 9,
            "scenario": np.where(number % 1_000 == 0, "stolen", "none"),
            "home_city": np.char.add("city", (payer % 5).astype(str)),
            "gender": np.where(payer % 2, "F", "M"),
            "home_lat": payer + 0.5,
            "home_long": payer + 0.5,
            "late": np.where(number < 3_000, "", np.where(number % 3, "x", "y")),
            "bank": "A",
            "booked": pd.to_datetime("2026-01-01") + pd.to_timedelta(number // 2, unit="h"),
        }
    ).astype("object")
    texts = pd.DataFrame({"note": [f"note {each}" for each in range(2_000)]})

    notes = [*draft(file).notes.values(), *draft(texts).notes.values()]

    told = [re.sub(r"\d[\d,]*", "N", each) for each in notes]
    assert {each for each in explained if any(it.startswith(each) for it in told)} == set(explained)
    assert len(told) == len(explained)


def card_file(path: Path) -> Path:
    """A file with the columns of the walk-through; of 400 rows, 4 are frauds."""
    number = np.arange(400)
    start = pd.Timestamp("2026-01-01 00:00:31")
    pd.DataFrame(
        {
            "ts": start + pd.to_timedelta(number, unit="h"),
            "card": 9_958_893_227_946_477 + number % 40,
            "merchant": np.char.add("M", (1_000_000 + number % 90).astype(str)),
            "amount": 5.5 + number % 70,
            "mcc": 5_411 + number % 3,
            "country": np.where(number % 7 < 3, "IT", np.where(number % 2, "US", "DE")),
            "is_fraud": (number % 100 == 0) * 1,
        }
    ).to_csv(path, index=False)
    return path


def test_the_draft_shown_is_that_of_the_command_and_the_payment_shown_is_taken(
    tmp_path: Path,
) -> None:
    shown = blocks("console", OWN_DATA)
    drafted = re.search(r"^\$ cat schema.toml\n(.*)", shown[1], re.MULTILINE | re.DOTALL)
    assert drafted
    file = card_file(tmp_path / "payments.csv")

    assert as_toml(draft(read_as_text(file)), "my-data") == drafted[1]

    (tmp_path / "schema.toml").write_text(drafted[1])
    dataset = read_dataset(file, schema_of_file(file, f"{tmp_path}/schema.toml"))
    plan = Plan(dataset.schema, learn(Rows.of(dataset)), "decision-time")
    bodies = re.findall(r"-d '(\{.*?\})'", "\n".join(shown), re.DOTALL)
    assert len(bodies) == 2
    for posted in bodies:
        wire = Wire(bundle.read(bundle_of(plan, [json.loads(posted)] * 2)))
        assert wire.payment(posted.encode()).facts.amount > 0


def test_the_errors_of_a_schema_shown_are_those_of_the_code(tmp_path: Path) -> None:
    (shown,) = (block for block in blocks("console", OWN_DATA) if "bad.toml, line" in block)
    path = tmp_path / "bad.toml"
    path.write_text(
        'name = "my-data"\ntimezone = "Europe/Berln"\npeer_group = "country"\n'
        '[roles]\nlabel = "is_fraud"\ntime = "ts"\namount = "?"\npayer = "card"\n'
        'payeee = "merchant"\n[attributes]\nmcc = "categry"\n'
    )

    with pytest.raises(InputError) as caught:
        read_schema(path)

    assert str(caught.value).replace(f"{tmp_path}/", "") == shown.partition("error: ")[2].strip()


EVENTS = """\
EVENT_ID,EVENT_TIMESTAMP,EVENT_LABEL,LABEL_TIMESTAMP,ENTITY_ID,ENTITY_TYPE,order_amount,\
product_category,payment_type,card_bin,billing_country,avs,account_age_days,is_first_order,\
fingerprint,email_address,ip_address,user_agent,billing_name
e1,3/1/2026 11:10:00 PM,fraud,2026-03-09T00:00:00Z,0017,customer,900.5,\
phones,card,411111,DE,N,2,True,f1,a@example.com,192.0.2.1,Mozilla,A
e2,2026-03-01T05:00:00Z,legit,2026-03-09T00:00:00Z,0018,customer,20,\
books,invoice,550000,FR,,400.5,False,f2,b@example.com,192.0.2.2,Mozilla,B
"""


def test_an_event_dataset_can_be_read_and_a_row_of_it_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (script,) = blocks("python", FROM_AMAZON)
    monkeypatch.chdir(tmp_path)
    Path("schema.toml").write_text(*blocks("toml", FROM_AMAZON))
    header, *events = EVENTS.splitlines(keepends=True)
    Path("events.csv").write_text(header + "".join(events) * LEAST_ROWS)

    exec(script, {})

    file = Path("transactions.csv")
    dataset = read_dataset(file, schema_of_file(file, "schema.toml"))
    assert dataset.frame["EVENT_LABEL"].tolist()[:2] == [1, 0]
    assert dataset.facts.hour.tolist()[:2] == [23, 5]
    plan = Plan(dataset.schema, learn(Rows.of(dataset)), "decision-time")
    posted = [
        {str(name): value for name, value in row.items() if value is not None}
        for row in pd.read_csv(file, dtype={"ENTITY_ID": str})
        .drop(columns=["EVENT_LABEL", "LABEL_TIMESTAMP"])
        .head(2)
        .astype(object)
        .replace({float("nan"): None})
        .to_dict("records")
    ]
    scorer = Scorer.from_bundle(bundle.read(bundle_of(plan, posted)))
    with served(create_app(ReadyProvider(scorer))) as url:
        for payment in posted:
            answer = httpx2.post(f"{url}/predict", json=payment)
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("document", MANUAL, ids=lambda path: path.name)
def test_every_path_of_the_project_that_is_named_is_there(document: Path) -> None:
    folders = "|".join(re.escape(path.name) for path in ROOT.iterdir() if path.is_dir())

    for path in re.findall(rf"`((?:{folders})/[\w./-]*)", MANUAL[document]):
        assert path.startswith(("build/", ".venv")) or (ROOT / path).exists(), path


def anchors(text: str) -> set[str]:
    """The headings of a document as GitHub links to them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)]+)\)", DOCUMENTS[document]):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        assert not anchor or anchor in anchors(DOCUMENTS[target]), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_named_reference_has_an_address_and_every_address_a_use(document: Path) -> None:
    text = "".join(re.split(r"^```.*?^```", DOCUMENTS[document], flags=re.MULTILINE | re.DOTALL))

    used = set(re.findall(r"\]\[([a-z-]+)\]", text))

    assert used == set(re.findall(r"^\[([a-z-]+)\]: https://", text, re.MULTILINE))


@pytest.mark.parametrize("document", DOCS, ids=lambda path: path.name)
def test_a_table_of_contents_lists_every_section(document: Path) -> None:
    text = DOCUMENTS[document]
    listed = re.findall(r"^- \[(.+)\]\(#", text.partition("\n## ")[0], re.MULTILINE)

    if listed:
        assert listed == re.findall(r"^## (.+)$", text, re.MULTILINE)


def test_every_section_of_figures_names_the_command_that_prints_them() -> None:
    for section in RESULTS.split("\n## ")[1:]:
        assert blocks("console", section), section.partition("\n")[0]


def test_the_headline_figures_are_those_of_the_results_page() -> None:
    figures = [figure for _, figure, _ in rows("## Results", README)]

    assert len(figures) == 3
    for number in re.findall(r"\d+(?:\.\d+)?", " ".join(figures)):
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]*\d)", RESULTS), number


def test_the_changelog_keeps_to_its_form() -> None:
    releases = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]

    assert releases[0].startswith("[Unreleased]\n")
    for release in releases:
        kinds = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert kinds == [kind for kind in KINDS_OF_CHANGE if kind in kinds]


def test_the_architecture_picture_has_a_dark_mode_a_description_and_nothing_foreign() -> None:
    picture = ROOT / "docs" / "architecture.svg"
    tree = ElementTree.parse(picture)
    light, _, dark = picture.read_text().partition("@media (prefers-color-scheme: dark)")

    def coloured(style: str) -> set[str]:
        return set(re.findall(r"([.\w-]+) \{[^}]*(?:fill|stroke): #", style))

    assert coloured(light)
    assert coloured(light) == coloured(dark.partition("</style>")[0])
    name = "{http://www.w3.org/2000/svg}"
    assert {f"{name}title", f"{name}desc"} <= {element.tag for element in tree.iter()}
    assert not re.search(r"href|url\((?!#)|<script|<image", picture.read_text())


@pytest.mark.parametrize(
    "path", sorted({cell for row in rows("## Layout", DESIGN) for cell in code(row[0])})
)
def test_the_layout_names_what_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_layout_lists_every_folder_of_training_above_those_it_imports() -> None:
    listed = re.findall(r"^\| `training/(\w+)/` \|", DESIGN, re.MULTILINE)
    height = {name: place for place, names in enumerate(TRAINING_LAYERS) for name in names}

    folders = {path.parent.name for path in (ROOT / "training").glob("*/__init__.py")}
    assert set(listed) == folders
    assert listed == sorted(listed, key=lambda name: -height[name])


WATCHERS = re.findall(
    r"^  (\w+):.*\n    Type: AWS::(?:CloudWatch::Alarm|Budgets::Budget)$",
    TEMPLATE,
    re.MULTILINE,
)
"""Alarms and budgets of the application."""


def test_the_runbook_has_every_alarm_and_budget_and_no_other() -> None:
    runbook = OPERATE.partition("## Alarms")[2].partition("## When a deploy fails")[0]

    sections = re.split(r"^### ", runbook, flags=re.MULTILINE)[1:]

    assert [section.partition("\n")[0] for section in sections] == WATCHERS
    for section in sections:
        for part in ("Meaning", "Look at", "Do"):
            assert f"- **{part}.** " in section, section


def test_the_default_memory_follows_from_the_figures_shown() -> None:
    cells = rows("`make tune` measures the function", OPERATE)
    figures = [[float(cell.replace(",", "")) for cell in row] for row in cells]

    sizes = [Row(int(memory_mb), *measured) for memory_mb, *measured in figures]

    assert tuple(each.memory_mb for each in sizes) == SIZES_MB
    for each in sizes:
        assert each.share == pytest.approx(share_of(each.memory_mb), abs=0.005)
    best = chosen(sizes)
    assert best is not None
    assert best.memory_mb == declared_by(TEMPLATE)["MemoryMb"]["Default"]


def test_the_table_of_stack_statuses_is_that_of_the_code() -> None:
    heading = "stack says which commands it allows:"
    table: dict[str, set[Command]] = {}
    commands = (Command.DEPLOY, Command.ROLLBACK, Command.DESTROY)
    for statuses, *answers, _ in rows(heading, OPERATE):
        allowed = {
            command for command, answer in zip(commands, answers, strict=True) if answer == "yes"
        }
        table |= dict.fromkeys(code(statuses), allowed)

    assert table == {name: set(status.allows) for name, status in STATUSES.items()}


def test_the_variables_of_the_workflows_are_explained_and_no_other() -> None:
    workflows = "".join(path.read_text() for path in (ROOT / ".github/workflows").glob("*.yml"))

    listed = {code(name)[0] for name, _ in rows("Set the repository's variables:", DEPLOY)}

    assert listed == set(re.findall(r"\bvars\.([A-Z_]+)", workflows))
    outputs = (ROOT / "bootstrap" / "template.yaml").read_text().partition("\nOutputs:\n")[2]
    assert set(re.findall(r"\bAWS_[A-Z_]+", outputs)) <= listed


@pytest.mark.parametrize(
    ("heading", "template"),
    [
        ("prints the stack's outputs:", "bootstrap/template.yaml"),
        ("To call the API yourself:", "template.yaml"),
    ],
)
def test_the_outputs_are_those_of_the_template(heading: str, template: str) -> None:
    outputs = (ROOT / template).read_text().partition("\nOutputs:\n")[2]

    for row in rows(heading, DEPLOY):
        assert set(code(row[0])) <= set(re.findall(r"^  (\w+):$", outputs, re.MULTILINE))


class CommittedPrograms(RealPrograms):
    """Programs of a clean working tree."""

    def ask(self, *command: str) -> str:
        self._say(shlex.join(command))
        return "" if "status" in command else "8526d91f" + "0" * 32


def plan_of_bootstrap(account: Offline, programs: RealPrograms) -> None:
    prepare(account, programs, github="owner@1/name@2")


def plan_of_deploy(account: Offline, programs: RealPrograms) -> None:
    docker = ContainerEngine("unix:///docker.sock", is_podman=False)
    deploy(account, programs, environment="dev", image=None, engine=lambda: docker)


@pytest.mark.parametrize("plan", [plan_of_bootstrap, plan_of_deploy])
def test_the_dry_runs_shown_are_those_of_the_commands(
    plan: Callable[[Offline, RealPrograms], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command = plan.__name__.removeprefix("plan_of_")
    block = DEPLOY.partition(f"$ make {command} DRY_RUN=1")[2].partition("```")[0]
    _, _, *shown = block.splitlines()  # the command line, and what goes to stderr
    has_bootstrap = plan is plan_of_deploy

    plan(Offline(print, has_bootstrap=has_bootstrap), CommittedPrograms(print, dry_run=True))

    printed = [without_place(line) for line in capsys.readouterr().out.splitlines()]
    for line in map(without_place, shown):
        pattern = ".*".join(map(re.escape, line.split("...")))
        assert any(re.fullmatch(pattern, each) for each in printed), line


def without_place(line: str) -> str:
    """A printed line without the project's folder and the time."""
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z", "TIME", line.replace(f"{ROOT}/", ""))


def test_the_api_page_says_how_many_calls_a_key_has() -> None:
    of_a_key = re.search(r"RequestsPerSecond:\n(?: .*\n)*? +Default: (\d+)", TEMPLATE)
    of_health = re.search(r"/~1health.*\n(?: .*\n)*? +ThrottlingRateLimit: (\d+)", TEMPLATE)

    assert of_a_key
    assert of_health
    assert f"A key has {of_a_key[1]} calls a second" in API
    assert f"`/health` has {of_health[1]}." in API


def test_the_deploy_page_says_how_many_checks_the_doctor_makes() -> None:
    words = {8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve"}

    assert f"The doctor makes {words[len(CHECKS)]} checks" in DEPLOY
