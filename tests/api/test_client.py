"""A client generated from the OpenAPI document works, with plain typed models."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.web.app import create_app
from tests.api import snapshot
from tests.fakes import ReadyProvider, served
from tests.transactions import FRAUD

pytestmark = pytest.mark.slow

DOCUMENT = snapshot.paysim_document()
TAGS = {
    operation["operationId"]: operation["tags"][0]
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the package of a freshly generated client, which can be imported."""
    directory = tmp_path_factory.mktemp("client")
    name = "generated_fraud_client"
    spec, config = directory / "openapi.json", directory / "config.json"
    spec.write_text(json.dumps(DOCUMENT))
    config.write_text(json.dumps({"post_hooks": []}))
    generate(spec, config, directory / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        yield name
    for module in [each for each in sys.modules if each.split(".")[0] == name]:
        del sys.modules[module]


def generate(spec: Path, config: Path, package: Path) -> None:
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    command += ["--path", str(spec), "--config", str(config), "--output-path", str(package)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()


@pytest.fixture
def url(scorer: Scorer) -> Iterator[str]:
    with served(create_app(ReadyProvider(scorer))) as url:
        yield url


@pytest.fixture
def call(generated: str, url: str) -> Any:
    """Call an operation of the API through the generated client."""

    def ask(operation: str, **what: Any) -> Any:
        function = import_module(f"{generated}.api.{TAGS[operation]}.{operation}").sync
        connect = import_module(f"{generated}.client").AuthenticatedClient
        with connect(url, "key", prefix="", auth_header_name="x-api-key") as client:
            return function(client=client, **what)

    return ask


@pytest.fixture
def models(generated: str) -> Any:
    return import_module(f"{generated}.models")


def test_a_generated_client_gets_a_typed_answer(call: Any, models: Any, scorer: Scorer) -> None:
    answer = call("predict", body=models.Transaction.from_dict(FRAUD), explain=True)

    assert isinstance(answer, models.Answer)
    assert answer.is_fraud is True
    assert 0 < answer.fraud_probability < 1
    assert answer.decision is models.AnswerDecision.BLOCK
    assert isinstance(answer.reasons[0], models.Reason)
    assert answer.explanation.contributions.additional_properties.keys() == set(
        scorer.bundle.features
    )


def test_a_generated_client_writes_a_transaction_in_plain_python(call: Any, models: Any) -> None:
    transaction = models.Transaction(
        type_=models.TransactionType.PAYMENT,
        amount=12.5,
        name_orig="C1",
        name_dest="M1",
        oldbalance_org=1_000.0,
        step=14,
        transaction_id="mine",
    )

    assert call("predict", body=transaction).transaction_id == "mine"


def test_a_generated_client_gets_a_typed_problem(call: Any, models: Any) -> None:
    problem = call("predict", body=models.Transaction.from_dict({**FRAUD, "amount": -1}))

    assert isinstance(problem, models.Problem)
    assert problem.status == 422
    assert [fault.pointer for fault in problem.errors] == ["#/amount"]


def test_a_generated_client_gets_answers_and_problems_of_a_batch(call: Any, models: Any) -> None:
    sent = {"transactions": [FRAUD, {**FRAUD, "amount": -1}]}

    results = call("predict_batch", body=models.Batch.from_dict(sent)).results

    assert [type(each) for each in results] == [models.Answer, models.BatchProblem]


def test_a_generated_client_reads_health_and_model(call: Any, scorer: Scorer) -> None:
    assert call("health").status == "ok"
    assert call("model").version == scorer.version
