"""Alarms, budgets and dashboard; each check also finds a planted defect."""

import json
import re

from tests.infra.infra import IMAGE, ROOT, TEMPLATE, Defects, Template, checked, resources


def every_function_writes_to_a_log_that_ends(template: Template) -> None:
    groups = {
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Logs::LogGroup" and each["Properties"].get("RetentionInDays")
    }
    assert len(groups) == len(resources(template, "AWS::Logs::LogGroup"))
    for each in resources(template, "AWS::Lambda::Function"):
        assert each["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups


def a_heartbeat_that_stops_is_an_alarm(template: Template) -> None:
    alarm = template["Resources"]["HeartbeatAlarm"]["Properties"]
    heartbeat = template["source"]["Resources"]["HeartbeatFunction"]["Properties"]
    often = template["source"]["Parameters"]["HeartbeatMinutes"]

    assert alarm["TreatMissingData"] == "breaching"
    assert 2 * 60 * often["Default"] <= alarm["Period"]
    assert 60 * max(often["AllowedValues"]) <= alarm["Period"]
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "HeartbeatFunction"}}]
    assert heartbeat["CodeUri"] == "bootstrap/heartbeat"
    assert "PackageType" not in heartbeat
    assert heartbeat["Events"]["Schedule"]["Type"] == "Schedule"
    assert "HeartbeatMinutes" in json.dumps(heartbeat["Events"]["Schedule"])


WATCHED = {
    *(("AWS/ApiGateway", "5XXError"), ("AWS/ApiGateway", "Latency")),
    *(("AWS/Lambda", "Throttles"), ("AWS/Lambda", "Errors")),
    *(("FraudApi", "TurnedAway"), ("FraudApi", "LoadFailures"), ("FraudApi", "DegradedAnswers")),
}
"""Metrics that raise alarms; the heartbeat's alarm has its own check."""


def space_of(namespace: str | dict[str, str]) -> str:
    """A metric namespace without the stack's name."""
    return namespace["Fn::Sub"].partition("/")[0] if isinstance(namespace, dict) else namespace


def every_alarm_tells_somebody(template: Template) -> None:
    alarms = [each["Properties"] for each in resources(template, "AWS::CloudWatch::Alarm")]

    for each in alarms:
        assert each["AlarmActions"] == each["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert {(space_of(each["Namespace"]), each["MetricName"]) for each in alarms} == WATCHED


def our_alarms_watch_metrics_that_somebody_writes(template: Template) -> None:
    written = {
        transformation["MetricName"]
        for each in resources(template, "AWS::Logs::MetricFilter")
        for transformation in each["Properties"]["MetricTransformations"]
    }

    assert {name for space, name in WATCHED if space == "FraudApi"} == written


def quoted(text: str) -> set[str]:
    return set(re.findall(r'"([^"\n]+)"', text))


def words_of_logs(template: Template) -> dict[str, set[str]]:
    """Quoted words in the source of each log, its fields among them."""
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    names = (
        *("web/app", "web/answers", "web/logs", "web/recorded", "handler"),
        *("deployment/provider", "deployment/load_attempt"),
    )
    ours = "".join((ROOT / f"fraud_api_lambda/{name}.py").read_text() for name in names)
    return {
        "AccessLogs": quoted(stage["Properties"]["AccessLogSetting"]["Format"]),
        "FraudLogs": quoted(ours),
    }


def filters_count_what_is_logged(template: Template) -> None:
    words = words_of_logs(template)

    for each in resources(template, "AWS::Logs::MetricFilter"):
        properties = each["Properties"]
        pattern = properties["FilterPattern"]
        fields = words[properties["LogGroupName"]["Ref"]]
        assert set(re.findall(r"\$\.(\w+)", pattern)) <= fields
        assert quoted(pattern) <= words["FraudLogs"] | {"*"}


def queries_show_what_is_logged(template: Template) -> None:
    words = words_of_logs(template)
    known = words["AccessLogs"] | words["FraudLogs"] | {"coalesce"}
    queries = [each["Properties"] for each in resources(template, "AWS::Logs::QueryDefinition")]
    text = "".join(each["QueryString"] for each in queries)
    shown = re.findall(r"\| fields ([^|]+?)(?: as \w+)?\n", text)
    grouped = re.findall(r"\| stats .* by type, ([^|\n]+)", text)

    assert len(shown) == len(queries) == 3
    assert set(re.findall(r"(?<!@)\b\w+", ",".join(shown + grouped))) <= known
    assert {"operation", "code", "action", "region"} <= set(grouped[0].split(", "))
    for each in queries:
        assert {"Ref": "AccessLogs"} in each["LogGroupNames"]
        assert {"Ref": "FraudLogs"} in each["LogGroupNames"]


def a_promotion_raises_no_alarm(template: Template) -> None:
    """A container's answers have `stale_model` while it loads a new model, for about a minute."""
    alarm = template["Resources"]["DegradedAnswersAlarm"]["Properties"]

    assert "DatapointsToAlarm" not in alarm
    assert (alarm["EvaluationPeriods"] - 1) * alarm["Period"] > 2 * 60


FREE_OF_CHARGE = {
    "AWS::CloudWatch::Alarm": 10,
    "AWS::Logs::MetricFilter": 10,
    "AWS::CloudWatch::Dashboard": 3,
}
"""Free units of an account, all of which one environment may use."""


def what_is_watched_costs_nothing(template: Template) -> None:
    for kind, limit in FREE_OF_CHARGE.items():
        found = resources(template, kind)
        assert 0 < len(found) <= limit
        assert {each["Condition"] for each in found} == {"IsMonitored"}


def both_budgets_count_what_credits_pay(template: Template) -> None:
    budgets = [each["Properties"]["Budget"] for each in resources(template, "AWS::Budgets::Budget")]

    limits = [each["BudgetLimit"]["Amount"] for each in budgets]
    assert limits == [0.01, {"Ref": "MonthlyBudgetUsd"}]
    for each in budgets:
        assert each["CostTypes"] == {"IncludeCredit": False, "IncludeRefund": False}


def the_budgets_warn_early_and_once_more(template: Template) -> None:
    first, monthly = (
        [each["Notification"] for each in budget["Properties"]["NotificationsWithSubscribers"]]
        for budget in resources(template, "AWS::Budgets::Budget")
    )

    told = [(each["NotificationType"], each["Threshold"]) for each in monthly]
    assert told == [("ACTUAL", 50), ("ACTUAL", 100), ("ACTUAL", 200), ("FORECASTED", 100)]
    assert [(each["NotificationType"], each["Threshold"]) for each in first] == [("ACTUAL", 100)]
    assert {each["ThresholdType"] for each in first + monthly} == {"PERCENTAGE"}
    assert template["source"]["Parameters"]["MonthlyBudgetUsd"]["Default"] == 5


def names_of_the_whole_account_carry_the_region(template: Template) -> None:
    names = [
        *(each["Properties"]["Budget"] for each in resources(template, "AWS::Budgets::Budget")),
        *(each["Properties"] for each in resources(template, "AWS::CloudWatch::Dashboard")),
    ]
    for each in names:
        name = each.get("BudgetName") or each["DashboardName"]
        assert name["Fn::Sub"].startswith("${AWS::StackName}-${AWS::Region}")


def more_of(kind: str, number: int) -> str:
    """Text of additional resources of a template."""
    lines = f"    Type: {kind}\n    Condition: IsMonitored\n    Properties: {{}}\n"
    return "".join(f"  More{each}:\n{lines}" for each in range(number))


DEFECTS: Defects = {
    every_function_writes_to_a_log_that_ends: [
        ("RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD"),
        ("LogGroup: !Ref FraudLogs", "LogFormat: JSON"),
    ],
    every_alarm_tells_somebody: [
        ("AlarmActions: [!Ref AlarmTopic]", "ActionsEnabled: true"),
        ("OKActions: [!Ref AlarmTopic]", "OKActions: []"),
        ("MetricName: Latency\n", "MetricName: IntegrationLatency\n"),
    ],
    our_alarms_watch_metrics_that_somebody_writes: [
        ("          MetricName: DegradedAnswers", "          MetricName: Degraded"),
    ],
    filters_count_what_is_logged: [
        ("$.message = ", "$.msg = "),
        ("model load failed\" }'", "model not loaded\" }'"),
        ('"status": $context.status', '"status_code": $context.status'),
    ],
    queries_show_what_is_logged: [
        ("function_ms, table_ms,", "function_ms, table,"),
        ("| fields coalesce(exception_name,", "| fields coalesce(exception,"),
        ("LogGroupNames: [!Ref AccessLogs, !Ref FraudLogs]", "LogGroupNames: [!Ref FraudLogs]"),
        ("by type, operation, code,", "by type, step, code,"),
        ("by type, operation, code,", "by type, operation,"),
    ],
    a_promotion_raises_no_alarm: [("EvaluationPeriods: 3\n", "EvaluationPeriods: 1\n")],
    what_is_watched_costs_nothing: [
        (
            "Condition: IsMonitored\n    Properties:\n      AlarmDescription",
            "Properties:\n      AlarmDescription",
        ),
        *(
            ("\nOutputs:\n", more_of(kind, limit) + "\nOutputs:\n")
            for kind, limit in FREE_OF_CHARGE.items()
        ),
    ],
    both_budgets_count_what_credits_pay: [
        ("IncludeCredit: false", "IncludeCredit: true"),
        ("Amount: 0.01", "Amount: 1"),
    ],
    the_budgets_warn_early_and_once_more: [
        ("Threshold: 50\n", "Threshold: 90\n"),
        ("Threshold: 200\n", "Threshold: 100\n"),
        ("NotificationType: FORECASTED", "NotificationType: ACTUAL"),
    ],
    names_of_the_whole_account_carry_the_region: [
        ("${AWS::StackName}-${AWS::Region}-monthly", "${AWS::StackName}-monthly"),
        ("DashboardName: !Sub ${AWS::StackName}-${AWS::Region}", "DashboardName: !Sub fraud"),
    ],
    a_heartbeat_that_stops_is_an_alarm: [
        ("TreatMissingData: breaching", "TreatMissingData: notBreaching"),
        ("CodeUri: bootstrap/heartbeat", "CodeUri: fraud_api_lambda"),
        ("AllowedValues: [5, 10, 15, 20, 30, 60]", "AllowedValues: [30, 120]"),
        ("rate(${HeartbeatMinutes} minutes)", "rate(1 day)"),
    ],
}


transformed, test_the_template_holds_that, test_a_planted_defect_is_found = checked(
    TEMPLATE, DEFECTS, ImageUri=IMAGE
)
