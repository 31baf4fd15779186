"""The stack of what must outlive the application; each check also finds a defect in a copy."""

import json

from infra import ROOT, as_list, checked, resources, statements

TEMPLATE = (ROOT / "bootstrap/template.yaml").read_text()

STATEFUL = (
    "AWS::ECR::Repository",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::ApiGateway::Account",
    "AWS::IAM::OIDCProvider",
)


def what_holds_something_is_kept(template):
    kept = [each for kind in STATEFUL for each in resources(template, kind)]

    for each in [*kept, template["Resources"]["GatewayLogRole"]]:
        assert each["DeletionPolicy"] == each["UpdateReplacePolicy"] == "Retain", each["Type"]
    assert {each["Type"] for each in kept} == set(STATEFUL)


def images_are_scanned_and_their_tags_stay(template):
    (repository,) = resources(template, "AWS::ECR::Repository")

    assert repository["Properties"]["ImageTagMutability"] == "IMMUTABLE"
    assert repository["Properties"]["ImageScanningConfiguration"]["ScanOnPush"] is True


def no_rule_removes_a_release(template):
    (repository,) = resources(template, "AWS::ECR::Repository")
    text = repository["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"]

    for rule in json.loads(text)["rules"]:
        chosen = rule["selection"]
        assert chosen["tagStatus"] == "untagged" or chosen["tagPrefixList"] == ["ci-"]


def the_bucket_is_versioned_and_private(template):
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


def github_comes_without_keys_and_from_its_environments_only(template):
    for name, environments in (("DeployRole", ["dev", "prod"]), ("RetrainRole", ["retrain"])):
        trust = template["Resources"][name]["Properties"]["AssumeRolePolicyDocument"]
        conditions = trust["Statement"][0]["Condition"]["StringEquals"]
        (subject,) = [value for key, value in conditions.items() if key.endswith(":sub")]
        assert [each["Fn::Sub"] for each in as_list(subject)] == [
            f"repo:${{GitHubRepository}}:environment:{environment}" for environment in environments
        ]
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
    "logs:PutQueryDefinition",
}
"""Actions that AWS lets no policy narrow; the template says of each why."""


def allowed(template):
    roles = [each for role in resources(template, "AWS::IAM::Role") for each in statements(role)]
    policies = [
        statement
        for each in resources(template, "AWS::IAM::RolePolicy")
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]
    return [*roles, *policies]


def no_policy_says_star(template):
    wide = [each for each in allowed(template) if "*" in as_list(each["Resource"])]

    assert not [
        action for each in allowed(template) for action in as_list(each["Action"]) if "*" in action
    ]
    assert {action for each in wide for action in as_list(each["Action"])} <= BARE


def who_deploys_cannot_change_the_model_and_who_trains_cannot_deploy(template):
    deploys = [
        action
        for each in resources(template, "AWS::IAM::RolePolicy")
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
        if "ModelBucket" in json.dumps(statement) or "/fraud/" in json.dumps(statement)
        for action in as_list(statement["Action"])
    ]
    trains = {
        action
        for statement in statements(template["Resources"]["RetrainRole"])
        for action in as_list(statement["Action"])
    }

    assert not [action for action in deploys if "Put" in action]
    assert {action.partition(":")[0] for action in trains} == {"s3", "ssm"}


def who_deploys_may_ask_what_doctor_asks(template):
    may = {action for each in allowed(template) for action in as_list(each["Action"])}

    assert {
        *("cloudformation:DescribeStacks", "lambda:GetFunctionConfiguration", "lambda:GetAlias"),
        *("lambda:GetFunction", "lambda:InvokeFunction", "ecr:DescribeImages"),
        *("cloudwatch:DescribeAlarms", "cloudwatch:GetMetricStatistics", "apigateway:GET"),
    } <= may


DEFECTS = {
    who_deploys_may_ask_what_doctor_asks: [("- lambda:InvokeFunction #", "- lambda:InvokeAsync #")],
    what_holds_something_is_kept: [
        ("DeletionPolicy: Retain # Lambda", "DeletionPolicy: Delete # Lambda"),
        ("DeletionPolicy: Retain # the models", "DeletionPolicy: Delete # the models"),
        ("UpdateReplacePolicy: Retain", "UpdateReplacePolicy: Delete"),
        ("Type: AWS::S3::BucketPolicy", "Type: AWS::S3::BucketPolitely"),
    ],
    images_are_scanned_and_their_tags_stay: [
        ("ImageTagMutability: IMMUTABLE", "ImageTagMutability: MUTABLE"),
        ("ScanOnPush: true", "ScanOnPush: false"),
    ],
    no_rule_removes_a_release: [
        ('"tagPrefixList": ["ci-"]', '"tagPrefixList": ["ci-", "release-"]'),
        ('"tagStatus": "untagged"', '"tagStatus": "any", "tagPrefixList": []'),
    ],
    the_bucket_is_versioned_and_private: [
        ("Status: Enabled # the pointer", "Status: Suspended # the pointer"),
        ("BlockPublicAcls: true", "BlockPublicAcls: false"),
        ("BucketOwnerEnforced", "ObjectWriter"),
        ('aws:SecureTransport: "false"', 'aws:SecureTransport: "true"'),
    ],
    github_comes_without_keys_and_from_its_environments_only: [
        (":environment:dev", ":pull_request"),
        (":environment:retrain", ":*"),
    ],
    no_policy_says_star: [
        ("Action: ecr:GetAuthorizationToken", "Action: ecr:*"),
        ("Resource: !GetAtt ImageRepository.Arn", 'Resource: "*"'),
    ],
    who_deploys_cannot_change_the_model_and_who_trains_cannot_deploy: [
        (
            "Action: ssm:GetParameter\n            Resource",
            "Action: ssm:PutParameter\n            Resource",
        ),
        ("Action: [ssm:GetParameter, ssm:PutParameter]", "Action: [lambda:UpdateFunctionCode]"),
    ],
}


transformed, test_the_template_holds_that, test_a_planted_defect_is_found = checked(
    TEMPLATE, DEFECTS
)
