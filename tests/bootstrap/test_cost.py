"""`make cost`: the price of the templates, and refusal of resources without a price."""

import json
import math
from collections import Counter
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from bootstrap import cost
from bootstrap.cost import Stacks
from bootstrap.intrinsics import Deployed
from bootstrap.measured import Measured, read_measured
from bootstrap.parameters import read_environment
from bootstrap.prices import FREE_OF_CHARGE, PRICED, PRICES
from bootstrap.transform import BOOTSTRAP_TEMPLATE, TEMPLATE
from bootstrap.usage import loop, units
from training.errors import CheckFailedError, InputError
from training.local.processes import ROOT

TEXT = TEMPLATE.read_text()
OUTLIVES = BOOTSTRAP_TEMPLATE.read_text()

ALARM = """
  Extra{number}:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Lambda
      MetricName: Errors
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      ComparisonOperator: GreaterThanThreshold
      Threshold: 0
"""
RESOURCES = "\nResources:\n"
FUNCTION = "      AutoPublishAlias: live\n"

MISTAKES = {
    "Lambda provisioned concurrency": (
        FUNCTION,
        FUNCTION
        + "      ProvisionedConcurrencyConfig:\n        ProvisionedConcurrentExecutions: 1\n",
        1536 / 1024 * 4.1667e-6 * 730.5 * 3600,
    ),
    "CloudWatch alarms": (
        RESOURCES,
        RESOURCES + "".join(ALARM.format(number=number) for number in (1, 2)),
        0.10,
    ),
    "NAT gateways": (
        RESOURCES,
        RESOURCES
        + "  Way:\n    Type: AWS::EC2::NatGateway\n    Properties: {SubnetId: subnet-1}\n",
        0.045 * 730.5,
    ),
    "KMS keys": (
        RESOURCES,
        RESOURCES + "  Key:\n    Type: AWS::KMS::Key\n    Properties: {KeyPolicy: {}}\n",
        1.0,
    ),
    "CloudWatch dashboards": (
        RESOURCES,
        RESOURCES
        + "".join(
            f"  Board{number}:\n    Type: AWS::CloudWatch::Dashboard\n"
            "    Properties: {DashboardBody: '{}'}\n"
            for number in (1, 2, 3)
        ),
        3.0,
    ),
}
"""By the part of the bill: text to replace, its replacement, and the cost beyond the free tier."""

REFUSED = {
    "Store is an AWS::RDS::DBInstance": (
        RESOURCES,
        RESOURCES
        + "  Store:\n    Type: AWS::RDS::DBInstance\n    Properties: {Engine: postgres}\n",
    ),
    "a cache": (
        "      StageName: live\n",
        "      StageName: live\n      CacheClusterEnabled: true\n",
    ),
    "execution logs": ('LoggingLevel: "OFF"', "LoggingLevel: INFO"),
    "no RetentionInDays": ("RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD"),
}


@pytest.fixture(scope="module")
def stacks() -> Stacks:
    return cost.account()


@pytest.fixture(scope="module")
def idle(stacks: Stacks) -> dict[str, float]:
    return cost.bill(cost.used(stacks, Measured(), 0), "credits")


@pytest.fixture(scope="module")
def planted(stacks: Stacks) -> dict[str, Stacks]:
    """The account by planted mistake, each in a copy of the template that is deployed to prod."""
    replaced = {name: (old, new) for name, (old, new, *_) in (MISTAKES | REFUSED).items()}
    assert all(old in TEXT for old, _ in replaced.values())
    prod = read_environment("prod")
    made = cost.all_resources([(TEXT.replace(*pair), prod) for pair in replaced.values()])
    named = zip(replaced, made, strict=True)
    return {name: {**stacks, "prod": resources} for name, resources in named}


def test_an_idle_account_costs_at_most_a_cent_a_month(idle: dict[str, float]) -> None:
    assert cost.total(idle) <= 0.01


def test_the_operating_manual_names_the_idle_bill(stacks: Stacks, idle: dict[str, float]) -> None:
    manual = (ROOT / "docs" / "operate.md").read_text()
    busy = cost.bill(cost.used(stacks, Measured(), 1_000_000), "credits")

    assert f"| the images in the repository | {idle['ECR storage']:.3f} |" in manual
    assert f"reads and logs | {cost.total(idle):.3f} |" in manual
    assert f"1,000,000 payments cost {cost.total(busy):.2f} USD" in manual


def test_the_readme_names_the_idle_bill_with_its_images(idle: dict[str, float]) -> None:
    cents = round(100 * (cost.total(idle) + idle["ECR storage"]))

    assert cents == 5
    assert "[about five US cents a month]" in (ROOT / "README.md").read_text()


def test_only_the_storage_of_images_is_left_out_of_the_total(idle: dict[str, float]) -> None:
    assert idle["ECR storage"] == pytest.approx((180 + 11 * 25) / 1024 * 0.10)


OF_MEMORY = ("DynamoDB writes", "DynamoDB reads", "DynamoDB storage", "DynamoDB backups")


WITHOUT_LABELS = Measured(reviews_share=0, outcomes_share=0)

FULL_GB = 1_000_000 * 400 / (730.5 / 24) * (1124 + 0.2 * 500) / 1024**3
"""The table with a million payments a month, once it is as full as it gets."""

READS_OF_SCANS = 2 * 0.5 * 730.5 / 24 / 7 + 0.5 + 2 * 1
"""Units for each 4 KB of it: a watch's two scans a week, an export, and a replay's two scans."""


@pytest.fixture(scope="module")
def forgetful(stacks: Stacks) -> Stacks:
    """The account as it is with Memory=off, when no function has a table."""
    without = deepcopy(stacks)
    for resources in without.values():
        for each in resources:
            variables = each.get("Properties", {}).get("Environment", {}).get("Variables", {})
            variables.pop("FRAUD_TABLE", None)
    return without


def test_an_idle_memory_costs_less_than_a_cent_a_month(
    idle: dict[str, float], forgetful: Stacks
) -> None:
    without = cost.bill(cost.used(forgetful, Measured(), 0), "credits")

    assert 0 < cost.total(idle) - cost.total(without) < 0.001
    assert sum(idle[part] for part in OF_MEMORY) < 0.001
    assert idle["KMS requests"] == idle["DynamoDB backups"] == 0


def test_the_memory_of_a_million_payments_has_the_price_of_its_units(
    stacks: Stacks, idle: dict[str, float]
) -> None:
    busy = cost.bill(cost.used(stacks, WITHOUT_LABELS, 1_000_000), "credits")

    scans = 0.125e-6 * READS_OF_SCANS * 1024**3 / 4096 * FULL_GB
    assert busy["DynamoDB writes"] == pytest.approx(3 * 2 * 0.625)
    assert busy["DynamoDB reads"] - idle["DynamoDB reads"] - scans == pytest.approx(3 * 0.5 * 0.125)


def test_a_full_table_of_fewer_payments_is_free_and_its_backups_are_not(stacks: Stacks) -> None:
    used = cost.used(stacks, WITHOUT_LABELS, 1_000_000)

    gb = FULL_GB
    assert used["DynamoDB storage"] == used["DynamoDB backups"] == pytest.approx(gb)
    bill = cost.bill(used, "credits")
    assert bill["DynamoDB storage"] == 0
    assert bill["DynamoDB backups"] == pytest.approx(0.20 * gb)


LOOP = (
    *("reviews opened", "reviews shown", "reviews closed", "outcomes"),
    *("weekly watch", "monthly export", "monthly replay"),
)


def test_the_bill_has_all_that_the_loop_uses(stacks: Stacks) -> None:
    parts = cost.used(stacks, Measured(), 1_000_000)
    scored = cost.used(stacks, WITHOUT_LABELS, 1_000_000)
    usd_of = cost.loop_bill(stacks, Measured(), 1_000_000)

    assert tuple(usd_of) == LOOP
    labels = sum(usd_of[name] for name in ("reviews opened", "reviews shown"))
    labels += sum(usd_of[name] for name in ("reviews closed", "outcomes"))
    listed = [cost.total(cost.bill(each, "none")) for each in (parts, scored)]
    assert listed[0] - listed[1] == pytest.approx(labels, rel=1e-3)


def test_an_idle_loop_costs_less_than_a_hundredth_of_a_cent(stacks: Stacks) -> None:
    usd_of = cost.loop_bill(stacks, Measured(), 0)

    assert 0 < sum(usd_of.values()) < 0.0001
    assert sum(usd_of[name] for name in LOOP[:4]) == 0


def test_ten_thousand_reviews_have_the_price_of_their_units(stacks: Stacks) -> None:
    activities = loop(stacks["prod"], Measured(), 1_000_000).activities()
    writes = {
        name: sum(amount for part, amount in used() if part == "DynamoDB writes")
        for name, used in activities.items()
    }

    approved, review, outcome = 1 * 2, 4 * 2, 2 * 2  # of records, in a transaction
    entry, states = 2, 2 * 2
    assert writes["reviews opened"] == pytest.approx(10_000 * (review - approved + entry))
    assert writes["reviews closed"] == pytest.approx(10_000 * (review + 2 * entry + states))
    assert writes["outcomes"] == pytest.approx(5_000 * (outcome + states))


def test_the_loop_of_a_bigger_table_costs_more_in_proportion(stacks: Stacks) -> None:
    small, large = (cost.loop_bill(stacks, Measured(), each) for each in (1_000_000, 2_000_000))

    for name in LOOP:
        assert large[name] == pytest.approx(2 * small[name], rel=0.001)


def test_the_operating_manual_names_the_price_of_the_loop(stacks: Stacks) -> None:
    manual = (ROOT / "docs" / "operate.md").read_text()
    usd_of = cost.loop_bill(stacks, Measured(), 1_000_000)

    for name, usd in usd_of.items():
        assert f"| {name} | {usd:.2f} |" in manual
    assert f"| the loop | {math.fsum(usd_of.values()):.2f} |" in manual


def test_without_memory_no_table_is_billed_and_no_payment_waits_for_one(
    stacks: Stacks, forgetful: Stacks
) -> None:
    with_memory, without = (
        cost.used(each, WITHOUT_LABELS, 1_000_000) for each in (stacks, forgetful)
    )

    assert not [part for part in (*OF_MEMORY, "KMS requests") if without[part]]
    waited = with_memory["Lambda GB-seconds"] - without["Lambda GB-seconds"]
    assert waited == pytest.approx(with_memory["API Gateway REST calls"] * 0.015 * 1.5)


@pytest.mark.parametrize("part", MISTAKES)
def test_a_costly_mistake_shows_in_the_bill(planted: dict[str, Stacks], part: str) -> None:
    *_, usd = MISTAKES[part]

    bill = cost.bill(cost.used(planted[part], Measured(), 0), "credits")

    assert bill[part] == pytest.approx(usd)
    assert cost.total(bill) > 0.01


@pytest.mark.parametrize("why", REFUSED)
def test_a_resource_without_a_price_is_refused_by_name(
    planted: dict[str, Stacks], why: str
) -> None:
    with pytest.raises(CheckFailedError, match=why):
        cost.used(planted[why], Measured(), 0)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "provisioned capacity"),
        ({"BillingMode": "PROVISIONED"}, "provisioned capacity"),
        ({"BillingMode": "PAY_PER_REQUEST", "StreamSpecification": {}}, "StreamSpecification"),
        ({"BillingMode": "PAY_PER_REQUEST", "SSESpecification": {}}, "SSESpecification"),
    ],
)
def test_a_table_with_an_option_that_is_not_counted_is_refused(
    options: dict[str, Any], why: str
) -> None:
    table = {"Name": "Store", "Type": "AWS::DynamoDB::Table", "Properties": options}

    with pytest.raises(CheckFailedError, match=f"Store has {why}"):
        units([table], Measured(), 0)


def test_alarms_metrics_and_dashboards_stay_within_the_free_tier(stacks: Stacks) -> None:
    used = cost.used(stacks, Measured(), 0)

    assert used["CloudWatch alarms"] <= 10
    assert used["CloudWatch custom metrics"] <= 10
    assert used["CloudWatch dashboards"] <= 3


def test_a_resource_that_an_environment_switches_off_is_not_counted(stacks: Stacks) -> None:
    kinds = {name: Counter(each["Type"] for each in made) for name, made in stacks.items()}

    assert kinds["prod"]["AWS::CloudWatch::Alarm"] > 0
    assert kinds["dev"]["AWS::CloudWatch::Alarm"] == 0


@pytest.mark.parametrize(
    ("part", "units", "usd"),
    [
        ("Lambda requests", 3e6, 0.40),
        ("Lambda GB-seconds", 4e5, 0.0),
        ("API Gateway REST calls", 1e6, 3.50),
        ("API Gateway REST calls", 433e6, 333 * 3.50 + 100 * 2.80),
        ("Data transfer out", 101, 0.09),
        ("CloudWatch logs in", 6, 0.50),
        ("S3 storage", 10, 0.23),
        ("DynamoDB writes", 1e6, 0.625),
        ("DynamoDB storage", 26, 0.25),
        ("DynamoDB backups", 1, 0.20),
        ("KMS requests", 30_000, 0.03),
    ],
)
def test_units_beyond_the_free_tier_cost_the_price_on_awss_page(
    part: str, units: float, usd: float
) -> None:
    amounts = dict.fromkeys(PRICES, 0.0) | {part: units}

    assert cost.bill(amounts, "credits")[part] == pytest.approx(usd)


def test_a_million_free_gateway_calls_belong_to_the_first_year_only() -> None:
    amounts = dict.fromkeys(PRICES, 0.0) | {"API Gateway REST calls": 1e6}

    bills = {scheme: cost.total(cost.bill(amounts, scheme)) for scheme in cost.SCHEMES}

    assert bills == pytest.approx({"first year": 0.0, "credits": 3.50, "none": 3.50})


def test_a_smaller_free_tier_never_lowers_the_bill(stacks: Stacks) -> None:
    for volume in cost.VOLUMES:
        used = cost.used(stacks, Measured(), volume)
        first, credit, none = (cost.total(cost.bill(used, scheme)) for scheme in cost.SCHEMES)
        assert first <= credit <= none


def test_every_prediction_is_one_gateway_call_and_one_lambda_request(stacks: Stacks) -> None:
    none, many = (cost.used(stacks, WITHOUT_LABELS, volume) for volume in (0, 1_000))

    for part in ("API Gateway REST calls", "Lambda requests"):
        assert many[part] - none[part] == pytest.approx(1_000)


def test_a_heartbeat_is_one_gateway_call_and_three_lambda_requests(stacks: Stacks) -> None:
    resources = stacks["prod"]

    used = units(resources, Measured(), 0)

    beats = used["API Gateway REST calls"]
    (rule,) = [each for each in resources if each["Type"] == "AWS::Events::Rule"]
    minutes = int(rule["Properties"]["ScheduleExpression"].split("(")[1].split()[0])
    assert beats == pytest.approx(730.5 * 60 / minutes)
    assert used["Lambda requests"] == pytest.approx(3 * beats)


def test_lambda_bills_whole_milliseconds_at_the_cpu_share_of_its_memory() -> None:
    measured = Measured(warm_ms=0.5, runtime_ms=0.5, cold_ms=100)

    assert measured.billed_ms(1769) == 1
    assert measured.billed_ms(4000) == 1
    assert measured.billed_ms(1768) == 2
    assert measured.billed_ms(1769, cold=True) == 101


def test_figures_of_the_benchmark_replace_the_defaults(tmp_path: Path) -> None:
    figures = [
        {"measure": "cold start", "stack": "tutorial", "median": 9000},
        {"measure": "cold start", "stack": "ours", "median": 250.5},
        {"measure": "approved payment", "stack": "ours", "median": 0.25},
    ]
    path = tmp_path / "serving.json"
    path.write_text(json.dumps({"figures": figures}))

    measured = read_measured(path)

    assert (measured.warm_ms, measured.cold_ms) == (0.25, 250.5)
    assert measured.source == "build/serving.json"


def test_without_a_benchmark_the_bill_says_that_it_uses_defaults(tmp_path: Path) -> None:
    assert "defaults" in read_measured(tmp_path / "none.json").source


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"figures": []}'])
def test_a_damaged_benchmark_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "serving.json"
    path.write_text(text)

    with pytest.raises(InputError, match="make bench"):
        read_measured(path)


def test_the_bill_prints_each_part_at_each_volume_and_free_tier(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cost.cost(tmp_path / "none.json")

    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("USD a month")]) == 3
    for name in (*LOOP, "the loop"):
        (row,) = [line for line in lines if line.startswith(f"{name} ")]
        assert len(row.removeprefix(name).split()) == 4
    for part in PRICES:
        rows = [line for line in lines if line.startswith(part)]
        assert [
            len(row.removeprefix(f"{part}, apart").removeprefix(part).split()) for row in rows
        ] == [4] * 3
    (header, *_) = [line for line in lines if line.startswith("payments a month")]
    assert header.split()[3:] == ["0", "10,000", "1,000,000", "100,000,000"]


def test_the_bill_warns_that_an_account_on_the_free_plan_closes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cost.cost(tmp_path / "none.json")

    (warning,) = [line for line in capsys.readouterr().out.splitlines() if "Free plan" in line]
    assert "closes the account after six months, or when its credits are used up" in warning
    assert "Upgrade to the paid plan" in warning


def test_each_price_names_its_page() -> None:
    assert all("aws.amazon.com/" in price.page for price in PRICES.values())
    assert not FREE_OF_CHARGE & PRICED


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"Fn::Equals": [{"Ref": "Mode"}, "on"]}, True),
        ({"Fn::Not": [{"Condition": "IsOn"}]}, False),
        ({"Fn::And": [{"Condition": "IsOn"}, {"Fn::Equals": ["1", 1]}]}, True),
        ({"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Condition": "IsOn"}]}, True),
    ],
)
def test_a_condition_holds_as_in_cloudformation(condition: dict[str, Any], holds: bool) -> None:
    template = {"Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "Mode"}, "on"]}, "Asked": condition}}

    assert Deployed(template, {"Mode": "on"}).holds("Asked") is holds


def test_conditions_parameters_and_mappings_are_resolved() -> None:
    template = {
        "Conditions": {"IsOn": {"Fn::Equals": ["a", "a"]}},
        "Mappings": {"Table": {"on": {"Size": 3}}},
    }
    given = {
        "chosen": {"Fn::If": ["IsOn", "yes", "no"]},
        "absent": {"Fn::If": ["IsOn", {"Ref": "AWS::NoValue"}, "no"]},
        "named": {"Fn::Sub": "${Mode}-${AWS::Region}"},
        "looked up": {"Fn::FindInMap": ["Table", {"Ref": "Mode"}, "Size"]},
        "AWS's": {"Fn::GetAtt": ["Thing", "Arn"]},
    }

    assert Deployed(template, {"Mode": "on"}).value(given) == {
        "chosen": "yes",
        "named": "on-${AWS::Region}",
        "looked up": 3,
        "AWS's": {"Fn::GetAtt": ["Thing", "Arn"]},
    }
