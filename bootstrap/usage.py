"""Monthly usage of a stack's resources, in the units that AWS bills, without prices."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from bootstrap.loop import Loop, Used
from bootstrap.measured import GB, MONTH_DAYS, Measured
from bootstrap.prices import FREE_OF_CHARGE, MONTH_S, PRICED
from training.errors import CheckFailedError

type Resource = dict[str, Any]
type Units = dict[str, float]
"""Usage by part of the bill."""

WRITE_UNITS: Final = 6
"""Of a payment: its record and two states of less than 1 KB, each twice in a transaction."""

READ_UNITS: Final = 1.5
"""Of a payment: three items of less than 4 KB, each half because a later state is no harm."""

TRACED: Final = 0.05
"""Share of calls that X-Ray samples by default, beyond the first of each second."""


def units(resources: Sequence[Resource], measured: Measured, predictions: int) -> Units:
    """The usage of a stack that scores this many predictions a month.

    Raises
    ------
    CheckFailedError
        If a resource or an option may cost money and has no known price.
    """
    refuse_unknown(resources)
    used = list(_standing(resources, measured))
    if any(resource["Type"] == "AWS::ApiGateway::RestApi" for resource in resources):
        used += _calls(resources, measured, predictions)
    totals: Units = defaultdict(float)
    for part, amount in used:
        totals[part] += amount
    return totals


def refuse_unknown(resources: Iterable[Resource]) -> None:
    """Raise `CheckFailedError` if a resource or an option has no known price."""
    for resource in resources:
        if resource["Type"] not in FREE_OF_CHARGE | PRICED:
            raise CheckFailedError(
                f"{resource['Name']} is an {resource['Type']}, which bootstrap/prices.py does not "
                "know; add its price there, or add it to FREE_OF_CHARGE"
            )
        if option := _costly_option(resource) or _costly_table(resource):
            raise CheckFailedError(
                f"{resource['Name']} has {option}, which the bill does not include; "
                "leave it out, or count it in bootstrap/usage.py"
            )


def _costly_option(resource: Resource) -> str | None:
    options = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::ApiGateway::Stage" if options.get("CacheClusterEnabled"):
            return "a cache"
        case "AWS::ApiGateway::Stage" if _logs_execution(options):
            return "execution logs"
        case "AWS::CloudWatch::Alarm" if int(options.get("Period", 60)) < 60:
            return "a period under a minute"
        case "AWS::Lambda::Function" if options.get("EphemeralStorage", {}).get("Size", 512) > 512:
            return "more than 512 MB of storage"
        case "AWS::Logs::LogGroup" if "RetentionInDays" not in options:
            return "no RetentionInDays, so it keeps its lines for ever"
    return None


ORDINARY: Final = {
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",  # as `bootstrap.loop` counts the reviews
    "KeySchema",
    "PointInTimeRecoverySpecification",
    "TableName",
    "TimeToLiveSpecification",
}
"""Options of a table whose cost is counted."""


def _costly_table(resource: Resource) -> str | None:
    if resource["Type"] != "AWS::DynamoDB::Table":
        return None
    options = resource.get("Properties", {})
    if options.get("BillingMode") != "PAY_PER_REQUEST":
        return "provisioned capacity, which costs by the hour"
    return ", ".join(sorted(options.keys() - ORDINARY)) or None


def _logs_execution(stage: dict[str, Any]) -> bool:
    levels = {setting.get("LoggingLevel", "OFF") for setting in stage.get("MethodSettings", [])}
    return bool(levels - {"OFF"})


def _standing(resources: Sequence[Resource], measured: Measured) -> Iterator[Used]:
    """Usage that is billed without any call."""
    for resource in resources:
        options = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::CloudWatch::Alarm":
                metrics = [
                    metric for metric in options.get("Metrics", []) if "MetricStat" in metric
                ]
                yield "CloudWatch alarms", max(1, len(metrics))
            case "AWS::Logs::MetricFilter":
                yield "CloudWatch custom metrics", len(options["MetricTransformations"])
            case "AWS::CloudWatch::Dashboard":
                yield "CloudWatch dashboards", 1
            case "AWS::Budgets::Budget":
                yield "Budgets", 1
            case "AWS::KMS::Key":
                yield "KMS keys", 1
            case "AWS::EC2::NatGateway":
                yield "NAT gateways", MONTH_S / 3600
            case "AWS::Lambda::Alias" | "AWS::Lambda::Version":
                held = options.get("ProvisionedConcurrencyConfig", {})
                count = int(held.get("ProvisionedConcurrentExecutions", 0))
                memory_gb = _memory_mb(resources, options["FunctionName"]["Ref"]) / 1024
                yield "Lambda provisioned concurrency", count * memory_gb * MONTH_S
            case "AWS::S3::Bucket":
                yield "S3 storage", measured.models_kept * measured.model_mb / 1024
            case "AWS::ECR::Repository":
                further = (measured.images_kept - 1) * measured.further_image_mb
                yield "ECR storage", (measured.image_mb + further) / 1024


def _calls(resources: Sequence[Resource], measured: Measured, predictions: int) -> Iterator[Used]:
    """Usage by calls: predictions, and heartbeats, each of which is a cold start."""
    beats = sum(
        _beats(resource) for resource in resources if resource["Type"] == "AWS::Events::Rule"
    )
    scorer, heartbeat = _functions(resources)
    cold = predictions * measured.cold_share + beats
    calls = predictions + beats
    invocations = calls + beats  # a heartbeat also invokes the function directly, for its payment
    memory_mb = int(scorer["MemorySize"])
    busy_ms = (invocations - cold) * measured.billed_ms(memory_mb)
    busy_ms += cold * measured.billed_ms(memory_mb, cold=True)
    if "FRAUD_TABLE" in scorer["Environment"]["Variables"]:
        busy_ms += calls * measured.table_ms
        yield from _memory(measured, predictions, calls)
        yield from loop(resources, measured, predictions).used()
        yield (
            "KMS requests",
            cold + min(invocations, MONTH_S / 60),
        )  # a container reads once a minute
    yield "Lambda requests", invocations + beats
    yield "Lambda GB-seconds", busy_ms / 1000 * memory_mb / 1024
    beating_s = beats * measured.heartbeat_ms / 1000
    yield "Lambda GB-seconds", beating_s * int(heartbeat["MemorySize"]) / 1024
    yield "API Gateway REST calls", calls
    yield "Data transfer out", calls * measured.answer_bytes / GB
    logs_gb = (invocations + beats) * measured.log_bytes / GB
    yield "CloudWatch logs in", logs_gb
    yield "CloudWatch logs kept", logs_gb * measured.log_compression * _months_kept(resources)
    yield "S3 reads", cold
    yield "SSM parameters", 1
    if scorer.get("TracingConfig", {}).get("Mode") == "Active":
        yield "X-Ray traces", min(invocations, MONTH_S + TRACED * invocations)


def _memory(measured: Measured, predictions: int, calls: float) -> Iterator[Used]:
    """Usage of the table, once it is as full as it gets; a heartbeat reads and records nothing."""
    yield "DynamoDB writes", predictions * WRITE_UNITS
    yield "DynamoDB reads", calls * READ_UNITS
    kept_gb = measured.kept_gb(predictions)
    yield "DynamoDB storage", kept_gb
    yield "DynamoDB backups", kept_gb


def loop(resources: Sequence[Resource], measured: Measured, predictions: int) -> Loop:
    """The loop of a stack that scores this many predictions a month."""
    scorer, _ = _functions(resources)
    return Loop(measured, predictions, int(scorer["MemorySize"]), _months_kept(resources))


def _functions(resources: Sequence[Resource]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The properties of the scoring function and of the heartbeat."""
    functions = [
        function["Properties"]
        for function in resources
        if function["Type"] == "AWS::Lambda::Function"
    ]
    (scorer,) = [function for function in functions if function.get("PackageType") == "Image"]
    (heartbeat,) = [function for function in functions if function.get("PackageType") != "Image"]
    return scorer, heartbeat


def _memory_mb(resources: Sequence[Resource], name: str) -> int:
    (function,) = [resource for resource in resources if resource["Name"] == name]
    return int(function["Properties"]["MemorySize"])


def _beats(rule: Resource) -> float:
    """Calls a month of a schedule."""
    schedule = str(rule["Properties"].get("ScheduleExpression", ""))
    match = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", schedule)
    if match is None:
        raise CheckFailedError(f"{rule['Name']}: how often {schedule or 'it calls'} is unknown")
    return MONTH_S / (int(match[1]) * {"minute": 60, "hour": 3600, "day": 86_400}[match[2]])


def _months_kept(resources: Sequence[Resource]) -> float:
    log_groups = [
        log_group["Properties"]
        for log_group in resources
        if log_group["Type"] == "AWS::Logs::LogGroup"
    ]
    return max(int(log_group["RetentionInDays"]) for log_group in log_groups) / MONTH_DAYS
