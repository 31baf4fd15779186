"""The doctor's checks of heartbeat and alarms, with allowances for a new stack."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bootstrap.site import Site, UnhealthyError

FIRST_HOUR: Final = timedelta(hours=1)
"""Age of a stack up to which its heartbeat alarm may be raised for lack of heartbeats."""


def heartbeat_fresh(site: Site) -> str:
    """A heartbeat succeeded within the last two periods.

    Otherwise the heartbeat is invoked now: a new stack has had none yet, and a fault that has been
    fixed must not be reported until the next period.
    """
    minutes = 2 * int(site.stack.parameters.get("HeartbeatMinutes", "30"))
    name = site.stack.output("HeartbeatFunctionName")
    window = timedelta(minutes=minutes)
    since = datetime.now(UTC) - window
    calls, errors = (_sum(site, name, metric, since) for metric in ("Invocations", "Errors"))
    if errors < calls:
        return f"{calls - errors:.0f} of {calls:.0f} in {minutes} minutes"
    if not calls and _age(site) >= window:
        ask = f"ask now: aws lambda invoke --function-name {name} /dev/stdout"
        raise UnhealthyError(f"none for {minutes} minutes", f"is its schedule enabled? {ask}")
    before = f"all {calls:.0f} before failed" if calls else "its schedule has not run it yet"
    return f"{_asked_now(site, name)}; {before}"


def _age(site: Site) -> timedelta:
    return datetime.now(UTC) - site.stack.created


def _asked_now(site: Site, name: str) -> str:
    answer = site.account.read("lambda", "Invoke", FunctionName=name, Payload=b"{}")
    reply = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise UnhealthyError(
            f"asked now, it fails: {reply.get('errorMessage', 'without a message')}",
            "its log has the attempts; the checks above name the cause",
        )
    return f"asked now: {reply['decision']} by model {reply['model_version']}"


def _sum(site: Site, function: str, metric: str, since: datetime) -> float:
    answer = site.account.read(
        *("cloudwatch", "GetMetricStatistics"),
        Namespace="AWS/Lambda",
        MetricName=metric,
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        StartTime=since,
        EndTime=datetime.now(UTC),
        Period=60,
        Statistics=["Sum"],
    )
    return sum(float(point["Sum"]) for point in answer["Datapoints"])


def alarms_quiet(site: Site) -> str:
    """No alarm of the stack is raised, except the heartbeat's in the stack's first hour."""
    alarms = _alarms(site)
    raised = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    waiting = [alarm for alarm in raised if _waits_for_the_first_heartbeat(site, alarm)]
    if other := [alarm for alarm in raised if alarm not in waiting]:
        raise UnhealthyError(
            f"raised: {', '.join(alarm['AlarmName'] for alarm in other)}",
            str(other[0].get("AlarmDescription") or "look at its metric in CloudWatch").strip(),
        )
    if not alarms:
        return f"none, Monitoring={site.stack.parameters.get('Monitoring', 'unknown')}"
    if waiting:
        return f"{len(alarms)}; HeartbeatAlarm is raised until the stack's first hour is over"
    return f"{len(alarms)}, none raised"


def _alarms(site: Site) -> list[dict[str, Any]]:
    alarms: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = site.account.read(
            "cloudwatch", "DescribeAlarms", AlarmNamePrefix=f"{site.stack.name}-", **token
        )
        alarms += page["MetricAlarms"]
        if not page.get("NextToken"):
            return alarms
        token = {"NextToken": page["NextToken"]}


def _waits_for_the_first_heartbeat(site: Site, alarm: dict[str, Any]) -> bool:
    is_heartbeats = str(alarm["AlarmName"]).startswith(f"{site.stack.name}-HeartbeatAlarm")
    return is_heartbeats and _age(site) < FIRST_HOUR
