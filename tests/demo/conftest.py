"""The demo over a real API with a real model, and over servers that go wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from console.built_in import CARDS
from console.schema import Schema
from fraud_api_lambda.decisions import bundle
from fraud_api_lambda.decisions.scorer import Scorer
from fraud_api_lambda.domain.learned import Learned
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.web.app import create_app
from fraud_api_lambda.web.model_answers import SchemaOut
from tests.bundles import bundle_of
from tests.fakes import ReadyProvider, served
from tests.schemas import CARDS as OWN
from tests.schemas import card_body
from training.files.writing import write_transactions
from training.schemas.built_in import built_in
from training.simulator.simulate import simulate
from training.train import TrainOptions, Windows, train

APP = Path(__file__).parents[2] / "demo" / "app.py"
CARDS_FILE = APP.with_name("card_transactions.csv")
KEY = "a-key-that-nobody-may-see"

type Responses = dict[str, tuple[int, Any]]
type Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a model trained on few rows."""
    out = tmp_path_factory.mktemp("demo")
    write_transactions(simulate(20_000, seed=3, days=10), out / "data.parquet")
    windows = Windows(test_days=2)
    train(
        out / "data.parquet",
        out,
        TrainOptions(
            feature_set="decision-time", windows=windows, choose_ratio=False, compare=False
        ),
    )
    return out


@pytest.fixture(scope="session")
def api(model: Path) -> Iterator[str]:
    """The address of the real API."""
    scorer = Scorer.from_bundle(bundle.read((model / "model.joblib").read_bytes()))
    with served(create_app(ReadyProvider(scorer))) as url:
        yield url


@pytest.fixture(scope="session")
def cards() -> Iterator[str]:
    """The address of an API of card payments, in the columns of the built-in schema."""
    preset, *_ = CARDS.presets.values()
    rows = pd.read_csv(CARDS_FILE, dtype={"card_id": "str", "device_is_known": "str"})
    sent = json.loads(rows[list(preset)].head(100).to_json(orient="records"))
    categories = ("category", "channel", "country")
    learned = Learned(
        levels={name: tuple(sorted(rows[name].unique())) for name in categories},
        flags={"device_is_known": ("0", "1")},
        digits=("card_id",),
    )
    plan = Plan(built_in("cards"), learned, "decision-time")
    scorer = Scorer.from_bundle(bundle.read(bundle_of(plan, sent)))
    with served(create_app(ReadyProvider(scorer))) as url:
        yield url


@pytest.fixture(scope="session")
def own_columns() -> Iterator[str]:
    """The address of an API of payments in the columns of a user."""
    sent = [card_body(amt=float(10 + 990 * (index % 2 == 0))) for index in range(40)]
    scorer = Scorer.from_bundle(bundle.read(bundle_of(OWN.plan(), sent)))
    with served(create_app(ReadyProvider(scorer))) as url:
        yield url


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Open a page of the demo, as `opened(url)` or `opened(url, "what_if", key=KEY)`.

    With `api_view`, it also shows the API's own names, codes and log-odds.
    """
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    st.cache_data.clear()

    def open_page(
        url: str, name: str = "score", key: str = "", *, api_view: bool = False, **query: str
    ) -> AppTest:
        monkeypatch.setenv("FRAUD_API_URL", url)
        monkeypatch.setenv("FRAUD_API_KEY", key)
        app = AppTest.from_file(APP, default_timeout=30)
        app.session_state["api_view"] = api_view
        for field, value in query.items():
            app.query_params[field] = value
        app.run()
        return app if name == "score" else app.switch_page(f"views/{name}.py").run()

    return open_page


def schema_of(plan: Plan) -> Schema:
    """A schema as the pages have it from the API."""
    told = SchemaOut.of(plan).model_dump(mode="json")
    return Schema.of({"schema": told, "policy": {"currency": "the data's currency"}})


class Recorded:
    """What a server was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        self.queries: list[str] = []


@contextmanager
def answering(responses: Responses, headers: Mapping[str, str] | None = None) -> Iterator[Recorded]:
    """A server that answers each path with a status and a body, which may be changed meanwhile."""
    recorded = Recorded()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            path, _, query = self.path.partition("?")
            recorded.queries.append(query)
            recorded.requests.append((path, dict(self.headers), body))
            status, content = responses[path]
            sent = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(sent)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(sent)

        do_POST = do_GET  # noqa: N815  # the library's name

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        recorded.url = f"http://127.0.0.1:{server.server_port}"
        yield recorded
        server.shutdown()


def metric(app: AppTest, label: str) -> str:
    """The figure under a label."""
    (found,) = [each for each in app.metric if label in each.label]
    return str(found.value)


def sent(app: AppTest) -> str:
    """All that a page would send to a browser."""
    return "\n".join(str(getattr(each, "proto", "")) for each in app._tree)
