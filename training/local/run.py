"""Train, publish and serve on this machine, through the same code as in production."""

import json
import shlex
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from math import isclose
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import typer

from fraud_api_lambda.features.plan import WITHOUT_HISTORY
from training.errors import CheckFailedError, CommandError
from training.files.writing import write_transactions
from training.fitting.settings import Settings
from training.hints import link
from training.local.aws import LocalAws, local_aws, local_aws_with_memory
from training.local.processes import (
    LOOPBACK,
    Server,
    environment,
    free_port,
    interruptible,
    request,
    served,
)
from training.local.progress import reported
from training.local.registry import serve_from
from training.local.sam import find_engine, find_sam, invoke_function
from training.option_values import BUILT_IN
from training.reading.schema_of_file import schema_of_file
from training.reporting.console import summary
from training.reporting.schema import RunMetrics
from training.simulator.by_schema import SIMULATORS
from training.train import REPORT, TrainOptions, train

type Progress = Callable[[str], None]

START_STEPS: Final = 2
"""Steps of `start_aws` and `start_api`."""

KINDS: Final = ("stopped", "approved")

NO_POLICY: Final[Mapping[str, Any]] = MappingProxyType({})


def run(
    *,
    data: Path | None,
    schema: str | None,
    rows: int,
    seed: int,
    port: int | None,
    out: Path,
    memory: bool,
) -> None:
    """Train, publish to a local S3, post the model's examples to the API and serve until Ctrl-C.

    Parameters
    ----------
    data : Path or None
        Transactions to train on; simulated ones if None.
    schema : str or None
        Name or path of their schema; the built-in one that fits if None. Without `data`, the name
        of the built-in schema to simulate.
    rows, seed : int
        Size and seed of the simulation; the seed of the training too.
    port : int or None
        The API's port on localhost; a free one if None.
    out : Path
        Directory for the model and the simulated transactions.
    memory : bool
        Whether the API has a table for account histories and decisions.

    Raises
    ------
    CheckFailedError
        If the API's answer to an example differs from the answer in training.
    """
    port = free_port(port)
    with interruptible(), ExitStack() as stack:
        metrics = make_model(data, schema=schema, rows=rows, seed=seed, out=out, memory=memory)
        with reported(START_STEPS) as progress:
            aws = start_aws(stack, out, progress, memory=memory)
            api = start_api(stack, port, progress)
        typer.echo(f"{summary(metrics, out)}\nreport: {link(out / REPORT)}\n")
        examples = _examples(port)
        wrong = _post_examples(port, examples)
        if wrong:
            api.log.follow(kept=True)
            raise CheckFailedError(
                f"the API does not score the {' and the '.join(wrong)} payment as in training; "
                "its log is above"
            )
        _print_next(port, examples, aws)
        wait_for_the_end(api, "the API")


def make_model(
    data: Path | None,
    *,
    schema: str | None = None,
    rows: int,
    seed: int,
    out: Path,
    compare: bool = False,
    memory: bool = False,
    policy: Mapping[str, Any] = NO_POLICY,
) -> RunMetrics:
    """Train on `data`, or on simulated transactions if None, and return the metrics.

    With `memory`, the model has account histories if the data has them. `policy` has the numbers
    that differ from the defaults.
    """
    if data is None:
        data = out / "transactions.csv"
        _simulate(schema, rows=rows, seed=seed, out=data)
    # The search and the comparisons take most of the time, and a local model needs neither.
    options = TrainOptions(
        schema=schema_of_file(data, schema),
        feature_set=None if memory else WITHOUT_HISTORY,
        settings=Settings(seed=seed, policy=dict(policy)),
        choose_ratio=False,
        compare=compare,
    )
    with reported(options.steps) as progress:
        return train(data, out, options, progress=progress)


def _simulate(schema: str | None, *, rows: int, seed: int, out: Path) -> None:
    simulator = SIMULATORS[schema or BUILT_IN[0]]
    with reported(simulator.steps(rows) + 1) as progress:
        frame = simulator.simulate(rows, seed, progress=progress)
        progress(f"writing {out}")
        write_transactions(frame, out)


def start_aws(stack: ExitStack, out: Path, progress: Progress, *, memory: bool) -> LocalAws:
    """Start a local AWS and serve the model in `out` from it, until `stack` is closed."""
    progress("publishing to a local S3")
    aws = stack.enter_context(local_aws_with_memory() if memory else local_aws())
    stack.enter_context(environment(aws.environment))
    serve_from(aws, out)
    return aws


def start_api(stack: ExitStack, port: int, progress: Progress) -> Server:
    """Start the API on `port`, until `stack` is closed."""
    progress("starting the API")
    arguments = f"fraud_api_lambda.handler:app --host {LOOPBACK} --port {port} --log-level warning"
    return stack.enter_context(
        served(
            "uvicorn",
            *arguments.split(),
            port=port,
            path="/health",
            variables={"FRAUD_DOCS": "1"},
        )
    )


def _examples(port: int) -> dict[str, dict[str, Any]]:
    """The model's own examples by kind, from the API."""
    _, body = request(port, "GET", "/model")
    examples = json.loads(body)["examples"]
    return {kind: examples[kind] for kind in KINDS if examples[kind]}


def _post_examples(port: int, examples: dict[str, dict[str, Any]]) -> list[str]:
    """Post the examples and print the answers, none of them recorded; return the wrong kinds."""
    wrong = []
    for kind, example in examples.items():
        status, body = request(port, "POST", "/predict?record=false", example["transaction"])
        answer = json.loads(body)
        right = status == 200 and _agrees(answer, example["answer"])
        typer.echo(f"The {kind} payment is scored {'correctly' if right else 'WRONGLY'}:")
        typer.echo(json.dumps(answer, indent=2))
        wrong += [] if right else [kind]
    return wrong


def _agrees(answer: dict[str, Any], expected: dict[str, Any]) -> bool:
    probabilities = answer["fraud_probability"], expected["fraud_probability"]
    return answer["decision"] == expected["decision"] and isclose(*probabilities, rel_tol=1e-5)


def _print_next(port: int, examples: dict[str, dict[str, Any]], aws: LocalAws) -> None:
    """Print a curl command, and what another terminal sets to use this AWS."""
    url = f"http://{LOOPBACK}:{port}"
    first, *_ = examples.values()
    body = shlex.quote(json.dumps(first["transaction"]))
    typer.echo(f"\ncurl {url}/predict -H 'Content-Type: application/json' -d {body}\n")
    typer.echo("For the commands of another terminal, such as `fraud replay`:")
    for name, value in aws.environment.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
    typer.echo(f"\nDocs: {url}/docs")


def wait_for_the_end(server: Server, name: str) -> None:
    """Copy the server's log to stderr until Ctrl-C; fail if the server ends earlier."""
    server.log.follow()
    typer.echo("Serving until Ctrl-C")
    try:
        code = server.wait()
    except KeyboardInterrupt:
        return
    raise CommandError(f"{name} has stopped (exit code {code}); its log is above")


def invoke(*, event: Path, model: Path, rows: int = 200_000, seed: int = 0) -> None:
    """Build the image with SAM and send it an event, with a local S3.

    Parameters
    ----------
    event : Path
        A recorded API Gateway event.
    model : Path
        Directory of the model to serve; without a model there, one is trained on simulated data.
    rows, seed : int
        Size and seed of the simulation.

    Raises
    ------
    CommandError
        If no container engine or no SAM command line is found, or the function fails.
    """
    engine = find_engine()
    sam = find_sam()
    with interruptible(), ExitStack() as stack:
        if not (model / "model.joblib").exists():
            make_model(None, rows=rows, seed=seed, out=model)
        with reported() as progress:
            progress("publishing to a local S3")
            aws = stack.enter_context(local_aws(host=engine.listen_on))
            stack.enter_context(environment(aws.environment))
            serve_from(aws, model)
        endpoint = f"http://{engine.host_name}:{aws.port}"
        answer = invoke_function(sam, engine, event, {"AWS_ENDPOINT_URL": endpoint})
    typer.echo(json.dumps(answer, indent=2))
    if answer["statusCode"] >= 500:
        raise CommandError(f"the function answers {answer['statusCode']}; its log is above")
