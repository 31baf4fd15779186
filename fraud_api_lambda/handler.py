"""The composition root: settings, store, provider, app, and the Lambda handler.

Its import never raises. Without AWS or settings, all requests but /health are answered with 503,
and the log has the reason.
"""

import gc
import json
import logging
from typing import TYPE_CHECKING

# A collection in the middle of the imports would scan thousands of objects that stay.
gc.disable()

from fraud_api_lambda.aws.client import AwsClient  # noqa: E402
from fraud_api_lambda.deployment.loaded_model import LoadedModel  # noqa: E402
from fraud_api_lambda.deployment.provider import ModelProvider, ModelUnavailableError  # noqa: E402
from fraud_api_lambda.deployment.store import ModelStore  # noqa: E402
from fraud_api_lambda.settings import Settings, SettingsError, aws_client  # noqa: E402
from fraud_api_lambda.web import logs  # noqa: E402

if TYPE_CHECKING:
    from fraud_api_lambda.service import Service

log = logging.getLogger(__name__)


class _NoModel:
    """A provider without a model, for unusable settings."""

    def peek(self) -> LoadedModel | None:
        return None

    def get(self) -> LoadedModel:
        raise ModelUnavailableError


def _settings() -> tuple[Settings, AwsClient] | None:
    try:
        return Settings.from_environment(), aws_client()
    except SettingsError as error:
        logs.configure("INFO")
        log.error("settings cannot be used: %s", error)  # noqa: TRY400  # a traceback adds nothing
        return None


def _store(settings: Settings, aws: AwsClient) -> ModelStore:
    logs.configure(settings.log_level)
    return ModelStore(
        bucket=settings.model_bucket,
        parameter=settings.model_parameter,
        aws=aws,
        secret_parameter=settings.secret_parameter if settings.table else None,
    )


def _provider(settings: Settings, store: ModelStore) -> ModelProvider:
    provider = ModelProvider(
        store, refresh_s=settings.model_refresh_s, has_memory=bool(settings.table)
    )
    # S3 answers during the imports below.
    provider.prefetch()
    return provider


def _service(settings: Settings, aws: AwsClient, store: ModelStore) -> "Service":
    """The memory; imported only where there is a table."""
    from fraud_api_lambda.aws.dynamodb import Table  # noqa: PLC0415

    table = Table(settings.table, aws)
    table.prepare()
    from fraud_api_lambda.records.keys import SecretKeys  # noqa: PLC0415
    from fraud_api_lambda.records.log import DecisionLog  # noqa: PLC0415
    from fraud_api_lambda.service import Service  # noqa: PLC0415
    from fraud_api_lambda.web.recorded import render  # noqa: PLC0415

    return Service(DecisionLog(table), SecretKeys(lambda: store.secret), render)


given = _settings()
provider: ModelProvider | _NoModel = _NoModel()
service = None
if given:
    _made = _store(*given)
    provider = _provider(given[0], _made)
    if given[0].table:
        service = _service(*given, _made)

from mangum import Mangum  # noqa: E402  # after the model began to load
from mangum.types import LambdaContext  # noqa: E402

from fraud_api_lambda.web.app import create_app  # noqa: E402
from fraud_api_lambda.web.events import Event, with_matched_path  # noqa: E402
from fraud_api_lambda.web.problem_kinds import UNKNOWN_EVENT  # noqa: E402
from fraud_api_lambda.web.problems import MEDIA_TYPE, problem  # noqa: E402

app = create_app(
    provider,
    docs=given is not None and given[0].docs,
    service=service,
    review_key=given[0].review_key if given else "",
)

_adapter = Mangum(
    app,
    lifespan="off",  # Mangum would run it on every invocation
    text_mime_types=["application/json", MEDIA_TYPE, "text/"],  # else problems become base64
)


# Imported objects live for ever. A full garbage collection would scan them once in some thousand
# requests, and delay that request by more than the time of fifty others.
gc.freeze()
gc.enable()


def handler(event: Event, context: LambdaContext) -> dict[str, object]:
    """Answer an event of API Gateway: REST (payload 1.0) or HTTP (payload 2.0)."""
    try:
        answer: dict[str, object] = _adapter(with_matched_path(event), context)
    except Exception as error:  # noqa: BLE001  # only an unknown event raises; the app never does
        return _unknown_event(error, context)
    return answer


def _unknown_event(error: Exception, context: LambdaContext) -> dict[str, object]:
    request_id = str(getattr(context, "aws_request_id", "unknown"))
    log.warning(
        "unknown event",
        extra={"function_request_id": request_id, "exception_name": type(error).__name__},
    )
    return {
        "statusCode": UNKNOWN_EVENT.status,
        "headers": {"content-type": MEDIA_TYPE, "x-request-id": request_id},
        "body": json.dumps(problem(UNKNOWN_EVENT, request_id)),
        "isBase64Encoded": False,
    }
