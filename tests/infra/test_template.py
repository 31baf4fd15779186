"""The function's configuration and rights; each check also finds a planted defect."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from bootstrap import transform
from bootstrap.transform import all_transformed, declared_by
from tests.infra.infra import (
    IMAGE,
    NEEDS_SAM,
    REPOSITORY,
    ROOT,
    TEMPLATE,
    TEMPLATES,
    Defects,
    Resource,
    Statement,
    Template,
    as_list,
    bare,
    checked,
    resources,
    statements,
)
from training.errors import CommandError

OTHER_IMAGE = f"{REPOSITORY}@sha256:{'1' * 64}"


def function(template: Template) -> dict[str, Any]:
    properties: dict[str, Any] = template["Resources"]["FraudFunction"]["Properties"]
    return properties


def role_of(template: Template) -> Resource:
    role: Resource = template["Resources"]["FraudRole"]
    return role


def conditional(role: Resource, condition: str) -> Iterator[Statement]:
    """The statements of a role that it has only if a condition of the template holds."""
    for each in statements(role):
        if each.get("Fn::If", [""])[0] == condition:
            _, statement, otherwise = each["Fn::If"]
            assert otherwise == {"Ref": "AWS::NoValue"}
            yield statement


def the_function_may_only_read_its_models_and_their_pointer(template: Template) -> None:
    role = template["Resources"]["FraudRole"]
    allowed = [each for each in statements(role) if "Fn::If" not in each]

    assert "ManagedPolicyArns" not in role["Properties"]
    assert {each["Sid"]: as_list(each["Action"]) for each in allowed} == {
        "ReadPublishedModels": ["s3:GetObject", "s3:GetObjectVersion"],
        "ReadPointer": ["ssm:GetParameter"],
        "WriteLog": ["logs:CreateLogStream", "logs:PutLogEvents"],
    }
    targets = json.dumps([each["Resource"] for each in allowed])
    assert "/models/*" in targets
    assert "parameter${ModelParameter}" in targets


RIGHTS = {
    "BatchGetItem": "dynamodb:BatchGetItem",
    "GetItem": "dynamodb:GetItem",
    "Query": "dynamodb:Query",
    "TransactWriteItems": "dynamodb:PutItem",  # it writes by puts alone
}
"""The right that each operation on a table needs."""


def with_memory_it_may_do_what_it_calls_on_its_table_and_nothing_else(template: Template) -> None:
    code = (ROOT / "fraud_api_lambda/aws/dynamodb.py").read_text()
    called = set(re.findall(r'_exchanged\(\s*"(\w+)"', code))
    found = {each["Sid"]: each for each in conditional(role_of(template), "HasMemory")}

    assert called == RIGHTS.keys()
    assert found.keys() == {"ReadPointerAndSecret", "RememberPayments", "ListReviews"}
    remember, reviews = found["RememberPayments"], found["ListReviews"]
    assert {*remember["Action"], reviews["Action"]} == {RIGHTS[name] for name in called}
    assert remember["Resource"]["Fn::Sub"].endswith(":table/${AWS::StackName}")
    assert "dynamodb:Query" not in remember["Action"]


def with_memory_it_may_query_the_index_of_reviews_alone(template: Template) -> None:
    found = {each["Sid"]: each for each in conditional(role_of(template), "HasMemory")}
    reviews = found["ListReviews"]

    assert reviews["Action"] == "dynamodb:Query"
    assert reviews["Resource"]["Fn::Sub"].endswith(":table/${AWS::StackName}/index/reviews")


def with_memory_it_may_read_its_pointer_and_secret_in_one_call(template: Template) -> None:
    found = {each["Sid"]: each for each in conditional(role_of(template), "HasMemory")}
    read = found["ReadPointerAndSecret"]
    names = [each["Fn::Sub"].partition(":parameter")[2] for each in read["Resource"]]

    assert read["Action"] == "ssm:GetParameters"
    assert names == ["${ModelParameter}", "${SecretParameter}"]


BARE = {"cloudwatch:DescribeAlarms", "xray:PutTraceSegments", "xray:PutTelemetryRecords"}
"""Actions that AWS lets no policy narrow."""


def no_policy_says_star(template: Template) -> None:
    found = [each for role in resources(template, "AWS::IAM::Role") for each in statements(role)]
    actions = {action for each in found for action in as_list(bare(each)["Action"])}
    wide = [bare(each) for each in found if "*" in as_list(bare(each).get("Resource", ""))]

    assert not [action for action in actions if "*" in action]
    assert {action for each in wide for action in as_list(each["Action"])} <= BARE


def policy_templates_are_sams(template: Template) -> None:
    for each in template["source"]["Resources"].values():
        for policy in as_list(each["Properties"].get("Policies", [])):
            known = {"PolicyName", "PolicyDocument", "Statement", "Version"}
            assert policy.keys() <= known, policy


def the_function_is_an_image_by_its_digest_that_sam_can_build(template: Template) -> None:
    function = template["source"]["Resources"]["FraudFunction"]
    pattern = template["source"]["Parameters"]["ImageUri"]["AllowedPattern"]

    assert function["Properties"]["PackageType"] == "Image"
    assert function["Properties"]["ImageUri"] == {"Ref": "ImageUri"}
    assert {"Dockerfile", "DockerContext", "DockerTag"} <= set(function["Metadata"])
    assert re.fullmatch(pattern, IMAGE)
    for wrong in (
        f"{REPOSITORY}:latest",
        REPOSITORY,
        f"public.ecr.aws/a/fraud-api@sha256:{'0' * 64}",
        IMAGE[:-1],
    ):
        assert not re.fullmatch(pattern, wrong)


def the_function_gives_up_before_the_gateway(template: Template) -> None:
    timeout = template["source"]["Parameters"]["TimeoutS"]

    assert function(template)["Timeout"] == {"Ref": "TimeoutS"}
    assert 6 <= timeout["MinValue"] <= timeout["Default"] <= timeout["MaxValue"] <= 29


def the_function_knows_its_model(template: Template) -> None:
    variables = function(template)["Environment"]["Variables"]

    assert variables["AWS_ENDPOINT_URL"] == {"Ref": "AWS::NoValue"}
    assert variables.keys() - {"AWS_ENDPOINT_URL"} == {
        "FRAUD_MODEL_BUCKET",
        "FRAUD_MODEL_PARAMETER",
        "FRAUD_RELEASE",
        "FRAUD_REVIEW_KEY",
        "FRAUD_SECRET_PARAMETER",
        "FRAUD_TABLE",
    }
    assert variables["FRAUD_MODEL_PARAMETER"] == {"Ref": "ModelParameter"}


def the_function_knows_a_table_only_with_memory(template: Template) -> None:
    variables = function(template)["Environment"]["Variables"]

    assert template["Conditions"]["HasMemory"] == {"Fn::Equals": [{"Ref": "Memory"}, "on"]}
    assert template["source"]["Parameters"]["Memory"]["Default"] == "off"
    assert variables["FRAUD_TABLE"] == {
        "Fn::If": ["HasMemory", {"Ref": "AWS::StackName"}, {"Ref": "AWS::NoValue"}]
    }
    assert variables["FRAUD_SECRET_PARAMETER"] == {"Ref": "SecretParameter"}


def a_function_with_a_table_always_knows_the_review_key(template: Template) -> None:
    """Without it the function would show the reviews to every key."""
    variables = function(template)["Environment"]["Variables"]
    condition, key, otherwise = variables["FRAUD_REVIEW_KEY"]["Fn::If"]

    assert condition == variables["FRAUD_TABLE"]["Fn::If"][0]
    assert key == {"Ref": "ReviewKey"}
    assert otherwise == {"Ref": "AWS::NoValue"}
    assert template["Resources"]["ReviewKey"]["Type"] == "AWS::ApiGateway::ApiKey"


def a_secrets_name_can_be_told_from_a_pointers(template: Template) -> None:
    """Policies of the bootstrap stack deny names with this ending."""
    parameters = template["source"]["Parameters"]
    pattern = parameters["SecretParameter"]["AllowedPattern"]

    assert re.fullmatch(pattern, parameters["SecretParameter"]["Default"])
    assert re.fullmatch(pattern, "/fraud/prod/secret")
    for wrong in ("/fraud/model", "/fraud/prod/secret-2", "/other/secret", "/fraud/a b/secret"):
        assert not re.fullmatch(pattern, wrong), wrong


def a_new_version_is_rolled_out_behind_the_alias(template: Template) -> None:
    (alias,) = resources(template, "AWS::Lambda::Alias")
    (group,) = resources(template, "AWS::CodeDeploy::DeploymentGroup")

    assert alias["Properties"]["Name"] == "live"
    assert group["Properties"]["AutoRollbackConfiguration"]["Enabled"]
    assert "ServerErrorsAlarm" in json.dumps(group["Properties"]["AlarmConfiguration"])


NO_PART_OF_A_VERSION = {"ImageUri", "ReservedConcurrency"}
"""SAM reacts to changes of the first itself; the second belongs to all versions."""


def a_new_value_of_a_parameter_gives_a_new_version(template: Template) -> None:
    (version,) = resources(template, "AWS::Lambda::Version")
    described = re.findall(r"\$\{(\w+)\}", version["Properties"]["Description"]["Fn::Sub"])
    written = json.dumps(template["source"]["Resources"]["FraudFunction"]["Properties"])
    conditions = {"HasModelBucket": "ModelBucket", "IsTraced": "Tracing", "HasMemory": "Memory"}
    used = set(re.findall(r'"Ref": "(\w+)"', written)) & set(template["source"]["Parameters"])

    used |= {name for condition, name in conditions.items() if f'"{condition}"' in written}
    used |= {"ReviewKeyNumber"} if '"Ref": "ReviewKey"' in written else set()
    assert used - NO_PART_OF_A_VERSION - {"Rollout"} == set(described)


def the_versions_before_stay_for_a_rollback(template: Template) -> None:
    (version,) = resources(template, "AWS::Lambda::Version")

    assert version["DeletionPolicy"] == "Retain"


def each_deploy_is_another_function(template: Template) -> None:
    """Otherwise Lambda publishes no new version of an image from a failed deploy."""
    variables = function(template)["Environment"]["Variables"]
    (version,) = resources(template, "AWS::Lambda::Version")

    assert variables["FRAUD_RELEASE"] == {"Ref": "Release"}
    assert "${Release}" in version["Properties"]["Description"]["Fn::Sub"]


def the_logs_of_callers_outlive_the_stack_and_its_failed_creation(template: Template) -> None:
    for name in ("FraudLogs", "AccessLogs"):
        group = template["Resources"][name]
        assert group["DeletionPolicy"] == group["UpdateReplacePolicy"] == "Retain"
        assert "LogGroupName" not in group["Properties"]  # what is kept must block nothing


STATEFUL = {
    *("AWS::DynamoDB::Table", "AWS::ECR::Repository", "AWS::KMS::Key", "AWS::RDS::DBInstance"),
    *("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SSM::Parameter"),
}


def nothing_that_must_outlive_the_stack_is_in_it(template: Template) -> None:
    assert not STATEFUL & {each["Type"] for each in template["Resources"].values()}


def outputs_tell_how_to_call_it_and_to_look_after_it(template: Template) -> None:
    assert set(template["Outputs"]) == {
        *("ApiUrl", "ApiKeyId", "ReviewKeyId", "FunctionName", "AliasArn"),
        *("HeartbeatFunctionName", "AlarmTopicArn", "DashboardName"),
    }


DEFECTS: Defects = {
    the_function_may_only_read_its_models_and_their_pointer: [
        ("[s3:GetObject, s3:GetObjectVersion]", "[s3:GetObject, s3:PutObject]"),
        ("Action: ssm:GetParameter\n", "Action: ssm:PutParameter\n"),
        ("${Bucket}/models/*", "${Bucket}/*"),
    ],
    with_memory_it_may_do_what_it_calls_on_its_table_and_nothing_else: [
        ("dynamodb:GetItem, dynamodb:PutItem]", "dynamodb:GetItem, dynamodb:DeleteItem]"),
        ("dynamodb:BatchGetItem, ", "dynamodb:BatchGetItem, dynamodb:Scan, "),
        ("table/${AWS::StackName}", "table/fraud-api-*"),
        ("- Sid: RememberPayments", "- Sid: RememberAll"),
        ("Action: dynamodb:Query", "Action: dynamodb:UpdateItem"),
    ],
    with_memory_it_may_query_the_index_of_reviews_alone: [
        ("table/${AWS::StackName}/index/reviews", "table/${AWS::StackName}/index/*"),
        ("table/${AWS::StackName}/index/reviews", "table/${AWS::StackName}"),
        ("Action: dynamodb:Query", "Action: [dynamodb:Query, dynamodb:Scan]"),
    ],
    with_memory_it_may_read_its_pointer_and_secret_in_one_call: [
        ("Action: ssm:GetParameters\n", "Action: ssm:GetParametersByPath\n"),
        ("parameter${SecretParameter}", "parameter/fraud/*"),
    ],
    no_policy_says_star: [
        ("[s3:GetObject, s3:GetObjectVersion]", "'s3:*'"),
        ("Resource: !GetAtt FraudLogs.Arn", 'Resource: "*"'),
    ],
    policy_templates_are_sams: [
        (
            "Role: !GetAtt FraudRole.Arn",
            "Policies: [{S3ReadPolcy: {BucketName: !Ref ModelBucket}}]",
        ),
    ],
    the_function_is_an_image_by_its_digest_that_sam_can_build: [
        ("      DockerTag: latest\n", ""),
        ("@sha256:[0-9a-f]{64}", "(:|@sha256:)[0-9a-z]+"),
        ("[0-9]{12}\\.dkr[.-]ecr", "([0-9]{12}\\.dkr[.-]|public\\.)ecr"),
        ("ImageUri: !Ref ImageUri", f"ImageUri: {OTHER_IMAGE}"),
    ],
    the_function_gives_up_before_the_gateway: [
        ("Timeout: !Ref TimeoutS", "Timeout: 1000"),
        ("MaxValue: 29", "MaxValue: 900"),
    ],
    the_function_knows_its_model: [
        ("FRAUD_MODEL_BUCKET", "MODEL_BUCKET"),
        ("AWS_ENDPOINT_URL: !Ref AWS::NoValue", "AWS_ENDPOINT_URL: http://localhost:5000"),
    ],
    the_function_knows_a_table_only_with_memory: [
        ("[HasMemory, !Ref AWS::StackName,", "[IsTraced, !Ref AWS::StackName,"),
        ('[!Ref Memory, "on"]', '[!Ref Memory, "off"]'),
        ("FRAUD_SECRET_PARAMETER: !Ref SecretParameter", "FRAUD_SECRET_PARAMETER: /fraud/secret"),
    ],
    a_function_with_a_table_always_knows_the_review_key: [
        ("FRAUD_REVIEW_KEY: !If [HasMemory,", "FRAUD_REVIEW_KEY: !If [IsTraced,"),
        ("!Ref ReviewKey, !Ref AWS::NoValue]", "!Ref FraudApiApiKey, !Ref AWS::NoValue]"),
    ],
    a_secrets_name_can_be_told_from_a_pointers: [
        ("_.-]+)*/secret$", "_.-]+)+$"),
        ("Default: /fraud/secret", "Default: /fraud/key"),
    ],
    a_new_version_is_rolled_out_behind_the_alias: [
        ("AutoPublishAlias: live", "AutoPublishAlias: other"),
        ("Enabled: !FindInMap [Rollouts, !Ref Rollout, IsGradual]", "Enabled: false"),
        ("[!Ref NewVersionErrorsAlarm, !Ref ServerErrorsAlarm]", "[!Ref NewVersionErrorsAlarm]"),
    ],
    a_new_value_of_a_parameter_gives_a_new_version: [
        ('!Sub "${Release}: ${MemoryMb} MB, ', '!Sub "'),
        ("VersionDescription: !Sub", "Description: !Sub"),
        ("memory ${Memory} (${SecretParameter}), ", ""),
        ("review key ${ReviewKeyNumber}, ", ""),
        ("FRAUD_MODEL_PARAMETER: !Ref ModelParameter", "FRAUD_MODEL_PARAMETER: !Ref AlarmEmail"),
    ],
    the_versions_before_stay_for_a_rollback: [
        (
            "AutoPublishAlias: live\n",
            "AutoPublishAlias: live\n      VersionDeletionPolicy: Delete\n",
        ),
    ],
    each_deploy_is_another_function: [
        ("FRAUD_RELEASE: !Ref Release", "FRAUD_RELEASE: !Ref ModelParameter"),
        ('!Sub "${Release}: ', '!Sub "'),
    ],
    the_logs_of_callers_outlive_the_stack_and_its_failed_creation: [
        ("DeletionPolicy: Retain", "DeletionPolicy: RetainExceptOnCreate"),
        ("UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"),
        (
            "      RetentionInDays: !Ref LogRetentionDays\n",
            "      RetentionInDays: !Ref LogRetentionDays\n      LogGroupName: fraud-api\n",
        ),
    ],
    nothing_that_must_outlive_the_stack_is_in_it: [
        ("  FraudRole:", "  Models:\n    Type: AWS::S3::Bucket\n\n  FraudRole:"),
    ],
    outputs_tell_how_to_call_it_and_to_look_after_it: [
        ("  FunctionName:\n    Desc", "  Function:\n    Desc"),
    ],
}


transformed, test_the_template_holds_that, test_a_planted_defect_is_found = checked(
    TEMPLATE, DEFECTS, ImageUri=IMAGE
)


@NEEDS_SAM
@pytest.mark.parametrize("template", TEMPLATES)
def test_parameters_are_read_without_sam_as_sam_reads_them(template: str) -> None:
    text = (ROOT / template).read_text()

    assert declared_by(text) == transform.transformed(text, {})["source"]["Parameters"]


@pytest.mark.parametrize("text", ["- a list", "{}", "a: [", ""])
def test_a_text_that_declares_no_parameters_is_refused(text: str) -> None:
    with pytest.raises(CommandError, match="the template's parameters cannot be read"):
        declared_by(text)


@NEEDS_SAM
def test_a_template_that_sam_refuses_is_named_with_sams_reason() -> None:
    text = "Parameters: {}\nResources: {Odd: {Type: AWS::Serverless::Function, Properties: {}}}"

    with pytest.raises(CommandError, match=r"SAM refuses the template: .*Odd"):
        transform.transformed(text, {})


def versions_by_image(text: str) -> list[list[str]]:
    """The names of the function's versions after two deployments of it."""
    deployed = all_transformed([(text, {"ImageUri": image}) for image in (IMAGE, OTHER_IMAGE)])
    return [
        [name for name, each in one["Resources"].items() if each["Type"] == "AWS::Lambda::Version"]
        for one in deployed
    ]


@NEEDS_SAM
def test_a_new_digest_gives_a_new_version() -> None:
    first, second = versions_by_image(TEMPLATE)

    assert len(first) == len(second) == 1
    assert first != second


@NEEDS_SAM
def test_a_digest_that_reaches_no_function_gives_no_new_version() -> None:
    fixed = TEMPLATE.replace("ImageUri: !Ref ImageUri", f"ImageUri: {IMAGE}")

    first, second = versions_by_image(fixed)
    assert first == second
