"""The gateway's routes, own answers and log; each check also finds a planted defect."""

import json
import re

from bootstrap import transform
from fraud_api_lambda.web import problem_kinds, problems
from fraud_api_lambda.web.problem_kinds import GATEWAY_KINDS, KINDS
from fraud_api_lambda.web.problems import MEDIA_TYPE
from tests.infra.infra import (
    IMAGE,
    NEEDS_SAM,
    ROOT,
    TEMPLATE,
    Defects,
    Resource,
    Template,
    checked,
    resources,
)

DOCUMENT = json.loads((ROOT / "tests/api/openapi.json").read_bytes())
ROUTES = {f"{method.upper()} {path}" for path, item in DOCUMENT["paths"].items() for method in item}
OF_MEMORY = {
    "GET /predictions/{prediction_id}",
    "POST /outcomes",
    "GET /reviews",
    "GET /reviews/{prediction_id}",
    "POST /reviews/{prediction_id}",
}
"""Routes that answer 404 without a table; the gateway has them all the same."""


GATEWAYS = {
    "MISSING_AUTHENTICATION_TOKEN": problem_kinds.NOT_FOUND,  # its name for an unknown route
    "RESOURCE_NOT_FOUND": problem_kinds.NOT_FOUND,
    "INVALID_API_KEY": problem_kinds.NO_KEY,
    "ACCESS_DENIED": problem_kinds.NOT_ALLOWED,
    "INVALID_SIGNATURE": problem_kinds.NOT_ALLOWED,
    "EXPIRED_TOKEN": problem_kinds.NOT_ALLOWED,
    "UNAUTHORIZED": problem_kinds.NOT_ALLOWED,
    "WAF_FILTERED": problem_kinds.NOT_ALLOWED,
    "REQUEST_TOO_LARGE": problem_kinds.TOO_LARGE,
    "UNSUPPORTED_MEDIA_TYPE": problem_kinds.UNSUPPORTED_MEDIA_TYPE,
    "THROTTLED": problem_kinds.TOO_MANY_REQUESTS,
    "QUOTA_EXCEEDED": problem_kinds.TOO_MANY_REQUESTS,
    "BAD_REQUEST_BODY": problem_kinds.BAD_REQUEST,
    "BAD_REQUEST_PARAMETERS": problem_kinds.BAD_REQUEST,
    "DEFAULT_4XX": problem_kinds.BAD_REQUEST,
    "DEFAULT_5XX": problem_kinds.INTERNAL,
}
"""The gateway's own answers, and the problem type of each."""


OF_ANY_STATUS = {"DEFAULT_4XX"}
"""A status here would replace that of each type that has no answer of its own."""


WAITING = ("THROTTLED", "QUOTA_EXCEEDED")


def api(template: Template) -> Resource:
    (only,) = resources(template, "AWS::ApiGateway::RestApi")
    return only


def routes_are_ours(template: Template) -> None:
    paths = api(template)["Properties"]["Body"]["paths"]
    found = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}

    assert found == ROUTES | OF_MEMORY


def every_route_but_health_needs_the_key(template: Template) -> None:
    paths = api(template)["Properties"]["Body"]["paths"]
    keyless = {
        path
        for path, methods in paths.items()
        for operation in methods.values()
        if {"api_key": []} not in operation.get("security", [])
    }

    assert keyless == {"/health"}


def plans_of_keys(template: Template) -> dict[str, Resource]:
    """The usage plan of each key, by the key's name in the template."""
    members = [each["Properties"] for each in resources(template, "AWS::ApiGateway::UsagePlanKey")]
    return {
        each["KeyId"]["Ref"]: template["Resources"][each["UsagePlanId"]["Ref"]] for each in members
    }


def each_key_has_a_usage_plan_of_its_own(template: Template) -> None:
    plans = plans_of_keys(template)

    assert plans.keys() == {"FraudApiApiKey", "ReviewKey"}
    assert plans["FraudApiApiKey"] != plans["ReviewKey"]
    for plan in plans.values():
        assert plan["Properties"]["Throttle"]["RateLimit"] > 0
        assert plan["Properties"]["Throttle"]["BurstLimit"] > 0


def each_key_opens_the_one_stage(template: Template) -> None:
    """The review key too calls /predict and /model; the function tells the two apart."""
    for plan in plans_of_keys(template).values():
        assert plan["Properties"]["ApiStages"] == [
            {"ApiId": {"Ref": "FraudApi"}, "Stage": {"Ref": "FraudApiliveStage"}}
        ]


def only_a_stack_with_memory_has_a_review_key(template: Template) -> None:
    for name in ("ReviewKey", "ReviewPlan", "ReviewPlanKey"):
        assert template["Resources"][name]["Condition"] == "HasMemory"
    assert template["Outputs"]["ReviewKeyId"]["Condition"] == "HasMemory"
    assert template["Outputs"]["ReviewKeyId"]["Value"] == {"Ref": "ReviewKey"}


def the_review_key_waits_for_nothing(template: Template) -> None:
    """The function names the key, the gateway the function, and the stage the gateway."""
    key = template["Resources"]["ReviewKey"]

    assert "StageKeys" not in key["Properties"]
    assert "DependsOn" not in key


def the_review_key_can_be_replaced(template: Template) -> None:
    """CloudFormation makes a new key where the name differs."""
    name = template["Resources"]["ReviewKey"]["Properties"]["Name"]["Fn::Sub"]

    assert "${ReviewKeyNumber}" in name


def the_api_is_regional(template: Template) -> None:
    assert api(template)["Properties"]["EndpointConfiguration"] == {"Types": ["REGIONAL"]}


def old_tls_is_refused(template: Template) -> None:
    """API Gateway requires an access mode with each newer security policy."""
    properties = api(template)["Properties"]

    assert properties["SecurityPolicy"].startswith("SecurityPolicy_TLS13_1_")
    assert properties["EndpointAccessMode"] in ("BASIC", "STRICT")


def there_is_one_stage_and_it_is_throttled(template: Template) -> None:
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    (deployment,) = resources(template, "AWS::ApiGateway::Deployment")
    settings = {each["ResourcePath"]: each for each in stage["Properties"]["MethodSettings"]}

    assert stage["Properties"]["StageName"] == "live"
    assert "StageName" not in deployment["Properties"]
    assert settings["/*"]["ThrottlingRateLimit"] == {"Ref": "RequestsPerSecond"}
    assert settings["/~1health"]["ThrottlingRateLimit"] <= 5


def nothing_of_a_payment_is_logged_by_the_gateway(template: Template) -> None:
    (stage,) = resources(template, "AWS::ApiGateway::Stage")
    written = stage["Properties"]["AccessLogSetting"]["Format"]

    assert "$context.requestId" in written
    assert not re.search(
        r"\bapiKey\b|requestOverride|input\.|authorizer|\$context\.path\b", written
    )
    for each in stage["Properties"]["MethodSettings"]:
        assert each["DataTraceEnabled"] is False
        assert each["LoggingLevel"] == "OFF"


def the_gateway_answers_in_the_words_of_the_app(template: Template) -> None:
    found = api(template)["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    assert found.keys() == GATEWAYS.keys()
    for name, kind in GATEWAYS.items():
        said = json.loads(found[name]["responseTemplates"]["application/json"])
        expected = dict(problems.problem(kind, "$context.requestId"))
        if name in OF_ANY_STATUS:
            del expected["status"]
        assert found[name].get("statusCode") == (str(kind.status) if "status" in expected else None)
        assert said == expected


def the_gateways_answers_have_the_apps_headers(template: Template) -> None:
    found = api(template)["Properties"]["Body"]["x-amazon-apigateway-gateway-responses"]

    for name, answer in found.items():
        headers = answer["responseParameters"]
        assert headers["gatewayresponse.header.Content-Type"] == f"'{MEDIA_TYPE}'"
        assert headers["gatewayresponse.header.X-Request-Id"] == "context.requestId"
        assert ("gatewayresponse.header.Retry-After" in headers) == (name in WAITING), name


KEYLESS = "\n            Auth:\n              ApiKeyRequired: false"


DEFECTS: Defects = {
    routes_are_ours: [
        ("Path: /predict/batch", "Path: /{proxy+}"),
        ("Path: /predictions/{prediction_id}", "Path: /predictions/{proxy+}"),
        ("Method: POST\n            Path: /predict\n", "Method: ANY\n            Path: /predict\n"),
    ],
    every_route_but_health_needs_the_key: [
        ("Path: /model", f"Path: /model{KEYLESS}"),
        ("Path: /predictions/{prediction_id}", f"Path: /predictions/{{prediction_id}}{KEYLESS}"),
        (KEYLESS, ""),
    ],
    each_key_has_a_usage_plan_of_its_own: [
        ("CreateUsagePlan: PER_API", "CreateUsagePlan: NONE"),
        ("UsagePlanId: !Ref ReviewPlan", "UsagePlanId: !Ref FraudApiUsagePlan"),
        ("KeyId: !Ref ReviewKey", "KeyId: !Ref FraudApiApiKey"),
        ("RateLimit: 10", "RateLimi: 10"),
    ],
    each_key_opens_the_one_stage: [
        ("Stage: !Ref FraudApi.Stage }", "Stage: test }"),
    ],
    only_a_stack_with_memory_has_a_review_key: [
        (
            "Type: AWS::ApiGateway::ApiKey\n    Condition: HasMemory",
            "Type: AWS::ApiGateway::ApiKey\n    Condition: IsTraced",
        ),
        ("    Condition: HasMemory\n    Value: !Ref ReviewKey", "    Value: !Ref ReviewKey"),
    ],
    the_review_key_waits_for_nothing: [
        (
            "Enabled: true\n\n  ReviewPlan:",
            "StageKeys: [{RestApiId: api, StageName: live}]\n\n  ReviewPlan:",
        ),
    ],
    the_review_key_can_be_replaced: [
        ("-reviews-${ReviewKeyNumber}", "-reviews"),
    ],
    the_api_is_regional: [
        ("Type: REGIONAL", "Type: EDGE"),
    ],
    old_tls_is_refused: [
        ("SecurityPolicy: SecurityPolicy_TLS13_1_2_2021_06", "SecurityPolicy: TLS_1_0"),
        ("      EndpointAccessMode: BASIC", "      #"),
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
        (
            "status, so the body names none\n",
            "status, so the body names none\n          StatusCode: 400\n",
        ),
    ],
    the_gateways_answers_have_the_apps_headers: [
        ("'application/problem+json'", "'application/json'"),
        ("              X-Request-Id: context.requestId\n", ""),
        ("              Retry-After: \"'1'\"\n", ""),
    ],
}


transformed, test_the_template_holds_that, test_a_planted_defect_is_found = checked(
    TEMPLATE, DEFECTS, ImageUri=IMAGE
)


@NEEDS_SAM
def test_iam_authorisation_covers_every_route_and_keeps_the_key() -> None:
    template = transform.transformed(
        TEMPLATE, {"ImageUri": IMAGE, "CallerAuthorisation": "AWS_IAM"}
    )

    every_route_but_health_needs_the_key(template)
    body = api(template)["Properties"]["Body"]
    asked = [each["security"] for path in body["paths"].values() for each in path.values()]
    assert all({"AWS_IAM": []} in each for each in asked)
    scheme = body["components"]["securitySchemes"]["AWS_IAM"]
    assert scheme["x-amazon-apigateway-authtype"] == "awsSigv4"


def test_every_problem_of_the_gateway_is_one_that_the_readme_lists() -> None:
    assert {kind.name for kind in GATEWAYS.values()} <= {
        kind.name for kind in (*KINDS, *GATEWAY_KINDS)
    }
    assert set(GATEWAY_KINDS) <= set(GATEWAYS.values())
