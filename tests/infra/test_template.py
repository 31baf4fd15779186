"""Facts about the stack that linters miss; each check must also find a defect planted in a copy."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from fraud_api_lambda.problems import MEDIA_TYPE, NOT_FOUND

ROOT = Path(__file__).parents[2]
TEMPLATE = (ROOT / "template.yaml").read_text()
SAM = ROOT / ".venv-sam" / "bin"
ROUTES = {"POST /predict", "POST /predict/batch", "GET /health", "GET /model"}

needs_sam = pytest.mark.skipif(
    not (SAM / "sam").exists(), reason="no .venv-sam: `.ci/setup sam` makes it"
)

TRANSFORM = """
import json, sys
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

def transform(text):
    source, template = yaml_parse(text), yaml_parse(text)
    # Stands for the image that `sam build` would have named.
    template["Resources"]["FraudFunction"]["Properties"].setdefault("ImageUri", "repository:tag")
    parameters = {"ModelBucket": "some-bucket"}
    return {"source": source, **Translator({}, Parser()).translate(template, parameters)}

json.dump([transform(text) for text in json.load(sys.stdin)], sys.stdout)
"""


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


def there_is_one_stage_and_it_is_throttled(template):
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    (deployment,) = resources(template, "AWS::ApiGateway::Deployment")
    (settings,) = stage["Properties"]["MethodSettings"]

    assert stage["Properties"]["StageName"] == "live"
    assert "StageName" not in deployment["Properties"]
    assert settings["ThrottlingRateLimit"]


def an_unknown_route_is_answered_as_the_app_would(template):
    responses = api(template)["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]
    unknown = responses["MISSING_AUTHENTICATION_TOKEN"]
    headers = unknown["responseParameters"]
    problem = json.loads(unknown["responseTemplates"]["application/json"])

    assert unknown["statusCode"] == str(NOT_FOUND.status)
    assert headers == {"gatewayresponse.header.Content-Type": f"'{MEDIA_TYPE}'"}
    assert problem == {
        "type": NOT_FOUND.type,
        "title": NOT_FOUND.title,
        "status": NOT_FOUND.status,
        "detail": NOT_FOUND.detail,
        "request_id": "$context.requestId",
    }


def the_api_is_regional(template):
    assert api(template)["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def policies_name_their_actions_and_resources(template):
    statements = [
        statement
        for role in resources(template, "AWS::IAM::Role")
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    actions = {action for each in statements for action in as_list(each["Action"])}
    targets = [target for each in statements for target in as_list(each["Resource"])]

    assert actions == {"s3:GetObject", "s3:GetObjectVersion", "ssm:GetParameter"}
    assert [target["Fn::Sub"] for target in targets] == [
        "arn:${AWS::Partition}:s3:::${ModelBucket}/models/*",
        "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${ModelParameter}",
    ]


def only_the_basic_managed_policy_is_attached(template):
    (role,) = resources(template, "AWS::IAM::Role")
    attached = json.dumps(role["Properties"]["ManagedPolicyArns"])

    assert attached.count("arn:") == 1
    assert "AWSLambdaBasicExecutionRole" in attached


def the_function_is_an_image_that_sam_can_build(template):
    function = template["source"]["Resources"]["FraudFunction"]

    assert function["Properties"]["PackageType"] == "Image"
    assert "ImageUri" not in function["Properties"]
    assert set(function["Metadata"]) == {"Dockerfile", "DockerContext", "DockerTag"}


def the_function_gives_up_before_the_gateway(template):
    timeout = template["source"]["Parameters"]["TimeoutS"]

    assert function(template)["Timeout"] == {"Ref": "TimeoutS"}
    assert 6 <= timeout["MinValue"] <= timeout["Default"] <= timeout["MaxValue"] <= 29


def the_function_knows_its_model(template):
    variables = function(template)["Environment"]["Variables"]

    assert variables.pop("AWS_ENDPOINT_URL") == {"Ref": "AWS::NoValue"}
    assert variables == {
        "FRAUD_MODEL_BUCKET": {"Ref": "ModelBucket"},
        "FRAUD_MODEL_PARAMETER": {"Ref": "ModelParameter"},
    }


def logs_are_kept_for_a_while_and_no_longer(template):
    assert function(template)["LoggingConfig"]["LogGroup"] == {"Ref": "FraudLogs"}
    assert template["Resources"]["FraudLogs"]["Properties"]["RetentionInDays"]


def outputs_tell_how_to_call_it(template):
    assert set(template["Outputs"]) == {"ApiUrl", "ApiKeyId", "FunctionName"}


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
        ("ThrottlingRateLimit", "ThrottlingRateLimi"),
    ],
    an_unknown_route_is_answered_as_the_app_would: [
        ("StatusCode: 404", "StatusCode: 403"),
        ("fraud-api:not-found", "fraud-api:nowhere"),
    ],
    the_api_is_regional: [
        ("Type: REGIONAL", "Type: EDGE"),
    ],
    policies_name_their_actions_and_resources: [
        ("[s3:GetObject, s3:GetObjectVersion]", "'s3:*'"),
        ("ssm:GetParameter", "ssm:GetParameters"),
        ("${ModelBucket}/models/*", "${ModelBucket}/*"),
        ("parameter${ModelParameter}", "parameter/*"),
    ],
    only_the_basic_managed_policy_is_attached: [
        ("Policies:\n", "Policies:\n        - AmazonS3FullAccess\n"),
    ],
    the_function_is_an_image_that_sam_can_build: [
        ("      DockerTag: latest\n", ""),
        ("PackageType: Image", "PackageType: Image\n      ImageUri: repository:tag"),
    ],
    the_function_gives_up_before_the_gateway: [
        ("Timeout: !Ref TimeoutS", "Timeout: 1000"),
        ("MaxValue: 29", "MaxValue: 900"),
    ],
    the_function_knows_its_model: [
        ("FRAUD_MODEL_BUCKET", "MODEL_BUCKET"),
        ("!Ref AWS::NoValue", "http://localhost:5000"),
    ],
    logs_are_kept_for_a_while_and_no_longer: [
        ("RetentionInDays: !Ref LogRetentionDays", "LogGroupClass: STANDARD"),
        ("LogGroup: !Ref FraudLogs", "LogFormat: JSON"),
    ],
    outputs_tell_how_to_call_it: [
        ("  FunctionName:\n", "  Function:\n"),
    ],
}
PLANTED = [(check, old, new) for check, defects in DEFECTS.items() for old, new in defects]


def resources(template, kind):
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def api(template):
    (only,) = resources(template, "AWS::ApiGateway::RestApi")
    return only


def function(template):
    (only,) = resources(template, "AWS::Lambda::Function")
    return only["Properties"]


def as_list(value):
    return value if isinstance(value, list) else [value]


def run_sam(*command, **options):
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}
    return subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


@pytest.fixture(scope="module")
def transformed():
    """The template and its defective copies as CloudFormation sees them, by their text."""
    texts = [TEMPLATE, *(TEMPLATE.replace(old, new) for _, old, new in PLANTED)]
    done = run_sam(str(SAM / "python"), "-c", TRANSFORM, input=json.dumps(texts))
    assert done.returncode == 0, done.stderr
    return dict(zip(texts, json.loads(done.stdout), strict=True))


@needs_sam
def test_sam_finds_nothing_to_object_to():
    done = run_sam(str(SAM / "sam"), "validate", "--lint")

    assert done.returncode == 0, done.stdout + done.stderr


@needs_sam
@pytest.mark.parametrize("check", DEFECTS, ids=lambda check: check.__name__)
def test_the_template_holds_that(transformed, check):
    check(transformed[TEMPLATE])


@needs_sam
@pytest.mark.parametrize(("check", "old", "new"), PLANTED)
def test_a_planted_defect_is_found(transformed, check, old, new):
    assert old in TEMPLATE

    with pytest.raises((AssertionError, KeyError, ValueError)):
        check(transformed[TEMPLATE.replace(old, new)])


def test_the_gateway_has_the_routes_of_the_app():
    from fraud_api_lambda.api import create_app

    class NoProvider:
        def peek(self):
            return None

        get = peek

    paths = create_app(NoProvider()).openapi()["paths"]

    assert {f"{method.upper()} {path}" for path in paths for method in paths[path]} == ROUTES
