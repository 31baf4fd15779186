"""The watch of a table reads what the API wrote, and says what it left out."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from fraud_api_lambda.aws.table_errors import BusyError
from fraud_api_lambda.decisions.bundle import read, version_of
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.assessment import Decision
from fraud_api_lambda.domain.elementwise import SINGLE
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.settings import aws_client
from tests.bundles import EMPTIED, make_bundle, make_history_bundle
from tests.emulator import TableAws
from tests.memory_app import UNHURRIED, PatientTable, memory_client
from tests.transactions import TYPES, body
from training.__main__ import app
from training.errors import InputError
from training.watch.measured import Measuring
from training.watch.reference import Reference
from training.watch.sample import Sample, numbered

WEEK: Final = 300
OLD: Final = 40
DAY_S: Final = 86_400

type Body = dict[str, Any]


def payments(n: int, seed: int, factor: float = 1.0) -> list[Body]:
    """Payments of many customers."""
    chance = np.random.default_rng(seed)
    return [
        body(
            step=int(chance.integers(1, 25)),
            type=str(chance.choice(TYPES)),
            amount=round(factor * float(chance.lognormal(5, 1)), 2),
            oldbalanceOrg=round(float(chance.lognormal(7, 1)), 2),
            nameOrig=f"C{chance.integers(10**6)}",
            nameDest=f"{chance.choice(['C', 'M'])}{chance.integers(10**6)}",
            transaction_id=f"{seed}-{number}",
        )
        for number in range(n)
    ]


def reference(data: bytes) -> bytes:
    """A reference of a bundle: payments without histories, as it answers them."""
    bundle = read(data)
    sent, scorer, measuring = payments(1_500, 0), Scorer.from_bundle(bundle), Measuring(bundle.plan)
    asked = [bundle.plan.reader.payment(each) for each in sent]
    answers = scorer.assess_many(asked)
    values = np.array([[*map(float, measuring.values(each.facts, SINGLE))] for each in asked])
    sample = Sample(
        values=dict(zip((each.name for each in measuring.subjects), values.T, strict=True)),
        unseen={},
        probabilities=np.array([each.fraud_probability for each in answers]),
        decided=np.array([list(Decision).index(each.decision) for each in answers]),
        weights=np.ones(len(sent)),
        accounts={"payer": numbered([each["nameOrig"] for each in sent])},
    )
    frauds = sample.counted_in_bursts(sample.probabilities)
    return Reference.of(sample, measuring.subjects, "January", frauds=frauds).to_bytes()


@cache
def watched_bundle() -> bytes:
    return make_bundle(reference=reference(make_bundle()))


def post(
    aws: TableAws, sent: list[Body], data: bytes | None = None, *, days_ago: float = 1
) -> list[Body]:
    now = partial(float, time.time() - days_ago * DAY_S)
    client = memory_client(aws, data, now=now)
    answers = []
    for start in range(0, len(sent), 100):
        answer = client.post("/predict/batch", json={"transactions": sent[start : start + 100]})
        answers += answer.json()["results"]
    return answers


def run(*options: str) -> Result:
    as_of = datetime.now(UTC).isoformat()
    return CliRunner().invoke(app, ["watch", "--as-of", as_of, *options], catch_exceptions=False)


def test_a_quiet_week_is_quiet_and_what_was_left_out_is_said(table_aws: TableAws) -> None:
    post(table_aws, payments(20, 3), make_bundle(seed=1))
    sent = [*payments(OLD - 2, 2), *({**EMPTIED, "nameOrig": name} for name in ("C1", "C2"))]
    old = post(table_aws, sent, watched_bundle(), days_ago=65)
    post(table_aws, payments(WEEK, 1))
    at = (datetime.now(UTC) - timedelta(days=10)).isoformat()
    approved = [each for each in old if each["decision"] == "approve"]
    words = {"label": "fraud", "source": "chargeback", "at": at}
    outcomes = [{"prediction_id": each["prediction_id"], **words} for each in approved[:3]]
    client = memory_client(table_aws)
    client.post("/predict", json=body(transaction_id="test_genuine"))
    told = client.post("/outcomes", json={"outcomes": outcomes})
    assert [each["label"] for each in told.json()["results"]] == ["fraud"] * 3

    result = run("--json")

    done = json.loads(result.stdout)
    assert (done["verdict"], result.exit_code) == ("quiet", 0), done["sentence"]
    assert done["payments"] == WEEK
    blocked = OLD - len(approved)
    assert blocked > 0
    untold = f"blocked without an outcome: {blocked} of {OLD} older payments"
    assert done["notes"] == [
        "left out: 20 of 320 payments, which other versions of the model answered",
        f"{untold}; nobody knows what they were",
    ]
    found = done["outcomes"]
    assert (found["payments"], found["observed"]) == (len(approved), 3)
    expected = sum(each["fraud_probability"] for each in approved)
    assert found["expected"] == pytest.approx(expected)
    assert done["model_version"] == version_of(watched_bundle())


def test_a_shift_exits_with_3_and_the_page_says_what_moved(
    table_aws: TableAws, tmp_path: Path
) -> None:
    post(table_aws, payments(WEEK, 1, factor=4), watched_bundle())

    result = run("--out", str(tmp_path / "watch.html"))

    assert result.exit_code == 3
    sentence = result.stdout.splitlines()[0]
    assert "Amount: values are larger than in training" in sentence
    page = (tmp_path / "watch.html").read_text()
    assert f"<h1>{sentence}</h1>" in page
    assert "http" not in page
    assert "<script" not in page


def test_payments_of_other_days_are_not_watched(table_aws: TableAws) -> None:
    post(table_aws, payments(30, 1), watched_bundle(), days_ago=3)

    assert "30 payments are too few" in run("--days", "4").stdout
    assert "0 payments are too few" in run("--days", "2").stdout


class Deaf(PatientTable):
    """A table that cannot be read by the API."""

    def read(self, keys: Any, *, consistent: bool, deadline: float) -> dict[str, Any]:
        del keys, consistent, deadline
        raise BusyError("throttled")


def test_answers_without_histories_are_counted_as_limited_and_not_compared(
    table_aws: TableAws,
) -> None:
    data = make_history_bundle()
    data = make_history_bundle(reference=reference(data))
    table = Deaf(table_aws.table, aws_client())
    client = memory_client(table_aws, data, table=table, waits=UNHURRIED)
    client.post("/predict/batch", json={"transactions": payments(30, 1)})

    result = run("--json")

    done = json.loads(result.stdout)
    assert done["payments"] == 0
    assert done["notes"] == [
        "answered without histories: 30 payments, which count as limited answers only"
    ]


def test_an_older_model_is_served_and_its_watch_says_to_train_again(table_aws: TableAws) -> None:
    (answer,) = post(table_aws, payments(1, 1), make_bundle())

    assert answer["decision"]
    with pytest.raises(InputError, match=r"no reference to compare with: it was trained before .*"):
        run()


@pytest.mark.parametrize("option", ["--table", "--bucket", "--parameter"])
def test_a_name_that_is_not_given_is_asked_for(
    table_aws: TableAws, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    del table_aws
    variable = {"--table": "FRAUD_TABLE", "--bucket": "FRAUD_MODEL_BUCKET"}.get(option)
    monkeypatch.delenv(variable or "FRAUD_MODEL_PARAMETER")

    with pytest.raises(InputError, match=rf"{option}: not given; name it, or watch a file"):
        run()


def test_the_plan_of_a_bundle_with_a_reference_is_that_of_one_without() -> None:
    with_one, without = read(watched_bundle()), read(make_bundle())

    assert isinstance(with_one.plan, Plan)
    assert with_one.plan == without.plan
    assert without.reference is None
    assert isinstance(with_one.reference, bytes)
