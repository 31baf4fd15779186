"""Each stack status refuses the commands that cannot work, and names one that can."""

import re
from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.model import StringShape

from bootstrap.account import Account
from bootstrap.deploy import deploy
from bootstrap.destroy import destroy
from bootstrap.doctor import doctor
from bootstrap.programs import Programs
from bootstrap.rollback import rollback
from bootstrap.smoke import smoke
from bootstrap.stack_status import STATUSES, Command, remedy, require_allowed
from bootstrap.stacks import Stack
from tests.bootstrap.cloud import Cloud, RecordedPrograms, StubbedAccount, docker
from training.errors import CheckFailedError, InputError

REFUSED = [
    (status, command)
    for status in STATUSES
    for command in Command
    if command not in STATUSES[status].allows
]


def stack(status: str, name: str = "fraud-api-dev") -> Stack:
    return Stack(name, status, "somebody's reason", {}, {}, datetime.now(UTC))


def test_the_table_has_every_status_that_aws_documents() -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    documented = model.shape_for("StackStatus")

    assert isinstance(documented, StringShape)
    assert set(documented.enum) == set(STATUSES)


@pytest.mark.parametrize(("status", "command"), REFUSED)
@pytest.mark.parametrize("environment", ["dev", None])
def test_a_refusal_names_the_status_its_reason_and_a_command(
    status: str, command: Command, environment: str | None
) -> None:
    with pytest.raises(CheckFailedError) as caught:
        require_allowed(stack(status), command, environment=environment)

    said = str(caught.value)
    assert f"is {status} (somebody's reason), which allows no {command}" in said
    assert re.search(r"`(aws cloudformation|make) [a-z-]+", said)
    assert "{" not in said
    assert ("ENV=dev" in said) <= (environment == "dev")


@pytest.mark.parametrize(("status", "command"), REFUSED)
def test_no_remedy_is_the_command_that_was_refused(status: str, command: Command) -> None:
    assert f"make {command} ENV=dev`" not in remedy(stack(status), environment="dev").split(",")[0]


@pytest.mark.parametrize("status", STATUSES)
def test_a_stack_that_failed_or_is_empty_can_be_destroyed(status: str) -> None:
    waits = status.endswith("_IN_PROGRESS") or status == "DELETE_COMPLETE"

    assert waits or Command.DESTROY in STATUSES[status].allows


def test_an_unknown_status_is_refused_with_a_command_that_shows_its_history() -> None:
    with pytest.raises(CheckFailedError, match="describe-stack-events --stack-name fraud-api-dev"):
        require_allowed(stack("SOMETHING_NEW"), Command.DEPLOY, environment="dev")


def _deploy(account: Account, programs: Programs, cloud: Cloud, environment: str) -> None:
    deploy(
        account,
        programs,
        environment=environment,
        image=None,
        samconfig=cloud.samconfig,
        engine=docker,
    )


def _rollback(account: Account, _: object, cloud: Cloud, environment: str) -> None:
    rollback(account, environment=environment, samconfig=cloud.samconfig)


def _destroy(account: Account, _: object, cloud: Cloud, environment: str) -> None:
    destroy(account, environment=environment, confirm=lambda _: True, samconfig=cloud.samconfig)


COMMANDS = {"deploy": _deploy, "rollback": _rollback, "destroy": _destroy}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_checks_the_status_before_any_change(
    cloud: Cloud, programs: RecordedPrograms, command: str
) -> None:
    _deploy(cloud.account(), programs, cloud, "dev")
    cloud.said.clear()
    account = StubbedAccount(
        cloud.said.append, {"DescribeStacks": {"StackStatus": "UPDATE_ROLLBACK_IN_PROGRESS"}}
    )

    with pytest.raises(CheckFailedError, match=f"allows no {command}; wait"):
        COMMANDS[command](account, programs, cloud, "dev")
    assert set(cloud.calls) == {"aws cloudformation:DescribeStacks"}


def _doctor(account: Account, _: object, cloud: Cloud, environment: str) -> None:
    doctor(account, environment=environment, samconfig=cloud.samconfig)


def _smoke(account: Account, _: object, cloud: Cloud, environment: str) -> None:
    smoke(account, environment=environment, samconfig=cloud.samconfig)


ALL_COMMANDS = {**COMMANDS, "doctor": _doctor, "smoke": _smoke}


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_commands_of_the_application_refuse_the_bootstrap_stack(
    cloud: Cloud, programs: RecordedPrograms, command: str
) -> None:
    with pytest.raises(InputError, match="`make bootstrap` deploys that stack"):
        ALL_COMMANDS[command](cloud.account(), programs, cloud, "bootstrap")
    assert cloud.said == []
