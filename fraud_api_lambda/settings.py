"""Settings from the environment, and the only reader of it."""

import os
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PREFIX = "FRAUD_"


class SettingsError(Exception):
    """Raise when a variable is missing or cannot be used; names the variable, not its value."""


class Settings(BaseModel):
    """What can be set; each field is the variable ``FRAUD_`` and its name in capitals."""

    model_config = ConfigDict(frozen=True)

    model_bucket: str = Field(min_length=1)
    model_parameter: str = Field(min_length=1)
    model_refresh_s: float = Field(default=60, ge=0, allow_inf_nan=False)
    docs: bool = False
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def from_environment(cls) -> "Settings":
        """The settings of this process.

        Raises
        ------
        SettingsError
            If one is missing or cannot be used.
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
                f"{PREFIX}{str(each['loc'][0]).upper()}: {each['msg']}" for each in error.errors()
            ]
            raise SettingsError("; ".join(faults)) from None
