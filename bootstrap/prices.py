"""What AWS asks for a unit in us-east-1, in US dollars, and how much of it is free.

Read in November 2026 from stored copies of the pages that are named beside each price, or, where a
page shows its figures by script, from reports of 2026 that cite it. Other regions ask more or less.
"""

from dataclasses import dataclass
from typing import Final

INFINITE: Final = float("inf")
READ: Final = "November 2026"
REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Price:
    """Of a unit in a month.

    Parameters
    ----------
    unit : str
    tiers : tuple of (float, float)
        Up to how many units in all, and what each of those costs.
    page : str
        AWS's page that says so.
    always_free : float
        Units a month that every account has for nothing, for ever.
    first_year_free : float
        The same, for accounts opened before 15 July 2025, in their first twelve months.
    """

    unit: str
    tiers: tuple[tuple[float, float], ...]
    page: str
    always_free: float = 0.0
    first_year_free: float = 0.0

    def of(self, units: float, free: float) -> float:
        """What the units cost of which `free` are for nothing."""
        due, billed = max(0.0, units - free), 0.0
        below = 0.0
        for upper, each in self.tiers:
            billed += max(0.0, min(due, upper) - below) * each
            below = upper
        return billed


def _flat(unit: str, each: float, page: str, always: float = 0.0, first_year: float = 0.0) -> Price:
    return Price(unit, ((INFINITE, each),), page, always, max(always, first_year))


LAMBDA: Final = "aws.amazon.com/lambda/pricing"
GATEWAY: Final = "aws.amazon.com/api-gateway/pricing"
CLOUDWATCH: Final = "aws.amazon.com/cloudwatch/pricing"
S3: Final = "aws.amazon.com/s3/pricing"
TRANSFER: Final = "aws.amazon.com/ec2/pricing/on-demand, Data Transfer"

MONTH_S: Final = 730.5 * 3600

PRICES: Final = {
    "Lambda requests": _flat("request", 0.20e-6, LAMBDA, 1e6),
    "Lambda GB-seconds": Price(
        "GB-s", ((6e9, 1.66667e-5), (15e9, 1.5e-5), (INFINITE, 1.33334e-5)), LAMBDA, 4e5, 4e5
    ),
    "Lambda provisioned concurrency": _flat("GB-s", 4.1667e-6, LAMBDA),
    "API Gateway REST calls": Price(
        "call",
        ((333e6, 3.50e-6), (1e9, 2.80e-6), (20e9, 2.38e-6), (INFINITE, 1.51e-6)),
        GATEWAY,
        0,
        1e6,
    ),
    "Data transfer out": Price(
        "GB",
        ((10_240, 0.09), (51_200, 0.085), (153_600, 0.07), (INFINITE, 0.05)),
        TRANSFER,
        100,
        100,
    ),
    # The free 5 GB are of ingestion and archive together; all are taken off ingestion here.
    "CloudWatch logs in": _flat("GB", 0.50, CLOUDWATCH, 5),
    "CloudWatch logs kept": _flat("GB-month", 0.03, CLOUDWATCH),
    "CloudWatch alarms": _flat("alarm metric", 0.10, CLOUDWATCH, 10),
    "CloudWatch custom metrics": _flat("metric", 0.30, CLOUDWATCH, 10),
    "CloudWatch dashboards": _flat("dashboard", 3.00, CLOUDWATCH, 3),
    "X-Ray traces": _flat("trace", 5e-6, "aws.amazon.com/xray/pricing", 1e5),
    # Standard parameters at standard throughput.
    "SSM parameters": _flat("parameter", 0.0, "aws.amazon.com/systems-manager/pricing"),
    "S3 storage": _flat("GB-month", 0.023, S3, 0, 5),
    "S3 reads": _flat("GET", 0.40e-6, S3, 0, 20_000),
    # Without an action that it takes by itself.
    "Budgets": _flat("budget", 0.0, "aws.amazon.com/aws-cost-management/aws-budgets/pricing"),
    # None of ours has these; a template that comes by one must show it.
    "KMS keys": _flat("key", 1.00, "aws.amazon.com/kms/pricing"),
    "NAT gateways": _flat("hour", 0.045, "aws.amazon.com/vpc/pricing"),
    "ECR storage": _flat("GB-month", 0.10, "aws.amazon.com/ecr/pricing", 0, 0.5),
}
"""By part, in the order of the bill."""

FREE_OF_CHARGE: Final = frozenset(
    {
        "AWS::ApiGateway::Account",
        "AWS::ApiGateway::ApiKey",
        "AWS::ApiGateway::Deployment",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGateway::UsagePlanKey",
        "AWS::CodeDeploy::Application",  # free for Lambda
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::OIDCProvider",
        "AWS::IAM::Role",
        "AWS::IAM::RolePolicy",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::Lambda::Permission",
        "AWS::Logs::QueryDefinition",  # a query that is run costs 0.005 USD a GB that it reads
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",  # 1,000 mails a month are free; ten alarms send fewer
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
    }
)
"""Kinds of resources that cost nothing, however many."""

PRICED: Final = frozenset(
    {
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::EC2::NatGateway",
        "AWS::ECR::Repository",
        "AWS::Events::Rule",
        "AWS::KMS::Key",
        "AWS::Lambda::Alias",
        "AWS::Lambda::Function",
        "AWS::Lambda::Version",
        "AWS::Logs::LogGroup",
        "AWS::Logs::MetricFilter",
        "AWS::S3::Bucket",
    }
)
"""Kinds that `bootstrap.usage` counts."""
