"""The bootstrap stack; each check also finds a planted defect."""

import json
from collections.abc import Sequence
from typing import Any

from bootstrap.memory_checks import EXPIRES, KEY
from bootstrap.parameters import environments, read_environment
from tests.infra.infra import (
    ROOT,
    Defects,
    Statement,
    Template,
    as_list,
    checked,
    resources,
    statements,
)

TEMPLATE = (ROOT / "bootstrap/template.yaml").read_text()

STATEFUL = (
    "AWS::DynamoDB::Table",
    "AWS::ECR::Repository",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::ApiGateway::Account",
    "AWS::IAM::OIDCProvider",
)


def what_holds_something_is_kept(template: Template) -> None:
    kept = [each for kind in STATEFUL for each in resources(template, kind)]

    bearers = [template["Resources"][name] for name in ("GatewayLogRole", "FraudApiBoundary")]
    for each in [*kept, *bearers]:
        # Not Retain alone: what a creation that failed leaves behind blocks the next by its name.
        assert each["DeletionPolicy"] == "RetainExceptOnCreate", each["Type"]
        assert each["UpdateReplacePolicy"] == "Retain", each["Type"]
    assert {each["Type"] for each in kept} == set(STATEFUL)


def images_are_scanned_and_their_tags_stay(template: Template) -> None:
    (repository,) = resources(template, "AWS::ECR::Repository")

    assert repository["Properties"]["ImageTagMutability"] == "IMMUTABLE"
    assert repository["Properties"]["ImageScanningConfiguration"]["ScanOnPush"] is True


def expired(rules: list[dict[str, Any]], images: Sequence[tuple[str, ...]]) -> set[int]:
    """The images that ECR's lifecycle rules expire; each image is its tags, newest first.

    One rule at most selects an image: the first by priority whose tags it has.

    References
    ----------
    Amazon ECR User Guide, "Automate the cleanup of images", how lifecycle policies evaluate.
    """
    gone: set[int] = set()
    seen: set[int] = set()
    for rule in sorted(rules, key=lambda each: each["rulePriority"]):
        prefixes = tuple(rule["selection"].get("tagPrefixList", ()))
        found = [
            number
            for number, tags in enumerate(images)
            if number not in seen and any(tag.startswith(prefixes) for tag in tags)
        ]
        seen.update(found)
        gone.update(found[rule["selection"]["countNumber"] :])
    return gone


def no_rule_takes_an_image_in_use(template: Template) -> None:
    (repository,) = resources(template, "AWS::ECR::Repository")
    rules = json.loads(repository["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert all(each["selection"]["tagStatus"] in ("tagged", "untagged") for each in rules)
    tagged = [each for each in rules if each["selection"]["tagStatus"] == "tagged"]
    builds = [(f"ci-{number}",) for number in range(30)]
    releases = [(f"commit-{number}", f"release-{number}") for number in range(30)]
    in_use = [
        (f"in-use-{environment}-{number}", f"release-{number}", f"ci-{number}")
        for environment in ("dev", "prod")
        for number in range(100, 102)
    ]

    gone = expired(tagged, [*builds, *releases, *in_use])

    kept = [each for number, each in enumerate([*builds, *releases, *in_use]) if number not in gone]
    assert kept == [*builds[:10], *releases[:10], *in_use]


def the_bucket_is_versioned_and_private(template: Template) -> None:
    (bucket,) = resources(template, "AWS::S3::Bucket")
    (policy,) = resources(template, "AWS::S3::BucketPolicy")
    properties = bucket["Properties"]

    assert "BucketName" not in properties
    assert properties["VersioningConfiguration"]["Status"] == "Enabled"
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    (tls,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert tls["Effect"] == "Deny"
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def old_training_data_goes_and_no_model_does(template: Template) -> None:
    (bucket,) = resources(template, "AWS::S3::Bucket")
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    removing = [each for each in rules if any("Expiration" in key for key in each)]

    assert [each["Prefix"] for each in removing] == ["data/"]
    assert removing[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}


def each_environment_has_a_table_with_its_stacks_name(template: Template) -> None:
    tables = [each["Properties"] for each in resources(template, "AWS::DynamoDB::Table")]

    named = [read_environment(name).stack_name for name in environments()]
    assert [each["TableName"] for each in tables] == named == ["fraud-api-dev", "fraud-api-prod"]


def a_table_costs_nothing_while_idle(template: Template) -> None:
    for each in resources(template, "AWS::DynamoDB::Table"):
        assert each["Properties"]["BillingMode"] == "PAY_PER_REQUEST"
        assert "SSESpecification" not in each["Properties"]  # AWS's own key, without a price


def a_table_is_protected_from_loss_and_forgets_what_expired(template: Template) -> None:
    for each in resources(template, "AWS::DynamoDB::Table"):
        options = each["Properties"]
        assert options["DeletionProtectionEnabled"] is True
        assert options["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert options["TimeToLiveSpecification"] == {"Enabled": True, "AttributeName": EXPIRES}


def a_table_has_one_key_and_an_index_of_reviews(template: Template) -> None:
    for each in resources(template, "AWS::DynamoDB::Table"):
        options = each["Properties"]
        (index,) = options["GlobalSecondaryIndexes"]
        assert options["KeySchema"] == KEY
        assert index["IndexName"] == "reviews"
        assert index["KeySchema"] == [
            {"AttributeName": "q", "KeyType": "HASH"},
            {"AttributeName": "l", "KeyType": "RANGE"},
        ]
        assert {each["AttributeName"] for each in options["AttributeDefinitions"]} == set("ql") | {
            "pk"
        }
        assert {each["AttributeType"] for each in options["AttributeDefinitions"]} == {"S"}


def a_table_is_created_after_what_may_fail(template: Template) -> None:
    """A creation that fails could not delete it again: it is protected."""
    for each in resources(template, "AWS::DynamoDB::Table"):
        assert "GatewayAccount" in each["DependsOn"]


def the_registry_serves_this_accounts_functions_alone(template: Template) -> None:
    (repository,) = resources(template, "AWS::ECR::Repository")
    (statement,) = repository["Properties"]["RepositoryPolicyText"]["Statement"]

    assert statement["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert statement["Condition"]["StringLike"]["aws:sourceArn"]["Fn::Sub"].endswith(
        "lambda:${AWS::Region}:${AWS::AccountId}:function:fraud-api-*"
    )


def the_gateway_is_told_its_role_once_iam_has_spread_it(template: Template) -> None:
    account = template["Resources"]["GatewayAccount"]

    assert account["DependsOn"] == "ModelBucketPolicy"  # which takes long enough


def github_comes_without_keys(template: Template) -> None:
    assert not resources(template, "AWS::IAM::AccessKey")
    assert not resources(template, "AWS::IAM::User")


BARE = {
    "cloudformation:GetTemplateSummary",
    "cloudformation:ValidateTemplate",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
    "ecr:GetAuthorizationToken",
    "logs:DeleteQueryDefinition",
    "logs:DescribeLogGroups",
    "logs:DescribeQueryDefinitions",
    "logs:DescribeResourcePolicies",
    "logs:PutQueryDefinition",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
"""Actions that no policy can narrow; the template gives the reason for each."""


def allowed(template: Template) -> list[Statement]:
    roles = [each for role in resources(template, "AWS::IAM::Role") for each in statements(role)]
    policies = [
        statement
        for kind in ("AWS::IAM::RolePolicy", "AWS::IAM::ManagedPolicy")
        for each in resources(template, kind)
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]
    return [*roles, *policies]


def no_policy_says_star(template: Template) -> None:
    wide = [each for each in allowed(template) if "*" in as_list(each["Resource"])]

    assert not [
        action for each in allowed(template) for action in as_list(each["Action"]) if "*" in action
    ]
    assert {action for each in wide for action in as_list(each["Action"])} <= BARE


def who_deploys_may_ask_what_doctor_asks(template: Template) -> None:
    may = {action for each in allowed(template) for action in as_list(each["Action"])}

    assert {
        *("cloudformation:DescribeStacks", "lambda:GetFunctionConfiguration", "lambda:GetAlias"),
        *("lambda:GetFunction", "lambda:InvokeFunction", "ecr:DescribeImages"),
        *("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricStatistics", "apigateway:GET"),
        *("dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "ssm:GetParameter"),
        "dynamodb:DescribeContinuousBackups",
    } <= may


DEFECTS: Defects = {
    who_deploys_may_ask_what_doctor_asks: [
        ("Action: lambda:InvokeFunction", "Action: lambda:InvokeAsync")
    ],
    what_holds_something_is_kept: [
        ("DeletionPolicy: RetainExceptOnCreate # Lambda", "DeletionPolicy: Retain # Lambda"),
        (
            "DeletionPolicy: RetainExceptOnCreate # models",
            "DeletionPolicy: Delete # models",
        ),
        (
            "DeletionPolicy: RetainExceptOnCreate # roles of",
            "DeletionPolicy: Delete # roles of",
        ),
        (
            "DeletionPolicy: RetainExceptOnCreate # payments",
            "DeletionPolicy: Delete # payments",
        ),
        ("UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"),
        ("Type: AWS::S3::BucketPolicy", "Type: AWS::S3::BucketPolitely"),
    ],
    images_are_scanned_and_their_tags_stay: [
        ("ImageTagMutability: IMMUTABLE", "ImageTagMutability: MUTABLE"),
        ("ScanOnPush: true", "ScanOnPush: false"),
    ],
    no_rule_takes_an_image_in_use: [
        ('"rulePriority": 1', '"rulePriority": 9'),
        ('"tagPrefixList": ["in-use-"]', '"tagPrefixList": ["used-"]'),
        ('"tagStatus": "untagged"', '"tagStatus": "any"'),
    ],
    old_training_data_goes_and_no_model_does: [
        ("Prefix: data/", "Prefix: models/"),
        ("NoncurrentDays: 30", "NoncurrentDays: 3"),
    ],
    each_environment_has_a_table_with_its_stacks_name: [
        ("TableName: fraud-api-prod", "TableName: fraud-api-production"),
        ("      TableName: fraud-api-dev # the application's stack has this name\n", ""),
    ],
    a_table_costs_nothing_while_idle: [
        ("BillingMode: PAY_PER_REQUEST", "BillingMode: PROVISIONED"),
        (
            "BillingMode: PAY_PER_REQUEST",
            "BillingMode: PAY_PER_REQUEST\n      SSESpecification: {SSEEnabled: true}",
        ),
    ],
    a_table_is_protected_from_loss_and_forgets_what_expired: [
        ("DeletionProtectionEnabled: true", "DeletionProtectionEnabled: false"),
        ("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"),
        ("AttributeName: x\n", "AttributeName: l\n"),
    ],
    a_table_has_one_key_and_an_index_of_reviews: [
        ("{ AttributeName: pk, KeyType: HASH }", "{ AttributeName: q, KeyType: HASH }"),
        ("IndexName: reviews", "IndexName: queue"),
        ("{ AttributeName: l, AttributeType: S }", "{ AttributeName: l, AttributeType: N }"),
    ],
    a_table_is_created_after_what_may_fail: [
        ("DependsOn: [GatewayAccount, FraudApiBoundary]", "DependsOn: [FraudApiBoundary]"),
    ],
    the_registry_serves_this_accounts_functions_alone: [
        ("${AWS::AccountId}:function:fraud-api-*", "*:function:fraud-api-*"),
        ("Service: lambda.amazonaws.com", 'AWS: "*"'),
    ],
    the_bucket_is_versioned_and_private: [
        ("Status: Enabled # the pointer", "Status: Suspended # the pointer"),
        ("BlockPublicAcls: true", "BlockPublicAcls: false"),
        ("BucketOwnerEnforced", "ObjectWriter"),
        ('aws:SecureTransport: "false"', 'aws:SecureTransport: "true"'),
    ],
    the_gateway_is_told_its_role_once_iam_has_spread_it: [
        ("    DependsOn: ModelBucketPolicy\n", ""),
    ],
    github_comes_without_keys: [("Type: AWS::IAM::RolePolicy", "Type: AWS::IAM::AccessKey")],
    no_policy_says_star: [
        ("Action: ecr:GetAuthorizationToken", "Action: ecr:*"),
        ("Resource: !GetAtt ImageRepository.Arn", 'Resource: "*"'),
    ],
}


transformed, test_the_template_holds_that, test_a_planted_defect_is_found = checked(
    TEMPLATE, DEFECTS
)
