"""`make bootstrap`: an update of the bootstrap stack keeps its parameters."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Never

import pytest

from bootstrap.prepare import prepare
from tests.bootstrap.cloud import Cloud, Line, Say, Unprotected, as_parameters, template
from training.errors import CheckFailedError, CommandError, InputError
from training.hints import fraud, registry_options

ARN = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


class KeptCommands:
    """Records the commands and runs none."""

    def __init__(self) -> None:
        self.commands: list[Line] = []

    def ask(self, *command: str) -> Never:
        raise AssertionError(command)

    def run(self, *command: str, secret: str | None = None) -> None:
        assert secret is None
        self.commands.append(command)


def prepared(cloud: Cloud, github: str | None) -> Line:
    programs = KeptCommands()
    prepare(cloud.account(), programs, github=github, samconfig=cloud.samconfig)
    (command,) = programs.commands
    return command


@pytest.fixture
def provider(cloud: Cloud) -> Iterator[str]:
    """The account's identity provider for GitHub."""
    made = cloud.client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ThumbprintList=["0" * 40]
    )
    yield made["OpenIDConnectProviderArn"]
    cloud.client("iam").delete_open_id_connect_provider(
        OpenIDConnectProviderArn=made["OpenIDConnectProviderArn"]
    )


def test_it_deploys_its_own_template_and_prints_the_stacks_outputs(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    command = prepared(cloud, None)

    assert "bootstrap/template.yaml" in command
    assert command[command.index("--stack-name") + 1] == "fraud-api-bootstrap"
    assert f"ModelBucketName: {cloud.aws.bucket}" in capsys.readouterr().out


def test_a_provider_that_the_account_has_is_not_made_again(cloud: Cloud, provider: str) -> None:
    command = prepared(cloud, "owner/name")

    assert 'GitHubRepository="owner/name"' in command
    assert f'GitHubProviderArn="{provider}"' in command


def test_the_provider_that_the_stack_made_stays_its_own(cloud: Cloud, provider: str) -> None:
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


def test_the_next_command_names_the_new_bucket(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(cloud, None)

    publish, deploy = capsys.readouterr().err.splitlines()[-2:]
    registry = registry_options(cloud.aws.bucket, cloud.aws.parameter)
    assert publish == f"next: {fraud('publish', '--model', 'build/model', *registry, '--promote')}"
    assert deploy == "then: make deploy ENV=dev"


@pytest.mark.parametrize(
    "given",
    [
        "https://github.com/owner/name",
        "git@github.com:owner/name",
        "owner/name.git",
        "owner",
        "owner@123/name",
        "owner/name@456",
        "owner@x/name@456",
        "owner/name/more",
        "",
    ],
)
def test_a_name_that_no_token_has_is_refused_before_any_call(cloud: Cloud, given: str) -> None:
    with pytest.raises(InputError, match="gh api repos/OWNER/NAME"):
        prepared(cloud, given)
    assert cloud.said == []


def test_a_repository_with_its_ids_is_passed_on_as_it_is(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 'GitHubRepository="Owner@123/name@456"' in prepared(cloud, "Owner@123/name@456")
    assert "warning" not in capsys.readouterr().err


def test_a_repository_without_ids_gets_a_warning(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    prepared(cloud, "owner/name")

    assert "has no ids" in capsys.readouterr().err


class Failed(Unprotected):
    """An account whose first creation of the bootstrap stack failed, until it is deleted."""

    def __init__(
        self,
        say: Say,
        resources: Sequence[Mapping[str, str]] = (),
        events: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(say)
        self.resources, self.events = list(resources), list(events)
        self.failed = True

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation == "ListStackResources":
            return {"StackResourceSummaries": self.resources}
        if operation == "DescribeStackEvents":
            return {"StackEvents": self.events}
        answer = super().read(service, operation, **arguments)
        if operation == "DescribeStacks" and self.failed:
            answer["Stacks"][0]["StackStatus"] = "ROLLBACK_COMPLETE"
        return answer

    def change(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation == "DeleteStack":
            self.failed = False
            self._say(f"aws cloudformation:DeleteStack {arguments}")
            return {}
        return super().change(service, operation, **arguments)

    def wait(self, service: str, waiter: str, **arguments: Any) -> None:
        pass


GONE = {"ResourceStatus": "DELETE_COMPLETE"}


def test_a_stack_whose_creation_failed_is_deleted_and_created_again(cloud: Cloud) -> None:
    account, programs = Failed(cloud.said.append, [GONE]), KeptCommands()

    prepare(account, programs, github=None, samconfig=cloud.samconfig)

    assert not account.failed
    assert len(programs.commands) == 1


def test_a_failed_creation_that_left_resources_is_not_deleted(cloud: Cloud) -> None:
    account = Failed(cloud.said.append, [GONE, {"ResourceStatus": "DELETE_FAILED"}])

    with pytest.raises(CheckFailedError, match="delete-stack --stack-name fraud-api-bootstrap"):
        prepare(account, KeptCommands(), github=None, samconfig=cloud.samconfig)
    assert account.failed


class FailingOnce(KeptCommands):
    """A SAM whose first deploy fails, as when a stack rolls back."""

    def __init__(self, account: Failed) -> None:
        super().__init__()
        self.account = account

    def run(self, *command: str, secret: str | None = None) -> None:
        super().run(*command, secret=secret)
        if len(self.commands) == 1:
            self.account.failed = True
            raise CommandError("sam deploy failed")


TOO_EARLY = {"LogicalResourceId": "GatewayAccount", "ResourceStatus": "CREATE_FAILED"}
OTHER = {"LogicalResourceId": "ModelBucket", "ResourceStatus": "CREATE_FAILED"}


def test_a_deploy_that_outran_iam_is_repeated_once(cloud: Cloud) -> None:
    account = Failed(cloud.said.append, [GONE], [TOO_EARLY])
    account.failed = False
    programs = FailingOnce(account)

    prepare(account, programs, github=None, samconfig=cloud.samconfig)

    assert len(programs.commands) == 2


def test_a_deploy_that_failed_otherwise_is_not_repeated(cloud: Cloud) -> None:
    account = Failed(cloud.said.append, [GONE], [OTHER])
    account.failed = False
    programs = FailingOnce(account)

    with pytest.raises(CommandError, match="sam deploy failed"):
        prepare(account, programs, github=None, samconfig=cloud.samconfig)
    assert len(programs.commands) == 1


def test_the_stack_is_protected_from_deletion(cloud: Cloud) -> None:
    prepared(cloud, None)

    (line,) = [line for line in cloud.said if "TerminationProtection" in line]
    assert "'fraud-api-bootstrap'" in line
