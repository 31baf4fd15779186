"""`make deploy`: its AWS calls and command lines in order, and the state that it leaves."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bootstrap.deploy import deploy
from bootstrap.programs import Programs, RealPrograms
from bootstrap.transform import TEMPLATE, declared_by
from tests.bootstrap.cloud import (
    COMMIT,
    REPOSITORY,
    STACK,
    Cloud,
    RecordedPrograms,
    StubbedAccount,
    docker,
)
from training.errors import CheckFailedError, InputError

CALLS = [
    "aws cloudformation:DescribeStacks",  # the bootstrap stack: where to push
    "aws cloudformation:DescribeStacks",  # the application: what runs now
    "git status",
    "git rev-parse",
    "aws ecr:BatchGetImage",  # was this commit built before?
    "aws ecr:GetAuthorizationToken",
    "docker login",
    "docker buildx",
    "aws ecr:BatchGetImage",  # its digest
    "aws ecr:DescribeImages",  # its tags
    "aws ecr:BatchGetImage",  # its manifest
    "aws ecr:PutImage",  # release-<digest12>
    "aws ecr:PutImage",  # commit-<commit>
    "aws ecr:BatchDeleteImage",  # ci-<commit>, by which a lifecycle rule would expire it
    "aws ecr:DescribeImages",  # its tags now
    "aws ecr:BatchGetImage",  # its manifest
    "aws ecr:PutImage",  # in-use-dev-<digest12>
    "aws sts:GetCallerIdentity",  # the account, for the plan
    "sam deploy",
    "aws cloudformation:DescribeStacks",  # does it run what was asked?
    "aws ecr:DescribeImages",  # is an image in use no more?
    "aws cloudformation:DescribeStacks",  # its address
]


def rehearse(
    cloud: Cloud,
    programs: Programs,
    *,
    environment: str = "dev",
    image: str | None = None,
    dry_run: bool = False,
) -> None:
    deploy(
        cloud.account(dry_run=dry_run),
        programs,
        environment=environment,
        image=image,
        samconfig=cloud.samconfig,
        engine=docker,
    )


def command(cloud: Cloud, program: str) -> str:
    (line,) = [line for line in cloud.said if program in line]
    return line


def test_a_first_deploy_makes_these_calls_in_this_order(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    rehearse(cloud, programs)

    assert cloud.calls == CALLS


def test_the_image_is_built_for_lambda_without_provenance(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    rehearse(cloud, programs)

    assert command(cloud, "docker buildx") == (
        "docker buildx build --provenance=false --sbom=false --platform linux/amd64 "
        f"--tag {cloud.uri}:ci-{COMMIT} --push ."
    )


def test_the_stack_is_deployed_by_digest_and_the_image_kept_by_a_release_tag(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    rehearse(cloud, programs)

    (image,) = cloud.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
    digest = image["imageDigest"]
    assert f'ImageUri="{cloud.uri}@{digest}"' in command(cloud, "sam deploy")
    short = digest[7:19]
    assert cloud.tags() == [f"commit-{COMMIT}", f"in-use-dev-{short}", f"release-{short}"]


def test_the_registrys_password_is_on_no_command_line(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    rehearse(cloud, programs)

    (password,) = filter(None, programs.secrets)
    assert password not in "".join(cloud.said)


def test_a_parameter_that_only_prod_has_reaches_prod(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    rehearse(cloud, programs, environment="prod")

    assert 'ReservedConcurrency="7"' in command(cloud, "sam deploy")
    assert 'AlarmEmail="on-call@example.com"' in command(cloud, "sam deploy")


def test_every_parameter_of_the_template_is_passed_and_printed(
    cloud: Cloud, programs: RecordedPrograms, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearse(cloud, programs)

    printed = capsys.readouterr().out
    for name in declared_by(TEMPLATE.read_text()):
        assert f' {name}="' in command(cloud, "sam deploy")
        assert f"  {name} = " in printed


def test_a_commit_is_built_once(cloud: Cloud, programs: RecordedPrograms) -> None:
    rehearse(cloud, programs)
    cloud.said.clear()

    rehearse(cloud, programs)

    assert "docker buildx" not in cloud.calls
    assert "sam deploy" in cloud.calls


def test_a_commit_that_was_built_twice_keeps_both_images(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    first, second = (released(cloud, programs, content) for content in ("one", "two"))

    assert cloud.tags() == sorted(
        [
            f"commit-{COMMIT}",
            f"in-use-dev-{first[7:19]}",
            f"in-use-dev-{second[7:19]}",
            f"release-{first[7:19]}",
            f"release-{second[7:19]}",
        ]
    )


def released(cloud: Cloud, programs: RecordedPrograms, content: str) -> str:
    """The digest of another build of the commit, pushed by a workflow and deployed."""
    digest = cloud.push(f"ci-{COMMIT}", content)
    rehearse(cloud, programs, image=f"{cloud.uri}@{digest}")
    return digest


def test_a_second_deploy_prints_both_digests_and_how_to_roll_back(
    cloud: Cloud, programs: RecordedPrograms, capsys: pytest.CaptureFixture[str]
) -> None:
    old = cloud.push("ci-old", "another")
    rehearse(cloud, programs, image=f"{cloud.uri}@{old}")
    new = cloud.push("ci-new", "and another")
    capsys.readouterr()

    rehearse(cloud, programs, image=f"{cloud.uri}@{new}")

    printed = capsys.readouterr().out
    assert f"deployed {new}, before: {old}" in printed
    assert f"(was {cloud.uri}@{old})" in printed
    assert "make rollback ENV=dev" in printed


def test_a_dry_run_names_the_same_calls_and_changes_nothing(
    cloud: Cloud, programs: RecordedPrograms, capsys: pytest.CaptureFixture[str]
) -> None:
    class Dry(RealPrograms):
        def ask(self, *command: str) -> str:
            return programs.ask(*command)

    rehearse(cloud, Dry(cloud.said.append, dry_run=True), dry_run=True)

    # Not those that ask for the digest, the tags and the manifest of what was not pushed, nor for
    # the address of what was not deployed.
    asked_later = [8, 9, 10, 12, 14, 15, 19, 20, 21]
    assert cloud.calls == [call for number, call in enumerate(CALLS) if number not in asked_later]
    assert cloud.tags() == []
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    assert STACK not in [stack["StackName"] for stack in stacks]
    assert "nothing was changed" in capsys.readouterr().out


def test_an_image_that_an_environment_left_loses_its_protection(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    digests = [released(cloud, programs, content) for content in ("one", "two", "three")]

    in_use = [tag for tag in cloud.tags() if tag.startswith("in-use-")]
    assert in_use == sorted(f"in-use-dev-{digest[7:19]}" for digest in digests[1:])
    assert len([tag for tag in cloud.tags() if tag.startswith("release-")]) == 3


def test_another_environment_keeps_its_own_protection(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    digest = released(cloud, programs, "one")
    rehearse(cloud, programs, environment="prod", image=f"{cloud.uri}@{digest}")
    for content in ("two", "three"):
        released(cloud, programs, content)

    assert f"in-use-prod-{digest[7:19]}" in cloud.tags()
    assert f"in-use-dev-{digest[7:19]}" not in cloud.tags()


def test_each_deploy_has_a_new_release_time(cloud: Cloud, programs: RecordedPrograms) -> None:
    rehearse(cloud, programs)

    (release,) = re.findall(r'Release="(.+?Z)"', command(cloud, "sam deploy"))
    assert datetime.now(UTC) - datetime.fromisoformat(release) < timedelta(minutes=5)
    assert datetime.fromisoformat(release).microsecond == 0


def test_prod_is_protected_from_deletion_and_dev_is_not(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    rehearse(cloud, programs)
    assert not [line for line in cloud.said if "TerminationProtection" in line]

    rehearse(cloud, programs, environment="prod")
    (line,) = [line for line in cloud.said if "TerminationProtection" in line]
    assert "'StackName': 'fraud-api-prod', 'EnableTerminationProtection': True" in line


def test_the_plan_names_account_and_region(
    cloud: Cloud, programs: RecordedPrograms, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearse(cloud, programs)

    assert "fraud-api-dev in account 123456789012, region us-east-1" in capsys.readouterr().out


class Overtaken(RecordedPrograms):
    """Somebody else deploys between SAM's end and our check."""

    def run(self, *command: str, secret: str | None = None) -> None:
        super().run(*command, secret=secret)
        if command[1] == "deploy":
            self.cloud.sam_deploys(STACK, self.cloud.parameters() | {"MemoryMb": "512"})


def test_a_stack_with_other_parameters_after_a_deploy_is_a_failure(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CheckFailedError, match="MemoryMb is '512' in place of '2048'"):
        rehearse(cloud, Overtaken(cloud))
    assert "deployed sha256" not in capsys.readouterr().out


def test_a_stack_that_rolled_back_is_a_failure(cloud: Cloud, programs: RecordedPrograms) -> None:
    class WentBack(StubbedAccount):
        def read(self, service: str, operation: str, **arguments: Any) -> Any:
            went_back = any(line.startswith("sam") or "/sam " in line for line in cloud.said)
            self.answers = (
                {"DescribeStacks": {"StackStatus": "UPDATE_ROLLBACK_COMPLETE"}} if went_back else {}
            )
            return super().read(service, operation, **arguments)

    with pytest.raises(CheckFailedError, match="the stack is UPDATE_ROLLBACK_COMPLETE"):
        deploy(
            WentBack(cloud.said.append),
            programs,
            environment="dev",
            image=None,
            samconfig=cloud.samconfig,
            engine=docker,
        )


def test_code_that_is_not_committed_is_not_deployed(cloud: Cloud) -> None:
    refusal = r"not committed: fraud_api_lambda/web/app\.py; commit first"

    with pytest.raises(InputError, match=refusal):
        rehearse(cloud, RecordedPrograms(cloud, changed=" M fraud_api_lambda/web/app.py"))


@pytest.mark.parametrize(
    ("image", "why"),
    [
        ("{uri}:latest", "tags move"),
        ("public.ecr.aws/x/y@sha256:" + "0" * 64, "is in another repository"),
        ("{uri}@sha256:" + "0" * 64, "has no image"),
    ],
)
def test_an_image_that_cannot_be_deployed_is_refused(
    cloud: Cloud, programs: RecordedPrograms, image: str, why: str
) -> None:
    with pytest.raises((InputError, CheckFailedError), match=why):
        rehearse(cloud, programs, image=image.format(uri=cloud.uri))
    assert "sam deploy" not in cloud.calls


def test_a_misspelt_parameter_is_named_before_anything_is_built(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    cloud.samconfig.write_text(cloud.samconfig.read_text().replace("MemoryMb", "MemoryMB"))

    with pytest.raises(InputError, match=r"no parameter MemoryMB; did you mean MemoryMb\?"):
        rehearse(cloud, programs)
    assert "docker buildx" not in cloud.calls


def test_a_missing_bootstrap_stack_is_named_with_the_command_that_makes_it(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    cloud.client("cloudformation").delete_stack(StackName="fraud-api-bootstrap")

    with pytest.raises(CheckFailedError, match="make bootstrap"):
        rehearse(cloud, programs)


def test_an_unknown_environment_is_refused_with_those_that_exist(
    cloud: Cloud, programs: RecordedPrograms
) -> None:
    with pytest.raises(InputError, match=r"no environment staging; it has dev, prod"):
        rehearse(cloud, programs, environment="staging")
