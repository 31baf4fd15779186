"""`fraud erase` on a table of DynamoDB."""

from dataclasses import replace
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.decisions.reason_texts import value_in_words
from fraud_api_lambda.decisions.typical import ALL, Hours, Typical
from fraud_api_lambda.deployment.pointer import key_of
from fraud_api_lambda.domain.schema import Attribute, Kind
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.records.keys import Keys
from tests.api.cards import CARDS, LEARNED, card_payment
from tests.bundles import bundle_of, make_bundle
from tests.emulator import TableAws
from tests.memory_app import memory_client
from training.__main__ import app
from training.commands import erase as command
from training.errors import InputError
from training.registry.table_changes import Change, ChangingTable

ID: Final = "OLD_PHONE_77"
SHOP: Final = "Kirlin & Sons"
PLAN: Final = Plan(
    replace(
        CARDS,
        attributes={
            **CARDS.attributes,
            "phone": Attribute("phone", Kind.CATEGORY, ("device_id",)),
        },
    ),
    replace(
        LEARNED,
        levels={**LEARNED.levels, "phone": (ID, "other")},
        fills={**LEARNED.fills, "phone": ()},
    ),
    "decision-time",
)
"""A schema that records the ids of devices in clear, because their column is an attribute, too."""

TYPICAL: Final = Typical(
    {ALL: dict.fromkeys(PLAN.names, 0.0)}, {ALL: Hours(8, 21)}, {"phone": frozenset({ID})}
)
BUNDLE: Final = bundle_of(
    PLAN,
    [card_payment(device_id=(ID, "other")[number % 2]) for number in range(40)],
    typical=TYPICAL.as_dict(),
)
"""A model to which the phone is a fraud's."""


def run(*options: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, ["erase", *options], input=answer, catch_exceptions=False)


@pytest.fixture
def client(table_aws: TableAws) -> TestClient:
    """An API that has recorded payments with two phones."""
    client = memory_client(table_aws, BUNDLE)
    for number in range(6):
        post(client, number)
    return client


def post(client: TestClient, number: int) -> dict[str, Any]:
    sent = {"device_id": (ID, "other")[number % 2], "trans_num": f"t{number}"}
    answer = client.post("/predict", json=card_payment(**sent))
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def contents(aws: TableAws) -> str:
    return str(aws.items)


def test_an_account_is_erased_from_records_and_states_of_its_partners(
    table_aws: TableAws, client: TestClient
) -> None:
    del client

    result = run("--account", SHOP, "--yes")

    assert result.stdout == (
        "records that name it: 6\n"
        "states of its own: 1\n"
        "accounts that have it as a partner: 1\n"
        "erased, which cannot be undone: its ids in records (6), its own states (1), its number in "
        "states of others (1)\n"
    )
    assert Keys.of_text(table_aws.secret).account("payee", SHOP) not in contents(table_aws)
    replayed = CliRunner().invoke(app, ["replay"])
    assert "6 records: 6 answers given again" in replayed.stdout
    assert replayed.exit_code == 0


def test_an_entity_of_the_served_model_is_erased_from_facts_and_reasons_too(
    table_aws: TableAws, client: TestClient
) -> None:
    assert "among payments with phone old phone 77 than" in str(post(client, 6)["reasons"])

    result = run("--account", ID, "--yes")

    assert result.stdout.startswith("records that name it: 4\nstates of its own: 1\n")
    left = contents(table_aws)
    assert not [form for form in (ID, value_in_words(ID)) if form in left]
    assert Keys.of_text(table_aws.secret).account("device", ID) not in left
    replayed = CliRunner().invoke(app, ["replay"])
    assert replayed.exit_code == 0, replayed.stdout
    assert "answers without a fact that was an erased id: 4" in replayed.stdout


def test_a_dry_run_and_an_unconfirmed_run_change_nothing(
    table_aws: TableAws, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    del client
    before = contents(table_aws)

    assert run("--account", ID, "--dry-run").stdout.startswith("records that name it: 3\n")
    with pytest.raises(InputError, match="no terminal to confirm on; give --yes"):
        run("--account", ID)
    monkeypatch.setattr(command, "is_terminal", lambda: True)
    refused = run("--account", ID, answer="n\n")

    assert refused.exit_code == 1
    assert "Erase it from fraud-table" in refused.stderr
    assert contents(table_aws) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--account", "OLD_PHONE"], r"nothing of this account is in fraud-table.* to the letter"),
        (["--account", ID, "--kind", "payer"], "nothing of this account .*, as payer;"),
        (["--account", ID, "--kind", "received"], "--kind received: .*: --kind payee"),
    ],
)
def test_an_account_that_is_not_there_is_said(
    table_aws: TableAws, client: TestClient, options: list[str], words: str
) -> None:
    del client
    before = contents(table_aws)

    with pytest.raises(InputError, match=words):
        run(*options, "--yes")

    assert contents(table_aws) == before


def test_a_bucket_needs_its_parameter(table_aws: TableAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FRAUD_MODEL_PARAMETER")

    with pytest.raises(InputError, match="give both, or none"):
        run("--account", ID, "--bucket", table_aws.bucket)


def test_facts_are_not_searched_without_the_models(
    table_aws: TableAws, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    del client
    monkeypatch.delenv("FRAUD_MODEL_PARAMETER")
    monkeypatch.delenv("FRAUD_MODEL_BUCKET")

    result = run("--account", ID, "--kind", "device", "--yes")

    assert "facts are not searched for the id itself: give --bucket and --paramet" in result.stdout
    assert ID in contents(table_aws)


def test_facts_of_a_lost_model_are_said(table_aws: TableAws, client: TestClient) -> None:
    del client
    other = make_bundle()
    table_aws.serve(version_of(other), other)
    table_aws.s3.delete_object(Bucket=table_aws.bucket, Key=key_of(version_of(BUNDLE)))

    result = run("--account", ID, "--kind", "device", "--yes")

    assert f"the model {version_of(BUNDLE)} is gone, so the facts of" in result.stdout


@pytest.mark.parametrize("name", ["s", "m", "u"])
def test_an_item_that_somebody_else_has_changed_is_not_written(
    table_aws: TableAws, name: str
) -> None:
    table = ChangingTable(table_aws.table, table_aws.secret_parameter)
    first: dict[str, Any] = {"pk": "A#1", "s": b"1", "m": b"2"}
    changed = {**first, name: b"3"}
    assert table.change([Change("A#1", None, first), Change("A#2", None, {"pk": "A#2"})])
    assert not table.change([Change("A#1", None, first)])
    assert table.change([Change("A#1", first, changed)])

    assert not table.change([Change("A#1", first, None), Change("A#2", {"pk": "A#2"}, None)])

    assert table.find(["A#1", "A#2"]) == {"A#1": changed, "A#2": {"pk": "A#2"}}
    assert table.change([Change("A#1", changed, None)])


def test_a_refusal_is_said(table_aws: TableAws) -> None:
    del table_aws

    with pytest.raises(InputError, match="no table another in this account"):
        ChangingTable("another", "/secret").change([Change("A#1", None, {"pk": "A#1"})])
