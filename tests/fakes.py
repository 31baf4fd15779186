"""Ten-line doubles of what the app is given."""

from fastapi import FastAPI

from fraud_api_lambda.api import create_app
from fraud_api_lambda.model_provider import LoadedModel, ModelUnavailableError


class NoModel:
    """A provider that never has a model."""

    def peek(self) -> LoadedModel | None:
        return None

    def get(self) -> LoadedModel:
        raise ModelUnavailableError


def app() -> FastAPI:
    """The app, for questions that no model is asked for."""
    return create_app(NoModel())
