"""Settings from the environment; no other module reads it."""

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fraud_api_lambda.aws.client import SERVICES, AwsClient, Service
from fraud_api_lambda.aws.signature import Credentials

PREFIX = "FRAUD_"

EXPORT = 'outside Lambda, eval "$(aws configure export-credentials --format env)"'


class SettingsError(Exception):
    """Raise when a variable is missing or invalid; names the variable, not its value."""


class Settings(BaseModel):
    """The settings; a field is read from the variable ``FRAUD_`` plus its name in capitals."""

    model_config = ConfigDict(frozen=True)

    model_bucket: str = Field(min_length=1)
    model_parameter: str = Field(min_length=1)
    model_refresh_s: float = Field(default=60, ge=0, allow_inf_nan=False)
    table: str = ""
    secret_parameter: str = Field(default="/fraud/secret", min_length=1)
    review_key: str = ""
    docs: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def from_environment(cls) -> "Settings":
        """The settings of this process.

        Raises
        ------
        SettingsError
            If a setting is missing or invalid.
        """
        given = {
            name: os.environ[PREFIX + name.upper()]
            for name in cls.model_fields
            if PREFIX + name.upper() in os.environ
        }
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            faults = [
                f"{PREFIX}{str(fault['loc'][0]).upper()}: {fault['msg']}"
                for fault in error.errors()
            ]
            raise SettingsError("; ".join(faults)) from None


def aws_client() -> AwsClient:
    """A client with the credentials, region and endpoints of the environment, as Lambda sets them.

    Raises
    ------
    SettingsError
        If credentials or region are missing; profiles and instance roles are not read.
    """
    given = {name: value for name, value in os.environ.items() if value}
    key, secret = given.get("AWS_ACCESS_KEY_ID"), given.get("AWS_SECRET_ACCESS_KEY")
    region = given.get("AWS_DEFAULT_REGION") or given.get("AWS_REGION")
    if not key or not secret:
        raise SettingsError(f"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: {EXPORT}")
    if not region:
        raise SettingsError("AWS_DEFAULT_REGION: name the region of bucket and parameter")
    endpoints: dict[Service, str] = {}
    for service in SERVICES:
        address = given.get(f"AWS_ENDPOINT_URL_{service.upper()}") or given.get("AWS_ENDPOINT_URL")
        if address:
            endpoints[service] = address
    return AwsClient(Credentials(key, secret, given.get("AWS_SESSION_TOKEN")), region, endpoints)
