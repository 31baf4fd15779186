"""Models of the responses, for the OpenAPI document."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fraud_api_lambda.web.answers import BatchItemOut, ExplanationOut, ProblemOut, ReasonOut
from fraud_api_lambda.web.labels.models import LabelName

Source = Literal["chargeback", "customer", "analyst"]


class LabelOut(BaseModel):
    """What is known of a payment."""

    model_config = ConfigDict(title="Label")

    label: LabelName
    source: Source = Field(description="Of the sources that said something, the strongest.")
    at: str = Field(description="Since when it says so: ISO 8601, in UTC.")


class OutcomeOut(LabelOut):
    """The label that stands after an outcome, which may be that of another source."""

    model_config = ConfigDict(title="OutcomeAnswer")

    prediction_id: str


class OutcomesOut(BaseModel):
    """A label or a problem for each outcome, in order."""

    model_config = ConfigDict(title="OutcomesAnswer")

    results: list[OutcomeOut | BatchItemOut]


class ClosingOut(BaseModel):
    """Who closed a review, when and how."""

    model_config = ConfigDict(title="Closing")

    label: LabelName
    by: str
    at: str = Field(description="ISO 8601, in UTC.")
    note: str | None


class ClosedOut(ClosingOut):
    """A closed review."""

    model_config = ConfigDict(title="ReviewAnswer")

    prediction_id: str


class ReviewOut(BaseModel):
    """A payment for review."""

    model_config = ConfigDict(title="Review", protected_namespaces=())

    prediction_id: str
    time: str = Field(description="When the payment was asked about: ISO 8601, in UTC.")
    amount: float
    currency: str
    expected_loss: float = Field(description="The expected cost of approving the payment.")
    fraud_probability: float
    threshold: float
    decision: Literal["review"]
    reasons: list[ReasonOut]
    model_version: str
    degraded: list[str]
    facts: dict[str, object] = Field(description="The payment's fields, without ids.")
    accounts: dict[str, str | None] = Field(description="The keyed ids of its accounts.")
    label: LabelOut | None
    closed: ClosingOut | None


class ReviewsOut(BaseModel):
    """Payments for review."""

    model_config = ConfigDict(title="Reviews")

    reviews: list[ReviewOut]
    next: str | None = Field(description="For the query parameter `after`; null at the end.")


class SeenOut(BaseModel):
    """What the payment saw of an account: counts and money of earlier payments."""

    model_config = ConfigDict(title="SeenHistory")

    seen: bool
    count_24h: int
    count_7d: int
    count_30d: int
    sum_24h: float
    sum_7d: float
    sum_30d: float
    since_last_s: int
    new_partner: bool
    matured_7d: int
    matured_30d: int
    frauds_7d: int
    frauds_30d: int


class DayOut(BaseModel):
    """The payments of an account on a day."""

    model_config = ConfigDict(title="HistoryDay")

    days_ago: int = Field(description="Before the day of the reviewed payment; negative: after it.")
    count: int
    amount: float
    frauds: int


class EarlierOut(BaseModel):
    """A decision on another payment of the same account."""

    model_config = ConfigDict(title="AccountDecision")

    prediction_id: str
    time: str
    amount: float
    decision: Literal["approve", "review", "block"]
    fraud_probability: float
    label: LabelName | None


class AccountOut(BaseModel):
    """An account of a payment for review."""

    model_config = ConfigDict(title="Account")

    id: str = Field(description="Its keyed id.")
    seen: SeenOut | None = Field(description="null if the table could not be read then.")
    days: list[DayOut] = Field(description="As its history is now.")
    decisions: list[EarlierOut] = Field(description="On its latest other payments, latest first.")


class ReviewDetailsOut(ReviewOut):
    """A payment for review, with its explanation and the histories of its accounts."""

    model_config = ConfigDict(title="ReviewDetails", protected_namespaces=())

    explanation: ExplanationOut
    histories: dict[str, AccountOut | None]


class ReviewClosedOut(ProblemOut):
    """A problem; if the review is closed, with who closed it and when."""

    model_config = ConfigDict(title="ReviewProblem")

    label: LabelName
    by: str = Field(description="An analyst, or the source of an outcome that came first.")
    at: str
