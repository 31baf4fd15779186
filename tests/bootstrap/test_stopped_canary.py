"""`make rollback` during a canary stops the canary."""

from datetime import UTC, datetime
from typing import Any, override

import pytest

from bootstrap.account import Account, AwsError
from bootstrap.canary import APPLICATION, GROUP
from bootstrap.rollback import rollback
from bootstrap.transform import TEMPLATE, transformed
from tests.bootstrap.cloud import FUNCTION
from training.errors import CheckFailedError

NOW = datetime.now(UTC)


class Deploying(Account):
    """An account whose application is being updated; records the calls that change something."""

    def __init__(self, deployments: list[str], *, has_canary: bool = True) -> None:
        super().__init__(lambda _: None)
        self.deployments = deployments
        self.has_canary = has_canary
        self.changes: list[tuple[str, str, dict[str, Any]]] = []

    @override
    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation == "DescribeStacks":
            outputs = [
                {"OutputKey": "FunctionName", "OutputValue": FUNCTION},
                {"OutputKey": "ImageRepositoryUri", "OutputValue": "registry/images"},
                {"OutputKey": "ImageRepositoryName", "OutputValue": "images"},
            ]
            stack = {"StackStatus": "UPDATE_IN_PROGRESS", "CreationTime": NOW, "Outputs": outputs}
            return {"Stacks": [stack]}
        if operation == "DescribeStackResource":
            if not self.has_canary:
                raise AwsError("no such resource", "ValidationError")
            name = f"physical-{arguments['LogicalResourceId']}"
            return {"StackResourceDetail": {"PhysicalResourceId": name}}
        assert arguments["applicationName"] == f"physical-{APPLICATION}"
        assert arguments["deploymentGroupName"] == f"physical-{GROUP}"
        return {"deployments": self.deployments}

    def change(self, service: str, operation: str, **arguments: Any) -> Any:
        self.changes.append((service, operation, arguments))


def test_a_rollback_stops_the_canary_and_updates_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    account = Deploying(["d-123"])

    rollback(account, environment="dev")

    stopped = {"deploymentId": "d-123", "autoRollbackEnabled": True}
    assert account.changes == [("codedeploy", "StopDeployment", stopped)]
    assert "stopped the canary d-123" in capsys.readouterr().out


@pytest.mark.parametrize("account", [Deploying([]), Deploying([], has_canary=False)])
def test_a_rollback_during_an_update_without_a_canary_is_refused(account: Deploying) -> None:
    with pytest.raises(CheckFailedError, match="no canary is in progress; wait"):
        rollback(account, environment="dev")
    assert account.changes == []


def test_the_names_are_those_that_sam_gives() -> None:
    made = transformed(TEMPLATE.read_text(), {"Rollout": "canary"})["Resources"]

    assert made[APPLICATION]["Type"] == "AWS::CodeDeploy::Application"
    assert made[GROUP]["Type"] == "AWS::CodeDeploy::DeploymentGroup"
