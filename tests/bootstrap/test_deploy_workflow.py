"""The workflow's steps after a deploy, run as GitHub runs them, with and without signatures."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from botocore.credentials import Credentials

from bootstrap import site
from bootstrap.parameters import SAMCONFIG, read_environment
from bootstrap.site import Site
from bootstrap.stacks import require
from bootstrap.transform import TEMPLATE, declared_by
from tests.bootstrap.cloud import STACK, Cloud, as_parameters, template
from tests.bootstrap.gateway import VERSION, GatewayServer, gateway
from tests.infra.test_workflows import WORKFLOWS, step_of
from training.local.processes import ROOT

KINDS = ("key", "AWS_IAM")
ASSUMED = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret/with+signs",
    "AWS_SESSION_TOKEN": "a session's token",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}
"""Variables that `configure-aws-credentials` sets for later steps."""

SETUPS = " ".join(f"--old-file=setup-{name}" for name in ("project", "sam"))
MAKE = f'#!/bin/sh\nexec {shutil.which("make")} --silent {SETUPS} "$@"\n'
"""make without the targets that build the environments."""


@dataclass(frozen=True)
class Deployed:
    """The environment dev behind a gateway."""

    cloud: Cloud
    server: GatewayServer

    def step(self, name: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a step of the deploy workflow, with the role's credentials."""
        programs = self.cloud.folder / "bin"
        programs.mkdir()
        (programs / "make").write_text(MAKE)
        (programs / "make").chmod(0o755)
        environment = {**self.cloud.aws.environment, **ASSUMED, **variables, "TARGET": "dev"}
        return subprocess.run(
            [
                "bash",
                "-eo",
                "pipefail",
                "-c",
                step_of(WORKFLOWS, "deploy-to", "deploy", name)["run"],
            ],
            cwd=ROOT,
            env=environment | {"PATH": f"{programs}:/usr/bin:/bin"},
            check=False,
            capture_output=True,
            text=True,
        )

    @property
    def statuses(self) -> list[int]:
        return [status for _, status in self.server.answered]


@pytest.fixture(params=KINDS)
def deployed(cloud: Cloud, request: pytest.FixtureRequest) -> Iterator[Deployed]:
    signs = Credentials(*list(ASSUMED.values())[:3]) if request.param == "AWS_IAM" else None
    with gateway(cloud.key_value(), signs, cloud.key_value("reviews")) as server:
        parameters = {"CallerAuthorisation": request.param}
        outputs = {
            "ApiUrl": f"http://127.0.0.1:{server.server_port}/live",
            "ApiKeyId": cloud.key_id(),
            "ReviewKeyId": cloud.key_id("reviews"),
        }
        cloud.client("cloudformation").create_stack(
            StackName=STACK,
            TemplateBody=template(parameters, outputs),
            Parameters=as_parameters(parameters),
        )
        yield Deployed(cloud, server)


def test_the_kinds_are_those_of_the_template() -> None:
    assert tuple(declared_by(TEMPLATE.read_text())["CallerAuthorisation"]["AllowedValues"]) == KINDS
    assert read_environment("dev", SAMCONFIG).stack_name == STACK


def test_the_smoke_test_is_green(deployed: Deployed) -> None:
    done = deployed.step("Smoke test")

    assert done.returncode == 0, done.stdout + done.stderr
    assert deployed.statuses == [200, 200, 200, 422, 403, 200]


def test_the_smoke_test_is_red_where_any_key_opens_the_reviews_and_shows_none(
    deployed: Deployed,
) -> None:
    deployed.server.is_open = True

    done = deployed.step("Smoke test")

    assert done.returncode != 0
    failed = [line.partition(":")[0] for line in done.stdout.splitlines() if "FAILED" in line]
    assert failed == ["reviews, other key"]
    assert "1234.5" not in done.stdout + done.stderr


@pytest.mark.parametrize("deployed", ["AWS_IAM"], indirect=True)
def test_the_smoke_test_is_red_where_its_role_may_not_call(deployed: Deployed) -> None:
    done = deployed.step("Smoke test", AWS_SECRET_ACCESS_KEY="another's")

    assert done.returncode != 0
    assert set(deployed.statuses) == {403}


def test_the_doctor_asks_the_api_which_model_answers(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Session:
        region_name = ASSUMED["AWS_REGION"]

        def get_credentials(self) -> Credentials:
            return Credentials(*list(ASSUMED.values())[:3])

    account = deployed.cloud.account()
    stack = require(account, STACK, "")
    monkeypatch.setattr(site, "session", Session)

    assert Site(account, "dev", stack, stack).served_version() == VERSION
