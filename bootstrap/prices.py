"""AWS's prices per unit in us-east-1, in US dollars, with their free tiers.

Read in November 2026 from stored copies of the pages named beside each price, or, if a page shows
its figures by script, from reports of 2026 that cite it. Prices in other regions differ.
"""

from dataclasses import dataclass
from typing import Final

INFINITE: Final = float("inf")
READ: Final = "November 2026"
REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a unit, by monthly volume.

    Parameters
    ----------
    unit : str
    tiers : tuple of (float, float)
        Upper bound of each tier in units, and the price of a unit in it.
    page : str
        AWS's page that states the price.
    always_free : float
        Units a month that are free for every account, permanently.
    first_year_free : float
        Units a month that are free for accounts opened before 15 July 2025, in their first year.
    """

    unit: str
    tiers: tuple[tuple[float, float], ...]
    page: str
    always_free: float = 0.0
    first_year_free: float = 0.0

    def of(self, units: float, free: float) -> float:
        """The price of the units, of which the first `free` cost nothing."""
        due, billed = max(0.0, units - free), 0.0
        below = 0.0
        for upper, unit_price in self.tiers:
            billed += max(0.0, min(due, upper) - below) * unit_price
            below = upper
        return billed


def _flat(
    unit: str, unit_price: float, page: str, always: float = 0.0, first_year: float = 0.0
) -> Price:
    return Price(unit, ((INFINITE, unit_price),), page, always, max(always, first_year))


LAMBDA: Final = "aws.amazon.com/lambda/pricing"
GATEWAY: Final = "aws.amazon.com/api-gateway/pricing"
CLOUDWATCH: Final = "aws.amazon.com/cloudwatch/pricing"
DYNAMODB: Final = "aws.amazon.com/dynamodb/pricing/on-demand"
KMS: Final = "aws.amazon.com/kms/pricing"
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
    # The free 5 GB cover ingestion and archive together; here they all count for ingestion.
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
    "S3 writes": _flat("PUT", 5e-6, S3, 0, 2_000),
    "DynamoDB writes": _flat("write request unit", 0.625e-6, DYNAMODB),
    "DynamoDB reads": _flat("read request unit", 0.125e-6, DYNAMODB),
    "DynamoDB storage": _flat("GB-month", 0.25, DYNAMODB, 25),
    "DynamoDB backups": _flat("GB-month", 0.20, DYNAMODB),  # point-in-time recovery
    "KMS requests": _flat("request", 3e-6, KMS, 20_000),  # an AWS managed key costs no more
    # A budget without actions is free.
    "Budgets": _flat("budget", 0.0, "aws.amazon.com/aws-cost-management/aws-budgets/pricing"),
    # The templates have none of these; one that is added must show in the bill.
    "KMS keys": _flat("key", 1.00, KMS),
    "NAT gateways": _flat("hour", 0.045, "aws.amazon.com/vpc/pricing"),
    "ECR storage": _flat("GB-month", 0.10, "aws.amazon.com/ecr/pricing", 0, 0.5),
}
"""By part of the bill, in its order."""

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
        "AWS::Logs::QueryDefinition",  # running a query costs 0.005 USD per GB that it reads
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",  # 1,000 mails a month are free; nine alarms send fewer
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
    }
)
"""Resource types that cost nothing."""

PRICED: Final = frozenset(
    {
        "AWS::ApiGateway::RestApi",
        "AWS::ApiGateway::Stage",
        "AWS::Budgets::Budget",
        "AWS::CloudWatch::Alarm",
        "AWS::CloudWatch::Dashboard",
        "AWS::DynamoDB::Table",
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
"""Resource types whose usage `bootstrap.usage` counts."""
