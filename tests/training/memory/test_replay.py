"""A replay finds no difference in what the API wrote, and every one that is planted."""

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from fraud_api_lambda.aws.dynamodb import Put
from fraud_api_lambda.aws.table_errors import BusyError, CancelledError
from fraud_api_lambda.decisions.bundle import version_of
from fraud_api_lambda.deployment.pointer import key_of
from fraud_api_lambda.records.account import Account
from fraud_api_lambda.records.items import KEPT_S
from fraud_api_lambda.records.keys import Keys
from fraud_api_lambda.records.seals import seal
from fraud_api_lambda.settings import aws_client
from tests.api.cards import PLAN as CARDS_PLAN
from tests.api.cards import card_payment
from tests.bundles import bundle_of, make_bundle, make_history_bundle
from tests.emulator import TableAws
from tests.memory_app import UNHURRIED, PatientTable, memory_client, remove, write
from tests.transactions import body
from training.__main__ import app
from training.errors import CommandError, InputError
from training.memory.anchors import anchor, digests, leaf
from training.memory.anchors import key_of as anchor_key
from training.memory.replay import replay
from training.registry.anchor_store import AnchorStore
from training.registry.table import MemoryTable

BUNDLE: Final = make_history_bundle()
OTHER: Final = make_history_bundle(seed=1)
PAYMENTS: Final = 24

type Item = dict[str, Any]


def payment(number: int, **changes: Any) -> dict[str, Any]:
    """One of payments among a few accounts, which pay each other."""
    usual = {
        "step": 10 + number // 4,
        "amount": 100.0 + number,
        "nameOrig": f"C{number % 3}",
        "nameDest": f"C{number % 4 + 1}" if number % 5 else "M1",
        "transaction_id": f"t{number}",
    }
    return body(**usual | changes)


def post(client: TestClient, *numbers: int) -> list[dict[str, Any]]:
    """Post payments, each by itself."""
    answers = [client.post("/predict", json=payment(number)) for number in numbers]
    assert {each.status_code for each in answers} == {200}
    return [each.json() for each in answers]


def post_batch(client: TestClient, *numbers: int) -> None:
    payments = [payment(number) for number in numbers]
    answer = client.post("/predict/batch", json={"transactions": payments})
    assert [each["degraded"] for each in answer.json()["results"]] == [[]] * len(numbers)


@pytest.fixture
def client(table_aws: TableAws) -> TestClient:
    """An API that has recorded payments."""
    client = memory_client(table_aws, BUNDLE)
    post_batch(client, *range(PAYMENTS))
    return client


def memory(aws: TableAws) -> MemoryTable:
    return MemoryTable(aws.table, aws.secret_parameter)


def keys(aws: TableAws) -> Keys:
    return Keys.of_text(aws.secret)


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["replay", *options], catch_exceptions=False)


def prediction(aws: TableAws, number: int) -> str:
    return keys(aws).prediction(f"t{number}")


def record_of(aws: TableAws, number: int) -> Item:
    key = f"P#{prediction(aws, number)}"
    return dict(memory(aws).find([key])[key])


def state_key(aws: TableAws, kind: str, account: str) -> str:
    return f"A#{keys(aws).account(kind, account)}"


def state_of(aws: TableAws, kind: str, account: str) -> Item:
    key = state_key(aws, kind, account)
    return dict(memory(aws).find([key])[key])


def rewrite(aws: TableAws, changed: Mapping[str, Any]) -> None:
    """Write an item with a right seal."""
    unsealed = {name: value for name, value in changed.items() if name != "m"}
    write(aws, unsealed | {"m": seal(unsealed, keys(aws))})


def change_view(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    views = json.loads(record["h"])
    views[0][6] ^= 1  # a bit of a sum
    rewrite(aws, record | {"h": json.dumps(views)})


def change_state(aws: TableAws, _: TestClient) -> None:
    item = state_of(aws, "payee", "C2")
    account = Account.unpack(item["s"])
    days = account.state.days._replace(sums=tuple(each + 1 for each in account.state.days.sums))
    rewrite(aws, item | {"s": account._replace(state=account.state._replace(days=days)).pack()})


def remove_state(aws: TableAws, _: TestClient) -> None:
    remove(aws, state_key(aws, "payer", "C1"))


def begin_anew(aws: TableAws, client: TestClient) -> None:
    remove(aws, state_key(aws, "payer", "C1"))
    post(client, 28)


def damage_state(aws: TableAws, _: TestClient) -> None:
    item = state_of(aws, "payer", "C1")
    rewrite(aws, item | {"s": item["s"][:-1]})


def remove_record(aws: TableAws, _: TestClient) -> None:
    remove(aws, f"P#{prediction(aws, 10)}")


def remove_last_record(aws: TableAws, _: TestClient) -> None:
    remove(aws, f"P#{prediction(aws, PAYMENTS - 1)}")


def copy_record(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    number = prediction(aws, 999)
    answer = json.loads(record["a"]) | {"prediction_id": number, "transaction_id": "t999"}
    rewrite(aws, record | {"pk": f"P#{number}", "a": json.dumps(answer)})


def change_probability(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    answer = json.loads(record["a"])
    answer["fraud_probability"] *= 1.001
    rewrite(aws, record | {"a": json.dumps(answer)})


def change_decision(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    answer = json.loads(record["a"])
    answer["decision"] = "review"
    rewrite(aws, record | {"a": json.dumps(answer)})


def change_id(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    answer = json.loads(record["a"]) | {"transaction_id": "t8"}
    rewrite(aws, record | {"a": json.dumps(answer)})


def change_facts(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    rewrite(aws, record | {"f": record["f"].replace("109.0", "109.01")})


def break_facts(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    rewrite(aws, record | {"f": record["f"].replace('"amount"', '"money"')})


def break_record(aws: TableAws, _: TestClient) -> None:
    rewrite(aws, record_of(aws, 9) | {"c": "[[]]"})


def say_not_counted(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, PAYMENTS - 1)
    rewrite(aws, record | {"c": record["c"].replace("true", "false")})


def break_seal(aws: TableAws, _: TestClient) -> None:
    record = record_of(aws, 9)
    write(aws, record | {"m": bytes([record["m"][0] ^ 1]) + record["m"][1:]})


def set_back(aws: TableAws, client: TestClient) -> None:
    before = state_of(aws, "payer", "C1")
    post(client, 28)
    rewrite(aws, before)


def anchor_before(aws: TableAws, client: TestClient) -> None:
    leaves = [leaf(record_of(aws, number)) for number in range(PAYMENTS)]
    as_of = datetime.now(UTC)
    store = AnchorStore(aws.bucket)
    assert store.add(anchor_key(aws.table, as_of), anchor(aws.table, as_of, digests(leaves)))
    post(client, 28)


def lose_model(aws: TableAws, client: TestClient) -> None:
    del client
    post(memory_client(aws, OTHER), 28)
    aws.s3.delete_object(Bucket=aws.bucket, Key=key_of(version_of(BUNDLE)))


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (change_view, r"{9}: its history of the payer .* says sum_30d \d+, not \d+"),
        (change_state, r"{payee C2}: its state, version 5, is not what .* give: days"),
        (remove_state, r"{payer C1}: it has no state, though the {22} .* version 8"),
        (begin_anew, r"{payer C1}: its state has begun anew, though nothing before has expired"),
        (damage_state, r"{payer C1}: its state cannot be read"),
        (remove_record, r"{payer C1}: no record made version 4, though .* version 8"),
        (remove_last_record, r"{payer C2}: no record made version 8, though .* version 8"),
        (copy_record, r"{payer C0}: two records made version 4, one of them (?:{9}|{999})"),
        (change_probability, r"{9}: its answer says fraud_probability 0\.\d+, not 0\.\d+"),
        (change_decision, r'{9}: its answer says decision "review", not "'),
        (change_id, r"{9}: its id is not that of its transaction_id"),
        (change_facts, r"prediction \S+: its history of the \w+ .* says sum_24h \d+, not \d+"),
        (break_facts, r"{9}: its facts are not those of its model's schema"),
        (break_record, r"{9}: it cannot be read as a record"),
        (say_not_counted, r"{23}: it says that it was not counted in .* its payer, wrongly"),
        (break_seal, r"{9}: its seal is wrong: it was changed by somebody without the secret"),
        (set_back, r"{payer C1}: its state is set back to version 8: the {28} .* version 9"),
        (anchor_before, r"day 20[0-9-]+: it has 25 records, not the 24 of anchors/fraud-table-"),
        (lose_model, r"model {model}: it is not in s3://fraud-models.* 24 answers cannot be given"),
    ],
)
def test_a_planted_difference_is_found(
    table_aws: TableAws, client: TestClient, plant: Callable[..., None], words: str
) -> None:
    plant(table_aws, client)

    result = run()

    assert re.search(in_words(table_aws, words), result.stdout), result.stdout
    assert result.exit_code == 3


def in_words(aws: TableAws, words: str) -> str:
    """Words with ids in place of {number of a payment}, {kind account} and {model}."""

    def named(match: re.Match[str]) -> str:
        kind, _, account = match[1].partition(" ")
        if account:
            return f"account {keys(aws).account(kind, account)}"
        return version_of(BUNDLE) if kind == "model" else f"prediction {prediction(aws, int(kind))}"

    return re.sub(r"\{([^}]+)\}", named, words)


class Unlucky(PatientTable):
    """A table that fails on demand."""

    reads = writes = True

    def read(self, keys: Sequence[str], *, consistent: bool, deadline: float) -> dict[str, Any]:
        if not self.reads:
            raise BusyError("throttled")
        return super().read(keys, consistent=consistent, deadline=deadline)

    def write(self, puts: Sequence[Put], *, deadline: float) -> None:
        if not self.writes and len(puts) > 1:
            raise CancelledError("met another", [False] * len(puts), [None] * len(puts))
        super().write(puts, deadline=deadline)


def test_what_the_api_wrote_has_no_differences_whatever_befell_it(table_aws: TableAws) -> None:
    table = Unlucky(table_aws.table, aws_client())
    for start, bundle in ((0, BUNDLE), (20, OTHER), (40, make_bundle())):
        client = memory_client(table_aws, bundle, table=table, waits=UNHURRIED)
        post_batch(client, *range(start, start + 10))
        client.post("/predict?explain=true", json=payment(start + 10))
        client.post("/predict", json=payment(start))
        client.post("/predict?record=false", json=payment(start + 11))
        client.post("/predict", json=payment(0, transaction_id="test_fraud"))
        table.writes = False
        (behind,) = post(client, start + 12)
        table.writes, table.reads = True, False
        (unread,) = post(client, start + 13)
        table.reads = True
        post(client, start + 14)
        said = ["history_behind"] if bundle == make_bundle() else ["no_history"]
        assert [behind["degraded"], unread["degraded"]] == [["history_behind"], said]

    result = run("--json")

    done = json.loads(result.stdout)
    assert (done["differences"], done["not_folded"], result.exit_code) == (0, {}, 0), done
    assert done["records"] == done["answers"] == 3 * 14
    assert done["views"] == 3 * 3 * 13


def test_payments_of_own_columns_are_answered_and_folded_again(table_aws: TableAws) -> None:
    sent: list[Item] = [
        {"amt": 12.345, "device_id": "d1", "trans_num": "one"},
        {"amt": 990.0, "device_id": "d1", "category": "unheard of", "age": ...},
        {"amt": 0.0, "cc_num": 4532015112830366, "known": 0},
        {"amt": 1e12, "device_id": "d2", "trans time": "2025-11-02T01:30:00-05:00"},
        {"amt": 990.0, "job": "none", "Merchant/Name": "4532015112830366"},
    ]
    client = memory_client(table_aws, bundle_of(CARDS_PLAN, [card_payment()] * 40))

    answers = [
        client.post("/predict?explain=true", json=card_payment(**each)).json() for each in sent
    ]

    assert [each["degraded"] for each in answers] == [[], ["unseen:category"], [], [], []]
    result = run()
    assert result.exit_code == 0, result.stdout
    assert "5 records: 5 answers given again" in result.stdout
    assert "5 accounts: 13 views of their histories folded again" in result.stdout


def test_payments_during_a_replay_make_no_difference(
    table_aws: TableAws, client: TestClient
) -> None:
    numbers = iter(range(PAYMENTS, 99))

    def pay(_: str) -> None:
        post(client, *(next(numbers) for _ in range(3)))

    done = replay(memory(table_aws), table_aws.registry, pay)

    assert done.differences == 0, done.first
    assert done.records > PAYMENTS


def test_accounts_whose_first_records_have_expired_are_counted_and_not_folded(
    table_aws: TableAws,
) -> None:
    now = time.time()
    for ago in (KEPT_S + 60, KEPT_S // 2, 0):
        data = BUNDLE if ago > KEPT_S else None
        client = memory_client(table_aws, data, now=partial(float, now - ago))
        client.post("/predict", json=body(transaction_id=str(ago)))
    client.post("/predict", json=body(nameOrig="C7", nameDest="C8"))

    result = run()

    assert "3 records: 3 answers given again" in result.stdout
    assert "accounts that were not folded: 2 (their first records have expired" in result.stdout
    assert "left out, as they have expired: 1" in result.stdout
    assert result.exit_code == 0


def test_the_secret_of_another_table_is_not_taken_for_tampering(
    table_aws: TableAws, client: TestClient
) -> None:
    del client
    table_aws.ssm.put_parameter(
        Name="/fraud/another", Value="c29tZXRoaW5nIG90aGVyIQ==", Type="SecureString"
    )

    result = run("--secret-parameter", "/fraud/another")

    assert result.exit_code == 3
    assert result.stdout.endswith("no seal is right: is it the secret of another table?\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--table", "other"], "no table other in this account .* `make bootstrap` makes"),
        (["--secret-parameter", "/no"], "no secret /no in this account .* `make bootstrap` makes"),
        (["--secret-parameter", "{parameter}"], "not a secret that `make bootstrap` made"),
    ],
)
def test_a_name_of_nothing_is_said(table_aws: TableAws, options: list[str], words: str) -> None:
    table_aws.serve(version_of(BUNDLE), BUNDLE)

    with pytest.raises(InputError, match=words):
        run(*(each.format(parameter=table_aws.parameter) for each in options))


@pytest.mark.usefixtures("table_aws")
def test_a_missing_right_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: MemoryTable) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": ""}}, "Scan")

    monkeypatch.setattr(MemoryTable, "_dynamodb", property(refuse))

    with pytest.raises(CommandError, match=r"reading the table .* AccessDenied.* their rights"):
        run()
