"""The rights of the roles that GitHub's workflows assume: enough to deploy, and no more."""

import json
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from bootstrap.transform import BOOTSTRAP_TEMPLATE, TEMPLATE, declared_by, transformed
from tests.infra.iam import ACCOUNT, REGION, Call, is_allowed, rendered
from tests.infra.infra import (
    NEEDS_SAM,
    ROOT,
    SAM,
    Resources,
    Statement,
    Template,
    as_list,
    resources,
)

pytestmark = NEEDS_SAM

ENVIRONMENTS = ("dev", "prod")
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/fraud-api-bootstrap-FraudApiBoundary-X"
BUCKET = "fraud-api-bootstrap-modelbucket-x"
NAMES = {
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/fraud-api-bootstrap/x",
    "FraudApiBoundary": BOUNDARY,
    "ImageRepository.Arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/fraud-api",
    "ModelBucket.Arn": f"arn:aws:s3:::{BUCKET}",
}
TOKEN = "token.actions.githubusercontent.com"

INLINE_LIMIT, MANAGED_LIMIT, ATTACHED_LIMIT = 10_240, 6_144, 10
"""IAM's limits: characters of a role's inline policies and of a managed one, managed policies."""


@pytest.fixture(scope="module")
def bootstrap() -> Resources:
    made: Resources = transformed(BOOTSTRAP_TEMPLATE.read_text(), {})["Resources"]
    return made


def policies(bootstrap: Resources, role: str) -> dict[str, Any]:
    """A role's policies by name, with references filled in."""
    attached = {
        name: each["Properties"]["PolicyDocument"]
        for name, each in bootstrap.items()
        if {"Ref": role} in each["Properties"].get("Roles", [])
        or each["Properties"].get("RoleName") == {"Ref": role}
    }
    inline = {
        each["PolicyName"]: each["PolicyDocument"]
        for each in bootstrap[role]["Properties"].get("Policies", [])
    }
    return {name: rendered(each, NAMES) for name, each in (attached | inline).items()}


def statements(bootstrap: Resources, role: str) -> list[Statement]:
    return [each for policy in policies(bootstrap, role).values() for each in policy["Statement"]]


def tags(bootstrap: Resources, role: str) -> dict[str, str]:
    found = bootstrap[role]["Properties"].get("Tags", [])
    return {f"aws:PrincipalTag/{each['Key']}": each["Value"] for each in found}


def may(bootstrap: Resources, role: str, action: str, resource: str, **context: str) -> bool:
    call = Call(action, resource, tags(bootstrap, role) | context)
    return is_allowed(statements(bootstrap, role), call)


def arn(service: str, rest: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{region}:{account}:{rest}"


# Who may assume them

PATTERN = declared_by(BOOTSTRAP_TEMPLATE.read_text())["GitHubRepository"]["AllowedPattern"]
REPOSITORIES = ("owner/name", "owner@123/name@456")


@pytest.mark.parametrize("repository", ["", *REPOSITORIES])
def test_the_template_takes_a_repository_by_its_name_and_with_its_ids(repository: str) -> None:
    assert re.fullmatch(PATTERN, repository)


@pytest.mark.parametrize(
    "given",
    ["owner/*", "*", "owner", "owner/name/more", "https://github.com/owner/name", "owner@x/name"],
)
def test_the_template_refuses_a_pattern_that_trusts_several_repositories(given: str) -> None:
    assert not re.fullmatch(PATTERN, given)


LOOK_ALIKES = (
    "repo:{repository}:environment:staging",
    "repo:{repository}:environment:{environment}-2",
    "repo:{repository}:environment:*",
    "repo:{repository}:ref:refs/heads/main",
    "repo:{repository}:pull_request",
    "repo:{repository}-fork:environment:{environment}",
    "repo:other-{repository}:environment:{environment}",
    "repo:owner@124/name@456:environment:{environment}",
    "repo:owner@123/name@457:environment:{environment}",
    "repo:{upper}:environment:{environment}",
    "repo:{other}:environment:{environment}",
)

ROLES = {
    "DeployRoleDev": "dev",
    "DeployRoleProd": "prod",
    "RetrainRole": "retrain",
    "WatchRole": "watch",
}


def trusts(
    bootstrap: Resources,
    role: str,
    repository: str,
    subject: str,
    audience: str = "sts.amazonaws.com",
) -> bool:
    names = {
        "GitHubRepository": repository,
        "GitHubProvider": arn("iam", f"oidc-provider/{TOKEN}", region=""),
    }
    trust = bootstrap[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    conditions = [{**each, "Principal": None} for each in trust]
    call = Call(
        "sts:AssumeRoleWithWebIdentity",
        "the role",
        {f"{TOKEN}:sub": subject, f"{TOKEN}:aud": audience},
    )
    return is_allowed(rendered(conditions, names), call)


@pytest.mark.parametrize("repository", REPOSITORIES)
@pytest.mark.parametrize("role", ROLES)
def test_a_workflow_of_its_own_environment_can_assume_a_role(
    bootstrap: Resources, role: str, repository: str
) -> None:
    subject = f"repo:{repository}:environment:{ROLES[role]}"

    assert trusts(bootstrap, role, repository, subject)
    assert not trusts(bootstrap, role, repository, subject, audience="https://github.com/owner")


@pytest.mark.parametrize("repository", REPOSITORIES)
@pytest.mark.parametrize("role", ROLES)
def test_a_workflow_of_another_environment_cannot(
    bootstrap: Resources, role: str, repository: str
) -> None:
    for environment in {*ROLES.values()} - {ROLES[role]}:
        subject = f"repo:{repository}:environment:{environment}"
        assert not trusts(bootstrap, role, repository, subject)


@pytest.mark.parametrize("look_alike", LOOK_ALIKES)
@pytest.mark.parametrize("repository", REPOSITORIES)
@pytest.mark.parametrize("role", ROLES)
def test_a_workflow_of_a_repository_with_a_similar_name_cannot(
    bootstrap: Resources, role: str, repository: str, look_alike: str
) -> None:
    (other,) = {*REPOSITORIES} - {repository}
    subject = look_alike.format(
        repository=repository,
        environment=ROLES[role],
        upper=repository.title(),
        other=other,
    )

    assert not trusts(bootstrap, role, repository, subject)


def test_a_pipelines_token_cannot_choose_the_tags_that_the_policies_read(
    bootstrap: Resources,
) -> None:
    for role in ROLES:
        trust = bootstrap[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert [each["Action"] for each in trust] == ["sts:AssumeRoleWithWebIdentity"]


# Enough: every action of every handler that CloudFormation runs for the application

HANDLERS = """
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as manager
found = {}
for kind in json.load(sys.stdin):
    handlers = manager.get_resource_schema("us-east-1", kind).schema["handlers"]
    # A list is asked for to import or to look for drift, not to deploy.
    needed = [each for name, each in handlers.items() if name != "list"]
    found[kind] = sorted({action for each in needed for action in each["permissions"]})
json.dump(found, sys.stdout)
"""

UNUSED = {
    "apigateway:UpdateRestApiPolicy": "the API has no resource policy",
    "codedeploy:RegisterOnPremisesInstance": "CodeDeploy moves an alias, no machine",
    "ec2:DescribeNetworkInterfaces": "no function is in a VPC",
    "ec2:DescribeSecurityGroups": "no function is in a VPC",
    "ec2:DescribeSubnets": "no function is in a VPC",
    "ec2:DescribeVpcs": "no function is in a VPC",
    "elasticfilesystem:DescribeMountTargets": "no function mounts a file system",
    "firehose:TagDeliveryStream": "no log group delivers elsewhere",
    "iam:DeleteRolePermissionsBoundary": "denied: the boundary stays",
    "kms:CreateGrant": "AWS's own keys encrypt",
    "kms:Decrypt": "AWS's own keys encrypt",
    "kms:DescribeKey": "AWS's own keys encrypt",
    "kms:Encrypt": "AWS's own keys encrypt",
    "kms:GenerateDataKey": "AWS's own keys encrypt",
    "lambda:AssociateRuntimeAlias": "runtimes are AWS's defaults",
    "lambda:DeleteFunctionCodeSigningConfig": "images cannot be signed for Lambda",
    "lambda:DeleteProvisionedConcurrencyConfig": "no concurrency is provisioned",
    "lambda:GetCodeSigningConfig": "images cannot be signed for Lambda",
    "lambda:GetLayerVersion": "no function has a layer",
    "lambda:PassCapacityProvider": "no function runs on instances of its own",
    "lambda:PutFunctionCodeSigningConfig": "images cannot be signed for Lambda",
    "lambda:PutFunctionRecursionConfig": "no function calls itself",
    "lambda:PutFunctionScalingConfig": "no function runs on instances of its own",
    "lambda:PutProvisionedConcurrencyConfig": "no concurrency is provisioned",
    "lambda:PutRuntimeManagementConfig": "runtimes are AWS's defaults",
    "logs:AssociateKmsKey": "AWS's own keys encrypt",
    "logs:CreateLogDelivery": "no log group delivers elsewhere",
    "logs:DeleteDataProtectionPolicy": "no payload is logged that could be masked",
    "logs:DeleteIndexPolicy": "no field is indexed",
    "logs:DeleteResourcePolicy": "log groups have no policy of their own",
    "logs:DisassociateKmsKey": "AWS's own keys encrypt",
    "logs:PutBearerTokenAuthentication": "nobody writes logs by a token",
    "logs:PutDataProtectionPolicy": "no payload is logged that could be masked",
    "logs:PutIndexPolicy": "no field is indexed",
    "logs:PutLogGroupDeletionProtection": "a person may delete what a stack left",
    "logs:PutResourcePolicy": "log groups have no policy of their own",
    "s3:REST.PUT.OBJECT": "no log group delivers elsewhere",
    "s3files:ListMountTargets": "no function mounts a file system",
    "sns:PutDataProtectionPolicy": "an alarm names no payment",
    "sns:SetSubscriptionAttributes": "a subscription has an address and nothing else",
}
"""Actions of the handlers that these templates never need, with the reason."""


@pytest.fixture(scope="module")
def needed() -> dict[str, set[str]]:
    """The actions for either environment's stack, by resource type."""
    made = transformed(TEMPLATE.read_text(), {})["Resources"]
    kinds = sorted({each["Type"] for each in made.values()})
    done = subprocess.run(
        [SAM / "python", "-c", HANDLERS],
        cwd=ROOT,
        input=json.dumps(kinds),
        capture_output=True,
        text=True,
        check=True,
    )
    return {kind: set(actions) for kind, actions in json.loads(done.stdout).items()}


def granted(bootstrap: Resources, role: str) -> set[str]:
    return {
        action
        for each in statements(bootstrap, role)
        if each["Effect"] == "Allow"
        for action in as_list(each["Action"])
    }


@pytest.mark.parametrize("role", ["DeployRoleDev", "DeployRoleProd"])
def test_a_deploy_role_may_do_all_that_cloudformations_handlers_do(
    bootstrap: Resources, needed: dict[str, set[str]], role: str
) -> None:
    missing = {
        kind: sorted(actions - granted(bootstrap, role) - UNUSED.keys())
        for kind, actions in needed.items()
    }

    assert {kind: actions for kind, actions in missing.items() if actions} == {}


def test_no_action_is_called_unused_that_is_granted_or_that_no_handler_has(
    bootstrap: Resources, needed: dict[str, set[str]]
) -> None:
    assert not UNUSED.keys() & granted(bootstrap, "DeployRoleDev")
    assert not UNUSED.keys() - set.union(*needed.values())


CALL = re.compile(r'"([a-z]+)",\s*"([A-Z][A-Za-z]+)"')
BY_A_PERSON = {"prepare.py", "secret.py"}
OTHER_NAMES = {"lambda:Invoke": "lambda:InvokeFunction", "apigateway:GetApiKey": "apigateway:GET"}
"""Actions whose name differs from the operation's."""


def operations() -> Iterator[str]:
    """IAM actions that the pipeline's commands need."""
    for path in (ROOT / "bootstrap").glob("*.py"):
        if path.name not in BY_A_PERSON:
            for service, operation in CALL.findall(path.read_text()):
                name = f"{service}:{operation}"
                yield OTHER_NAMES.get(name, name)


def test_a_deploy_role_may_do_all_that_our_own_commands_do(bootstrap: Resources) -> None:
    asked = {*operations()} - {"sts:GetCallerIdentity"}  # which needs no right

    assert {"ecr:PutImage", "cloudformation:UpdateStack", "lambda:InvokeFunction"} <= asked
    assert asked - granted(bootstrap, "DeployRoleDev") == set()
    assert asked - granted(bootstrap, "DeployRoleProd") == {"cloudformation:DeleteStack"}


STACK = arn("cloudformation", "stack/fraud-api-{}/x")
SAMS_STACK = arn("cloudformation", "stack/aws-sam-cli-managed-default/x")
SAMS_BUCKET = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-x"

SAM_ASKS = [
    *((f"cloudformation:{each}", STACK) for each in ("CreateChangeSet", "DescribeChangeSet")),
    *((f"cloudformation:{each}", STACK) for each in ("ExecuteChangeSet", "DescribeStackEvents")),
    *((f"cloudformation:{each}", STACK) for each in ("DescribeStacks", "GetTemplateSummary")),
    ("cloudformation:DescribeStacks", SAMS_STACK),
    ("s3:GetObject", f"{SAMS_BUCKET}/code"),  # HEAD: is it there already?
    ("s3:ListBucket", SAMS_BUCKET),  # else S3 answers 403, not 404, where it is not
    ("s3:PutObject", f"{SAMS_BUCKET}/code"),  # each part of a large one too
]
"""IAM actions of `sam deploy` 1.170, recorded with an emulator."""


@pytest.mark.parametrize(("action", "resource"), SAM_ASKS)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_deploy_role_may_do_all_that_sam_does(
    bootstrap: Resources, environment: str, action: str, resource: str
) -> None:
    role, owner = f"DeployRole{environment.title()}", {"aws:ResourceAccount": ACCOUNT}

    assert may(bootstrap, role, action, resource.format(environment), **owner)


# Not more

OWN = [
    ("cloudformation:CreateChangeSet", arn("cloudformation", "stack/fraud-api-{}/x")),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:fraud-api-{}-FraudFunction-x")),
    ("lambda:InvokeFunction", arn("lambda", "function:fraud-api-{}-HeartbeatFunction-x")),
    ("logs:DeleteLogGroup", arn("logs", "log-group:fraud-api-{}-FraudLogs-x")),
    ("cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:fraud-api-{}-HeartbeatAlarm-x")),
    ("sns:DeleteTopic", arn("sns", "fraud-api-{}-AlarmTopic-x")),
    ("events:PutRule", arn("events", "rule/fraud-api-{}-HeartbeatFunctionSchedule-x")),
    ("codedeploy:StopDeployment", arn("codedeploy", "deploymentgroup:fraud-api-{}-x/y")),
    ("iam:UpdateAssumeRolePolicy", arn("iam", "role/fraud-api-{}-FraudRole-x", region="")),
    ("budgets:ModifyBudget", arn("budgets", f"budget/fraud-api-{{}}-{REGION}-zero", region="")),
    ("dynamodb:DescribeTable", arn("dynamodb", "table/fraud-api-{}")),
]


@pytest.mark.parametrize(("action", "resource"), OWN)
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_role_deploys_its_own_environment_and_not_the_other(
    bootstrap: Resources, environment: str, action: str, resource: str
) -> None:
    role = f"DeployRole{environment.title()}"
    (other,) = {*ENVIRONMENTS} - {environment}

    assert may(bootstrap, role, action, resource.format(environment))
    assert not may(bootstrap, role, action, resource.format(other))
    assert not may(bootstrap, role, action, resource.format("bootstrap"))


@pytest.mark.parametrize("role", ["DeployRoleDev", "DeployRoleProd"])
def test_a_deploy_role_may_call_the_api_as_doctor_and_smoke_test_do(
    bootstrap: Resources, role: str
) -> None:
    for route in ("GET/health", "GET/model", "POST/predict"):
        assert may(bootstrap, role, "execute-api:Invoke", arn("execute-api", f"api/live/{route}"))
        other = arn("execute-api", f"api/other/{route}")
        assert not may(bootstrap, role, "execute-api:Invoke", other)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_role_invokes_the_functions_that_the_doctor_asks_and_no_other(
    bootstrap: Resources, environment: str
) -> None:
    role = f"DeployRole{environment.title()}"

    for name, expected in (("FraudFunction", True), ("HeartbeatFunction", True), ("X", False)):
        function = arn("lambda", f"function:fraud-api-{environment}-{name}-x")
        assert may(bootstrap, role, "lambda:InvokeFunction", function) is expected


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_role_may_change_what_the_template_gives_a_name(
    bootstrap: Resources, application: Template, environment: str
) -> None:
    names = {"AWS::StackName": f"fraud-api-{environment}"}
    role = f"DeployRole{environment.title()}"

    for each in resources(application, "AWS::Budgets::Budget"):
        budget = rendered(each["Properties"]["Budget"]["BudgetName"], names)
        where = arn("budgets", f"budget/{budget}", region="")
        assert may(bootstrap, role, "budgets:ModifyBudget", where)
    for each in resources(application, "AWS::CloudWatch::Dashboard"):
        dashboard = rendered(each["Properties"]["DashboardName"], names)
        where = arn("cloudwatch", f"dashboard/{dashboard}", region="")
        assert may(bootstrap, role, "cloudwatch:PutDashboard", where)


def test_a_role_without_its_tag_deploys_nothing(bootstrap: Resources) -> None:
    for action, resource in OWN:
        call = Call(action, resource.format("dev"))
        assert not is_allowed(statements(bootstrap, "DeployRoleDev"), call)


def test_prods_role_cannot_delete_its_stack(bootstrap: Resources) -> None:
    action, stack = "cloudformation:DeleteStack", arn("cloudformation", "stack/fraud-api-{}/x")

    assert may(bootstrap, "DeployRoleDev", action, stack.format("dev"))
    assert not may(bootstrap, "DeployRoleDev", action, stack.format("prod"))
    assert not may(bootstrap, "DeployRoleProd", action, stack.format("prod"))


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
GAINS = ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy")


@pytest.mark.parametrize("action", [*GAINS, "iam:PutRolePermissionsBoundary"])
def test_a_role_that_is_made_or_given_more_stays_within_the_boundary(
    bootstrap: Resources, action: str
) -> None:
    role = arn("iam", "role/fraud-api-dev-New", region="")
    other = BOUNDARY.replace("FraudApiBoundary", "AnotherPolicy")

    assert may(bootstrap, "DeployRoleDev", action, role, **{"iam:PermissionsBoundary": BOUNDARY})
    assert not may(bootstrap, "DeployRoleDev", action, role)
    assert not may(bootstrap, "DeployRoleDev", action, role, **{"iam:PermissionsBoundary": other})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:DeleteRolePermissionsBoundary", arn("iam", "role/fraud-api-dev-x", region="")),
        ("iam:CreatePolicyVersion", BOUNDARY),
        ("iam:SetDefaultPolicyVersion", BOUNDARY),
        ("iam:DeletePolicy", BOUNDARY),
    ],
)
def test_the_boundary_cannot_be_taken_off_or_changed(
    bootstrap: Resources, action: str, resource: str
) -> None:
    """Denied, whatever another policy allows."""
    for role in ("DeployRoleDev", "DeployRoleProd"):
        call = Call(action, resource, {"iam:PermissionsBoundary": BOUNDARY})
        assert not is_allowed([*statements(bootstrap, role), EVERYTHING], call)


@pytest.mark.parametrize("role", ROLES)
def test_no_role_changes_itself_or_another_of_the_bootstrap_stack(
    bootstrap: Resources, role: str
) -> None:
    for each in (*ROLES, "GatewayLogRole"):
        target = arn("iam", f"role/fraud-api-bootstrap-{each}-x", region="")
        for action in (*GAINS, "iam:TagRole", "iam:UpdateAssumeRolePolicy", "iam:PassRole"):
            bounded = {
                "iam:PermissionsBoundary": BOUNDARY,
                "iam:PassedToService": "lambda.amazonaws.com",
            }
            assert not may(bootstrap, role, action, target, **bounded)


def test_code_goes_to_sams_bucket_of_this_account_alone(bootstrap: Resources) -> None:
    code = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-x/code"

    for owner, expected in ((ACCOUNT, True), ("999999999999", False)):
        context = {"aws:ResourceAccount": owner}
        assert may(bootstrap, "DeployRoleDev", "s3:PutObject", code, **context) is expected


def test_who_deploys_cannot_write_a_model(bootstrap: Resources) -> None:
    for role in ("DeployRoleDev", "DeployRoleProd"):
        assert not may(bootstrap, role, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/models/x")
        assert not may(
            bootstrap, role, "ssm:PutParameter", arn("ssm", "parameter/fraud/prod/model")
        )


OTHER_TABLE_RIGHTS = (
    "GetItem",
    "PutItem",
    "Scan",
    "UpdateTable",
    "DeleteTable",
    "UpdateTimeToLive",
)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_who_deploys_sees_how_the_table_is_set_up_and_nothing_in_it(
    bootstrap: Resources, environment: str
) -> None:
    role = f"DeployRole{environment.title()}"
    table = arn("dynamodb", f"table/fraud-api-{environment}")

    for name in ("DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups"):
        assert may(bootstrap, role, f"dynamodb:{name}", table)
    for name in OTHER_TABLE_RIGHTS:
        assert not may(bootstrap, role, f"dynamodb:{name}", table)


SECRETS = ("/fraud/secret", "/fraud/dev/secret", "/fraud/prod/secret")


@pytest.mark.parametrize("role", ["DeployRoleDev", "DeployRoleProd"])
def test_who_deploys_sees_that_a_secret_is_there_and_cannot_read_its_value(
    bootstrap: Resources, role: str
) -> None:
    """AWS's key aws/ssm decrypts for everyone whom no policy denies it."""
    key = arn("kms", "key/0123")
    rights = [*statements(bootstrap, role), EVERYTHING]

    for name in SECRETS:
        assert may(bootstrap, role, "ssm:GetParameter", arn("ssm", f"parameter{name}"))
    of_ssm = {"kms:ViaService": f"ssm.{REGION}.amazonaws.com"}
    assert not is_allowed(rights, Call("kms:Decrypt", key, of_ssm))
    of_lambda = {"kms:ViaService": f"lambda.{REGION}.amazonaws.com"}
    assert is_allowed(rights, Call("kms:Decrypt", key, of_lambda))


@pytest.mark.parametrize("name", SECRETS)
def test_who_retrains_moves_pointers_and_replaces_no_secret(
    bootstrap: Resources, name: str
) -> None:
    pattern = declared_by(TEMPLATE.read_text())["SecretParameter"]["AllowedPattern"]
    assert re.fullmatch(pattern, name)

    assert not may(bootstrap, "RetrainRole", "ssm:PutParameter", arn("ssm", f"parameter{name}"))
    for action in ("ssm:GetParameter", "ssm:PutParameter"):
        pointer = arn("ssm", f"parameter{name.replace('secret', 'model')}")
        assert may(bootstrap, "RetrainRole", action, pointer)


LEARN = ("RetrainRole", "WatchRole")
"""The roles of the workflows that read the log."""


@pytest.mark.parametrize("role", LEARN)
def test_who_learns_from_the_log_reads_prods_with_its_secret_and_no_other(
    bootstrap: Resources, role: str
) -> None:
    for environment in ENVIRONMENTS:
        table = arn("dynamodb", f"table/fraud-api-{environment}")
        secret = arn("ssm", f"parameter/fraud/{environment}/secret")
        for action in ("dynamodb:Scan", "dynamodb:BatchGetItem"):
            assert may(bootstrap, role, action, table) is (environment == "prod")
        assert may(bootstrap, role, "ssm:GetParameter", secret) is (environment == "prod")
    assert not may(bootstrap, role, "ssm:GetParameter", arn("ssm", "parameter/fraud/secret"))


CHANGES_OF_TABLES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "DeleteTable")


@pytest.mark.parametrize("role", LEARN)
def test_who_learns_from_the_log_changes_nothing_in_it(bootstrap: Resources, role: str) -> None:
    for name in CHANGES_OF_TABLES:
        table = arn("dynamodb", "table/fraud-api-prod")
        assert not may(bootstrap, role, f"dynamodb:{name}", table)


def test_who_watches_reads_the_served_model_and_writes_nothing(bootstrap: Resources) -> None:
    model = f"arn:aws:s3:::{BUCKET}/models/x"
    pointer = arn("ssm", "parameter/fraud/prod/model")

    assert may(bootstrap, "WatchRole", "s3:GetObjectVersion", model)
    assert may(bootstrap, "WatchRole", "ssm:GetParameter", pointer)
    assert not may(bootstrap, "WatchRole", "ssm:PutParameter", pointer)
    once = {"s3:if-none-match": "*"}
    for key in ("models/x", "anchors/x", "data/x"):
        assert not may(
            bootstrap, "WatchRole", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/{key}", **once
        )
    assert not may(bootstrap, "WatchRole", "s3:GetObject", f"arn:aws:s3:::{BUCKET}/data/x")


def test_an_anchor_is_written_once_and_never_replaced_or_deleted(bootstrap: Resources) -> None:
    anchor, once = f"arn:aws:s3:::{BUCKET}/anchors/t/2026-11-28.json", {"s3:if-none-match": "*"}

    assert may(bootstrap, "RetrainRole", "s3:PutObject", anchor, **once)
    assert not may(bootstrap, "RetrainRole", "s3:PutObject", anchor)
    for action in ("s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert not may(bootstrap, "RetrainRole", action, anchor, **once)
    for role in ROLES.keys() - {"RetrainRole"}:
        assert not may(bootstrap, role, "s3:PutObject", anchor, **once)


# The boundary

APPLICATION = {
    "FraudApiApiKey": "key",
    "FraudApi": "api",
    "FraudLogs.Arn": arn("logs", "log-group:fraud-api-dev-FraudLogs-x:*"),
    "HeartbeatLogs.Arn": arn("logs", "log-group:fraud-api-dev-HeartbeatLogs-x:*"),
    "ModelParameter": "/fraud/dev/model",
    "SecretParameter": "/fraud/dev/secret",
    "fraud-api-model-bucket": BUCKET,
    "ModelBucket": BUCKET,
    "FraudFunction": "fraud-api-dev-FraudFunction-x",
    "FraudFunctionAliaslive": arn("lambda", "function:fraud-api-dev-FraudFunction-x:live"),
    "AWS::StackName": "fraud-api-dev",
}


def bare(value: Any) -> Any:
    """A value as it is where every condition of the template holds."""
    if isinstance(value, list):
        return [bare(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::If" in value:
        return bare(value["Fn::If"][1])
    return {key: bare(each) for key, each in value.items()}


@pytest.fixture(scope="module")
def application() -> Template:
    return transformed(TEMPLATE.read_text(), {"Rollout": "canary"})


def test_every_role_of_the_application_has_the_boundary(application: Template) -> None:
    for role in resources(application, "AWS::IAM::Role"):
        bounded = role["Properties"]["PermissionsBoundary"]
        assert bounded == {"Fn::ImportValue": "fraud-api-boundary"}


def limit(bootstrap: Resources) -> list[Statement]:
    """The boundary's statements."""
    policy = bootstrap["FraudApiBoundary"]["Properties"]["PolicyDocument"]
    found: list[Statement] = rendered(policy["Statement"], NAMES)
    return found


def of_role(environment: str) -> dict[str, str]:
    """The context of a call by the function of an environment."""
    role = arn("iam", f"role/fraud-api-{environment}-FraudRole-X", region="")
    return {"aws:ResourceAccount": ACCOUNT, "aws:PrincipalArn": role}


def test_the_boundary_allows_all_that_the_applications_roles_may_do(
    bootstrap: Resources, application: Template
) -> None:
    boundary = limit(bootstrap)
    for role in resources(application, "AWS::IAM::Role"):
        for policy in bare(role["Properties"].get("Policies", [])):
            for statement in rendered(policy["PolicyDocument"]["Statement"], APPLICATION):
                for action in as_list(statement["Action"]):
                    for resource in as_list(statement["Resource"]):
                        call = Call(action, resource, of_role("dev"))
                        assert is_allowed(boundary, call), call


TABLE_RIGHTS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_boundary_keeps_an_environment_from_the_table_of_the_other(
    bootstrap: Resources, environment: str
) -> None:
    for action in TABLE_RIGHTS:
        for other in ENVIRONMENTS:
            call = Call(action, arn("dynamodb", f"table/fraud-api-{other}"), of_role(environment))
            assert is_allowed(limit(bootstrap), call) is (environment == other)


REVIEWS = arn("dynamodb", "table/fraud-api-{}/index/reviews")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_boundary_lets_an_environment_query_its_own_reviews_alone(
    bootstrap: Resources, environment: str
) -> None:
    (other,) = {*ENVIRONMENTS} - {environment}
    own = REVIEWS.format(environment)

    def is_within(action: str, resource: str) -> bool:
        return is_allowed(limit(bootstrap), Call(action, resource, of_role(environment)))

    assert is_within("dynamodb:Query", own)
    assert not is_within("dynamodb:Query", REVIEWS.format(other))
    assert not is_within("dynamodb:Scan", own)
    for resource in (own.removesuffix("/index/reviews"), own.replace("reviews", "another")):
        assert not is_within("dynamodb:Query", resource)


@pytest.mark.parametrize("action", ["ssm:GetParameter", "ssm:GetParameters"])
def test_the_boundary_keeps_prods_secret_from_roles_that_dev_deploys(
    bootstrap: Resources, action: str
) -> None:
    secret = arn("ssm", "parameter/fraud/prod/secret")

    assert is_allowed(limit(bootstrap), Call(action, secret, of_role("prod")))
    assert not is_allowed(limit(bootstrap), Call(action, secret, of_role("dev")))
    assert not is_allowed(limit(bootstrap), Call(action, secret))


MORE_ON_TABLES = ("DeleteItem", "UpdateItem", "Scan", "Query", "DeleteTable", "BatchWriteItem")


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateUser", arn("iam", "user/x", region="")),
        ("sts:AssumeRole", arn("iam", "role/Admin", region="")),
        ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/models/x"),
        ("ssm:PutParameter", arn("ssm", "parameter/fraud/prod/model")),
        ("ssm:GetParameter", arn("ssm", "parameter/other/secret")),
        ("ssm:GetParameters", arn("ssm", "parameter/other/secret")),
        ("ssm:PutParameter", arn("ssm", "parameter/fraud/prod/secret")),
        *((f"dynamodb:{each}", arn("dynamodb", "table/fraud-api-prod")) for each in MORE_ON_TABLES),
        ("dynamodb:Query", arn("dynamodb", "table/fraud-api-dev/index/reviews")),
        ("dynamodb:Scan", arn("dynamodb", "table/fraud-api-prod/index/reviews")),
        ("dynamodb:PutItem", arn("dynamodb", "table/fraud-api-staging")),
        ("dynamodb:PutItem", arn("dynamodb", "table/other")),
        ("lambda:UpdateFunctionCode", arn("lambda", "function:fraud-api-prod-FraudFunction-x")),
    ],
)
def test_the_boundary_allows_nothing_else(bootstrap: Resources, action: str, resource: str) -> None:
    assert not is_allowed(limit(bootstrap), Call(action, resource, of_role("prod")))


# Sizes


def test_every_policy_is_within_iams_limits(bootstrap: Resources) -> None:
    boundary = bootstrap["FraudApiBoundary"]["Properties"]["PolicyDocument"]
    assert len("".join(json.dumps(rendered(boundary, NAMES)).split())) <= MANAGED_LIMIT
    for role in ROLES:
        sizes = {
            name: len("".join(json.dumps(each).split()))
            for name, each in policies(bootstrap, role).items()
        }
        managed = {
            name: size
            for name, size in sizes.items()
            if bootstrap.get(name, {}).get("Type") == "AWS::IAM::ManagedPolicy"
        }
        print(f"{role}: {sizes}")  # noqa: T201  # the report of what is left
        assert all(size <= MANAGED_LIMIT for size in managed.values())
        assert len(managed) <= ATTACHED_LIMIT
        assert sum(sizes.values()) - sum(managed.values()) <= INLINE_LIMIT
