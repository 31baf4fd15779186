"""Facts about the stack that linters miss; each check must also find a defect planted in a copy."""

import json
import re

import pytest
from infra import NEEDS_SAM, ROOT, as_list, bare, resources, statements, transformed_by_sam

from fraud_api_lambda import problems
from fraud_api_lambda.problems import KINDS, MEDIA_TYPE, OF_THE_GATEWAY

TEMPLATE = (ROOT / "template.yaml").read_text()
DOCUMENT = json.loads((ROOT / "tests/api/openapi.json").read_bytes())
ROUTES = {f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item}

GATEWAYS = {
    "MISSING_AUTHENTICATION_TOKEN": problems.NOT_FOUND,  # its name for an unknown route
    "RESOURCE_NOT_FOUND": problems.NOT_FOUND,
    "INVALID_API_KEY": problems.NO_KEY,
    "ACCESS_DENIED": problems.NOT_ALLOWED,
    "INVALID_SIGNATURE": problems.NOT_ALLOWED,
    "EXPIRED_TOKEN": problems.NOT_ALLOWED,
    "UNAUTHORIZED": problems.NOT_ALLOWED,
    "WAF_FILTERED": problems.NOT_ALLOWED,
    "REQUEST_TOO_LARGE": problems.TOO_LARGE,
    "UNSUPPORTED_MEDIA_TYPE": problems.UNSUPPORTED_MEDIA_TYPE,
    "THROTTLED": problems.TOO_MANY_REQUESTS,
    "QUOTA_EXCEEDED": problems.TOO_MANY_REQUESTS,
    "DEFAULT_4XX": problems.BAD_REQUEST,
    "DEFAULT_5XX": problems.INTERNAL,
}
"""What the gateway answers by itself, and as which of our problems."""

REPOSITORY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/fraud-api"
IMAGE = f"{REPOSITORY}@sha256:{'0' * 64}"
OTHER_IMAGE = f"{REPOSITORY}@sha256:{'1' * 64}"


def routes_are_ours(template):
    paths = api(template)["Properties"]["Body"]["paths"]
    found = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}

    assert found == ROUTES


def every_route_but_health_needs_the_key(template):
    paths = api(template)["Properties"]["Body"]["paths"]
    keyless = {
        path
        for path, methods in paths.items()
        for operation in methods.values()
        if {"api_key": []} not in operation.get("security", [])
    }

    assert keyless == {"/health"}


def the_key_has_a_usage_plan(template):
    (plan,) = resources(template, "AWS::ApiGateway::UsagePlan")

    assert plan["Properties"]["Throttle"]
    assert resources(template, "AWS::ApiGateway::UsagePlanKey")


def the_api_is_regional(template):
    assert api(template)["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def there_is_one_stage_and_it_is_throttled(template):
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    (deployment,) = resources(template, "AWS::ApiGateway::Deployment")
    settings = {each["ResourcePath"]: each for each in stage["Properties"]["MethodSettings"]}

    assert stage["Properties"]["StageName"] == "live"
    assert "StageName" not in deployment["Properties"]
    assert settings["/*"]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["/~1health"]["ThrottlingRateLimit"] <= 5


def nothing_of_a_payment_is_logged_by_the_gateway(template):
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    written = stage["Properties"]["AccessLogSetting"]["Format"]

    assert "$context.requestId" in written
    assert not re.search(
        r"\bapiKey\b|requestOverride|input\.|authorizer|\$context\.path\b", written
    )
    for each in stage["Properties"]["MethodSettings"]:
        assert each["DataTraceEnabled"] is False
        assert each["LoggingLevel"] == "OFF"


def the_gateway_answers_in_the_words_of_the_app(template):
    found = api(template)["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    assert found.keys() == GATEWAYS.keys()
    for name, kind in GATEWAYS.items():
        said = json.loads(found[name]["responseTemplates"]["application/json"])
        assert found[name]["statusCode"] == str(kind.status)
        assert said == problems.problem(kind, "$context.requestId")


def the_gateways_answers_have_the_apps_headers(template):
    found = api(template)["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    for name, answer in found.items():
        headers = answer["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == f"'{MEDIA_TYPE}'"
        assert headers["gatewayresponse.header.X-Request-Id"] == "context.requestId"
        assert ("gatewayresponse.header.Retry-After" in headers) == (name in WAITING), name


WAITING = ("THROTTLED", "QUOTA_EXCEEDED")


def the_function_may_only_read_its_models_and_their_pointer(template):
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


BARE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
"""Actions that AWS lets no policy narrow."""


def no_policy_says_star(template):
    found = [each for role in resources(template, "AWS::IAM::Role") for each in statements(role)]
    actions = {action for each in found for action in as_list(bare(each)["Action"])}
    wide = [bare(each) for each in found if "*" in as_list(bare(each).get("Resource", ""))]

    assert not [action for action in actions if "*" in action]
    assert {action for each in wide for action in as_list(each["Action"])} <= BARE


def policy_templates_are_sams(template):
    for each in template["source"]["Resources"].values():
        for policy in as_list(each["Properties"].get("Policies", [])):
            known = {"PolicyName", "PolicyDocument", "Statement", "Version"}
            assert policy.keys() <= known, policy


def the_function_is_an_image_by_its_digest_that_sam_can_build(template):
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


def the_function_gives_up_before_the_gateway(template):
    timeout = template["source"]["Parameters"]["TimeoutS"]

    assert function(template)["Timeout"] == {"Ref": "TimeoutS"}
    assert 6 <= timeout["MinValue"] <= timeout["Default"] <= timeout["MaxValue"] <= 29


def the_function_knows_its_model(template):
    variables = function(template)["Environment"]["Variables"]

    assert variables["AWS_ENDPOINT_URL"] == {"Ref": "AWS::NoValue"}
    assert variables.keys() - {"AWS_ENDPOINT_URL"} == {
        "FRAUD_MODEL_BUCKET",
        "FRAUD_MODEL_PARAMETER",
    }
    assert variables["FRAUD_MODEL_PARAMETER"] == {"Ref": "ModelParameter"}


def a_new_version_is_rolled_out_behind_the_alias(template):
    (alias,) = resources(template, "AWS::Lambda::Alias")
    (group,) = resources(template, "AWS::CodeDeploy::DeploymentGroup")

    assert alias["Properties"]["Name"] == "live"
    assert group["Properties"]["AutoRollbackConfiguration"]["Enabled"]
    assert "ServerErrorsAlarm" in json.dumps(group["Properties"]["AlarmConfiguration"])


NO_PART_OF_A_VERSION = {"ImageUri", "ReservedConcurrency"}
"""SAM sees that the first changes; the second is of all versions together."""


def a_new_value_of_a_parameter_gives_a_new_version(template):
    (version,) = resources(template, "AWS::Lambda::Version")
    described = re.findall(r"\$\{(\w+)\}", version["Properties"]["Description"]["Fn::Sub"])
    written = json.dumps(template["source"]["Resources"]["FraudFunction"]["Properties"])
    conditions = {"HasModelBucket": "ModelBucket", "IsTraced": "Tracing"}
    used = set(re.findall(r'"Ref": "(\w+)"', written)) & set(template["source"]["Parameters"])

    used |= {name for condition, name in conditions.items() if f'"{condition}"' in written}
    assert used - NO_PART_OF_A_VERSION - {"Rollout"} == set(described)


def every_function_writes_to_a_log_that_ends(template):
    groups = {
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::Logs::LogGroup" and each["Properties"].get("RetentionInDays")
    }
    assert len(groups) == len(resources(template, "AWS::Logs::LogGroup"))
    for each in resources(template, "AWS::Lambda::Function"):
        assert each["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups


def every_alarm_tells_somebody(template):
    alarms = resources(template, "AWS::CloudWatch::Alarm")

    assert 7 <= len(alarms) <= 10
    assert len(resources(template, "AWS::Logs::MetricFilter")) <= 10
    for each in alarms:
        assert each["Properties"]["AlarmActions"] == [{"Ref": "AlarmTopic"}]
        assert each["Condition"] == "IsMonitored"


def a_heartbeat_that_stops_is_an_alarm(template):
    alarm = template["Resources"]["HeartbeatAlarm"]["Properties"]
    heartbeat = template["source"]["Resources"]["HeartbeatFunction"]["Properties"]

    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "HeartbeatFunction"}}]
    assert heartbeat["CodeUri"] == "bootstrap/heartbeat"
    assert "PackageType" not in heartbeat
    assert heartbeat["Events"]["Schedule"]["Type"] == "Schedule"


def outputs_tell_how_to_call_it_and_to_look_after_it(template):
    assert set(template["Outputs"]) == {
        *("ApiUrl", "ApiKeyId", "FunctionName", "AliasArn"),
        *("HeartbeatFunctionName", "AlarmTopicArn", "DashboardName"),
    }


KEYLESS = "\n            Auth:\n              ApiKeyRequired: false"

DEFECTS = {
    routes_are_ours: [
        ("Path: /predict/batch", "Path: /{proxy+}"),
        ("Method: POST\n            Path: /predict\n", "Method: ANY\n            Path: /predict\n"),
    ],
    every_route_but_health_needs_the_key: [
        ("Path: /model", f"Path: /model{KEYLESS}"),
        (KEYLESS, ""),
    ],
    the_key_has_a_usage_plan: [
        ("CreateUsagePlan: PER_API", "CreateUsagePlan: NONE"),
    ],
    there_is_one_stage_and_it_is_throttled: [
        ("      OpenApiVersion: 3.0.1", "      #"),
        ("ThrottlingRateLimit: !Ref", "ThrottlingRateLimi: !Ref"),
        ("ThrottlingRateLimit: 2", "ThrottlingRateLimit: 2000"),
    ],
    nothing_of_a_payment_is_logged_by_the_gateway: [
        ("DataTraceEnabled: false", "DataTraceEnabled: true"),
        ('LoggingLevel: "OFF"', "LoggingLevel: INFO"),
        ("$context.identity.apiKeyId", "$context.identity.apiKey"),
        ("$context.resourcePath", "$context.path"),
    ],
    the_gateway_answers_in_the_words_of_the_app: [
        ("StatusCode: 404", "StatusCode: 403"),
        ("fraud-api:not-found", "fraud-api:nowhere"),
        ("Wait a moment", "Wait an hour"),
        ('"request_id": "$context.requestId"', '"request_id": "none"'),
        ("        DEFAULT_5XX:", "        INTEGRATION_FAILURE:"),
    ],
    the_gateways_answers_have_the_apps_headers: [
        ("'application/problem+json'", "'application/json'"),
        ("              X-Request-Id: context.requestId\n", ""),
        ("              Retry-After: \"'1'\"\n", ""),
    ],
    the_api_is_regional: [
        ("Type: REGIONAL", "Type: EDGE"),
    ],
    the_function_may_only_read_its_models_and_their_pointer: [
        ("[s3:GetObject, s3:GetObjectVersion]", "[s3:GetObject, s3:PutObject]"),
        ("Action: ssm:GetParameter\n", "Action: ssm:PutParameter\n"),
        ("${Bucket}/models/*", "${Bucket}/*"),
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
    a_new_version_is_rolled_out_behind_the_alias: [
        ("AutoPublishAlias: live", "AutoPublishAlias: other"),
        ("Enabled: !FindInMap [Rollouts, !Ref Rollout, IsGradual]", "Enabled: false"),
        ("[!Ref NewVersionErrorsAlarm, !Ref ServerErrorsAlarm]", "[!Ref NewVersionErrorsAlarm]"),
    ],
    a_new_value_of_a_parameter_gives_a_new_version: [
        ('!Sub "${MemoryMb} MB, ', '!Sub "'),
        ("VersionDescription: !Sub", "Description: !Sub"),
        ("FRAUD_MODEL_PARAMETER: !Ref ModelParameter", "FRAUD_MODEL_PARAMETER: !Ref AlarmEmail"),
    ],
    every_function_writes_to_a_log_that_ends: [
        ("RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD"),
        ("LogGroup: !Ref FraudLogs", "LogFormat: JSON"),
    ],
    every_alarm_tells_somebody: [
        ("AlarmActions: [!Ref AlarmTopic]", "ActionsEnabled: true"),
        (
            "Condition: IsMonitored\n    Properties:\n      AlarmDescription",
            "Properties:\n      AlarmDescription",
        ),
    ],
    a_heartbeat_that_stops_is_an_alarm: [
        ("TreatMissingData: breaching", "TreatMissingData: notBreaching"),
        ("CodeUri: bootstrap/heartbeat", "CodeUri: fraud_api_lambda"),
    ],
    outputs_tell_how_to_call_it_and_to_look_after_it: [
        ("  FunctionName:\n    Desc", "  Function:\n    Desc"),
    ],
}
PLANTED = [(check, old, new) for check, defects in DEFECTS.items() for old, new in defects]


def api(template):
    (only,) = resources(template, "AWS::ApiGateway::RestApi")
    return only


def function(template):
    return template["Resources"]["FraudFunction"]["Properties"]


@pytest.fixture(scope="module")
def transformed():
    """The template and its defective copies as CloudFormation sees them, by their text."""
    texts = [TEMPLATE, *(TEMPLATE.replace(old, new) for _, old, new in PLANTED)]
    return dict(zip(texts, transformed_by_sam(texts, ImageUri=IMAGE), strict=True))


@NEEDS_SAM
@pytest.mark.parametrize("check", DEFECTS, ids=lambda check: check.__name__)
def test_the_template_holds_that(transformed, check):
    check(transformed[TEMPLATE])


@NEEDS_SAM
@pytest.mark.parametrize(("check", "old", "new"), PLANTED)
def test_a_planted_defect_is_found(transformed, check, old, new):
    assert old in TEMPLATE

    with pytest.raises((AssertionError, KeyError, ValueError, AttributeError)):
        check(transformed[TEMPLATE.replace(old, new)])


@NEEDS_SAM
def test_a_new_digest_gives_a_new_version():
    names = [
        [
            name
            for name, each in stack["Resources"].items()
            if each["Type"] == "AWS::Lambda::Version"
        ]
        for image in (IMAGE, OTHER_IMAGE, IMAGE)
        for stack in transformed_by_sam([TEMPLATE], ImageUri=image)
    ]

    assert names[0] == names[2] != names[1]
    assert len(names[0]) == 1


def test_every_problem_of_the_gateway_is_one_that_the_readme_lists():
    assert {kind.name for kind in GATEWAYS.values()} <= {
        kind.name for kind in (*KINDS, *OF_THE_GATEWAY)
    }
    assert set(OF_THE_GATEWAY) <= set(GATEWAYS.values())
