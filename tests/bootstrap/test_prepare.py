"""`make bootstrap`: the stack of what outlives the application keeps what it was given."""

import pytest

from bootstrap.prepare import prepare
from tests.bootstrap.cloud import as_parameters, template
from training.hints import fraud, registry_options

ARN = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


class KeptCommands:
    """Keeps what it was asked to run, and runs nothing."""

    def __init__(self):
        self.commands = []

    def ask(self, *command):
        raise AssertionError(command)

    def run(self, *command, secret=None):
        assert secret is None
        self.commands.append(command)


def prepared(cloud, github):
    programs = KeptCommands()
    prepare(cloud.account(), programs, github=github, samconfig=cloud.samconfig)
    (command,) = programs.commands
    return command


@pytest.fixture
def provider(cloud):
    """The account's identity provider for GitHub."""
    made = cloud.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ThumbprintList=["0" * 40]
    )
    yield made["OpenIDConnectProviderArn"]
    cloud.client("iam").delete_open_id_connect_provider(
        OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"]
    )


def test_it_deploys_its_own_template_and_prints_what_the_stack_tells(cloud, capsys):
    command = prepared(cloud, None)

    assert "bootstrap/template.yaml" in command
    assert command[command.index("--stack-name") + 1] == "fraud-api-bootstrap"
    assert f"ModelBucketName: {cloud.aws.bucket}" in capsys.readouterr().out


def test_a_provider_that_the_account_has_is_not_made_again(cloud, provider):
    command = prepared(cloud, "owner/name")

    assert 'GitHubRepository="owner/name"' in command
    assert f'GitHubProviderArn="{provider}"' in command


def test_the_provider_that_the_stack_made_stays_its_own(cloud, provider):
    assert provider == ARN
    given = {"GitHubRepository": "owner/name", "GitHubProviderArn": ""}
    outputs = {"ModelBucketName": "models"}
    cloud.client("cloudformation").update_stack(
        StackName="fraud-api-bootstrap",
        TemplateBody=template(given, outputs),
        Parameters=as_parameters(given),
    )

    assert 'GitHubProviderArn=""' in prepared(cloud, "owner/renamed")
    assert 'GitHubRepository="owner/name"' in prepared(cloud, None)


def test_what_comes_next_names_the_bucket_that_was_made(cloud, capsys):
    prepared(cloud, None)

    publish, deploy = capsys.readouterr().err.splitlines()[-2:]
    registry = registry_options(cloud.aws.bucket, cloud.aws.parameter)
    assert publish == f"next: {fraud('publish', 'build/model', *registry, '--promote')}"
    assert deploy == "then: make deploy ENV=dev"
