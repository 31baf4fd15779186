"""Ten-line doubles of the app's dependencies, and a local server for it."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import uvicorn
from fastapi import FastAPI

from fraud_api_lambda.deployment.loaded_model import LoadedModel
from fraud_api_lambda.deployment.provider import ModelUnavailableError
from fraud_api_lambda.web.app import create_app


class NoModel:
    """A provider that never has a model."""

    def peek(self) -> LoadedModel | None:
        return None

    def get(self) -> LoadedModel:
        raise ModelUnavailableError


class ReadyProvider:
    """A provider whose model is always loaded."""

    def __init__(self, scorer: Any, degraded: tuple[str, ...] = ()) -> None:
        self.model = LoadedModel(scorer, scorer.version, degraded)

    def peek(self) -> LoadedModel | None:
        return self.model

    def get(self) -> LoadedModel:
        return self.model


def app() -> FastAPI:
    """The app without a model."""
    return create_app(NoModel())


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The URL of an app that listens on a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(app, lifespan="off", ws="none", log_level="critical")
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
