"""Models of the answer of `GET /model`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fraud_api_lambda.decisions.bundle import Bundle
from fraud_api_lambda.domain.checks import JsonObject
from fraud_api_lambda.domain.fields import Field as PaymentField
from fraud_api_lambda.domain.fields import Form
from fraud_api_lambda.features.feature import Measure
from fraud_api_lambda.features.plan import Plan
from fraud_api_lambda.model import calibration


class ExampleAnswerOut(BaseModel):
    """The model's answer to its own example."""

    model_config = ConfigDict(title="ExampleAnswer")

    fraud_probability: float
    decision: Literal["approve", "review", "block"]


class ExampleOut(BaseModel):
    """A payment from the data that the model was trained on, without its account ids."""

    model_config = ConfigDict(title="Example")

    transaction: JsonObject = Field(description="A body of POST /predict.")
    answer: ExampleAnswerOut


class ExamplesOut(BaseModel):
    """A payment that the model stops and one that it approves; null if there is no such payment."""

    model_config = ConfigDict(title="Examples")

    stopped: ExampleOut | None
    approved: ExampleOut | None


class FieldOut(BaseModel):
    """A field of a payment."""

    model_config = ConfigDict(title="Field")

    name: str
    form: Form
    role: str = Field(description="Its role in the schema; empty for an attribute.")
    attribute: str = Field(description="The attribute that it belongs to; empty for a role.")
    required: bool
    values: list[str] = Field(description="The known values of a category or a flag.")
    closed: bool = Field(description="Other values of the category are refused.")
    digits: bool = Field(description="A whole number is taken for its digits.")
    label: str = Field(description="Words for it; empty for a role.")

    @classmethod
    def of(cls, field: PaymentField) -> "FieldOut":
        """The description of a field."""
        return cls(
            name=field.name,
            form=field.form,
            role=field.role,
            attribute=field.attribute,
            required=field.required,
            values=list(field.values),
            closed=field.closed,
            digits=field.digits,
            label=field.words,
        )


class SchemaOut(BaseModel):
    """The columns of a payment, as the model's owner named them."""

    model_config = ConfigDict(title="Schema")

    name: str
    currency: str = Field(description="Of amounts; empty if the data does not say.")
    decimals: int = Field(description="Decimal places of an amount.")
    timezone: str = Field(description="Of times without an offset.")
    peer_group: str | None = Field(description="The category whose values are compared.")
    fields: list[FieldOut]

    @classmethod
    def of(cls, plan: Plan) -> "SchemaOut":
        """The description of a plan's schema."""
        schema = plan.schema
        return cls(
            name=schema.name,
            currency=schema.currency,
            decimals=schema.decimals,
            timezone=schema.timezone,
            peer_group=schema.peer_group,
            fields=[FieldOut.of(field) for field in plan.fields.values()],
        )


class InputOut(BaseModel):
    """A feature of the model, and the attribute that it is made of."""

    model_config = ConfigDict(title="Input")

    feature: str
    measure: Measure
    attribute: str = Field(description="Empty for a role.")


class ModelOut(BaseModel):
    """The model in service, its training data, and its metrics on later data."""

    model_config = ConfigDict(title="Model")

    version: str
    schema_: SchemaOut = Field(alias="schema")
    feature_set: str
    features: list[str]
    inputs: list[InputOut] = Field(description="The features, in order, with their origin.")
    threshold: float
    calibration: JsonObject
    policy: JsonObject
    examples: ExamplesOut
    trained_on: JsonObject
    degraded: list[str] = Field(description="Limitations of all its answers; normally empty.")
    metrics: JsonObject = Field(
        description="Metrics of model `evaluated_version` on later data. A model that was refitted "
        "on all the data has the metrics of the model before the refit."
    )

    @classmethod
    def of(cls, bundle: Bundle, degraded: tuple[str, ...] = ()) -> "ModelOut":
        """The description of a bundle."""
        return cls(
            version=bundle.version,
            schema=SchemaOut.of(bundle.plan),
            feature_set=bundle.feature_set,
            features=list(bundle.features),
            inputs=[
                InputOut(feature=each.name, measure=each.measure, attribute=each.attribute)
                for each in bundle.plan.features
            ],
            threshold=bundle.threshold,
            calibration=calibration.as_dict(bundle.calibration),
            policy=bundle.policy.as_dict(),
            examples=ExamplesOut.model_validate(bundle.examples.as_dict()),
            trained_on=bundle.trained_on,
            degraded=list(degraded),
            metrics={"evaluated_version": bundle.version, **bundle.metrics},
        )
