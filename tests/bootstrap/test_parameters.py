"""A stack's parameters: no value of samconfig.toml is lost, not even by SAM."""

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from bootstrap.deploy import deploy
from bootstrap.parameters import (
    Declared,
    as_arguments,
    as_table,
    compared,
    effective,
    read_environment,
)
from bootstrap.prepare import prepare
from bootstrap.programs import RealPrograms
from tests.bootstrap.cloud import Cloud, Line, RecordedPrograms
from training.errors import CommandError, InputError
from training.local.processes import ROOT

SAM = ROOT / ".venv-sam" / "bin"
needs_sam = pytest.mark.skipif(
    not (SAM / "sam").exists(), reason="no .venv-sam: `.ci/setup` makes it"
)

type Form = dict[str, str]
"""The fields of a request to CloudFormation."""

DECLARED: Declared = {
    "ImageUri": {"Type": "String"},
    "MemoryMb": {"Type": "Number", "Default": 1024},
    "AlarmEmail": {"Type": "String", "Default": ""},
    "Secret": {"Type": "String", "Default": "hush", "NoEcho": True},
}


@pytest.mark.parametrize(
    "spelling",
    [
        ["MemoryMb=2048", 'AlarmEmail=""', "Note=a=b"],
        "MemoryMb=2048 AlarmEmail='' Note=a=b",
        {"MemoryMb": 2048, "AlarmEmail": "", "Note": "a=b"},
    ],
)
def test_overrides_are_read_in_each_of_sams_notations(
    spelling: str | list[str] | dict[str, Any],
) -> None:
    assert as_table(spelling) == {"MemoryMb": "2048", "AlarmEmail": "", "Note": "a=b"}


@pytest.mark.parametrize("entry", ["MemoryMb", "ParameterKey=MemoryMb,ParameterValue=1"])
def test_an_override_that_is_not_name_and_value_is_refused(entry: str) -> None:
    with pytest.raises(InputError, match="is not Name=Value"):
        as_table([entry])


def test_values_of_the_deploy_override_samconfig_which_overrides_defaults() -> None:
    overrides = {"MemoryMb": "2048", "ImageUri": "old"}

    values = effective(DECLARED, overrides, {"ImageUri": "new"})

    assert values == {"ImageUri": "new", "MemoryMb": "2048", "AlarmEmail": "", "Secret": "hush"}


def test_a_parameter_without_a_value_is_named() -> None:
    with pytest.raises(InputError, match="no value for ImageUri"):
        effective(DECLARED, {}, {})


def test_each_value_is_printed_with_its_old_one_except_secrets() -> None:
    old = {"MemoryMb": "512", "AlarmEmail": "", "Secret": "older"}
    new = {"ImageUri": "image", "MemoryMb": "1024", "AlarmEmail": "", "Secret": "newer"}

    assert compared(DECLARED, old, new) == [
        "  ImageUri = image",
        "  MemoryMb = 1024  (was 512)",
        '  AlarmEmail = ""',
        "  Secret = ****",
    ]


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text("not = [toml")

    with pytest.raises(InputError, match=r"samconfig\.toml cannot be read"):
        read_environment("dev", tmp_path / "samconfig.toml")


def test_the_projects_own_environments_are_two_stacks() -> None:
    assert read_environment("dev").stack_name == "fraud-api-dev"
    assert read_environment("prod").stack_name == "fraud-api-prod"


@needs_sam
def test_sam_reads_back_the_values_that_were_passed() -> None:
    values = {
        "Empty": "",
        "Spaces": "cron(0 1 * * ? *)",
        "Quotes": '{"a": "it\'s"}',
        "Equals": "a=b,c=d",
        "Image": "0.dkr.ecr.x.amazonaws.com/a@sha256:b",
    }
    convert = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as Type; "
        "print(json.dumps(Type().convert(tuple(sys.argv[1:]), None, None)))"
    )

    done = subprocess.run(
        [SAM / "python", "-c", convert, *as_arguments(values)],
        capture_output=True,
        check=True,
        text=True,
    )

    assert json.loads(done.stdout) == values


MANAGED = """<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
<StackName>aws-sam-cli-managed-default</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
<CreationTime>2026-01-01T00:00:00Z</CreationTime>
<Tags><member><Key>ManagedStackSource</Key><Value>AwsSamCli</Value></member></Tags>
<Outputs><member><OutputKey>SourceBucket</OutputKey><OutputValue>{bucket}</OutputValue></member>
<member><OutputKey>Version</OutputKey><OutputValue>1.0.0</OutputValue></member></Outputs>
</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
REFUSED = """<ErrorResponse><Error><Code>ValidationError</Code><Message>{}</Message></Error>
</ErrorResponse>"""


@contextmanager
def cloudformation(bucket: str) -> Iterator[tuple[list[Form], str]]:
    """A CloudFormation that knows only SAM's own stack, and records requests for change sets."""
    asked: list[Form] = []

    class CloudFormation(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {
                name: value for name, (value,) in parse_qs(body, keep_blank_values=True).items()
            }
            if form.get("StackName", "").startswith("aws-sam-cli-managed"):
                return self.answer(200, MANAGED.format(bucket=bucket))
            if form["Action"] == "CreateChangeSet":
                asked.append(form)
                return self.answer(400, REFUSED.format("this is a test"))
            return self.answer(
                400, REFUSED.format(f"Stack with id {form['StackName']} does not exist")
            )

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), CloudFormation) as server:
        serving = {"poll_interval": 0.01}
        threading.Thread(target=server.serve_forever, kwargs=serving, daemon=True).start()
        yield asked, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def parameters(form: Form) -> dict[str, str]:
    count = sum(name.endswith(".ParameterKey") for name in form)
    names = [f"Parameters.member.{number + 1}" for number in range(count)]
    return {
        form[f"{name}.ParameterKey"]: form[f"{name}.ParameterValue"]
        for name in names
        if f"{name}.ParameterValue" in form
    }


def template(cloud: Cloud, form: Form) -> str:
    """The template that SAM uploaded for CloudFormation."""
    if "TemplateBody" in form:
        return form["TemplateBody"]
    key = form["TemplateURL"].rpartition("/")[2]
    body: bytes = cloud.aws.s3.get_object(Bucket=cloud.aws.bucket, Key=key)["Body"].read()
    return body.decode()


def unchanged(command: Line) -> Line:
    return command


class RealSam(RecordedPrograms):
    """Runs the real SAM against that CloudFormation, after a change to its command line."""

    def __init__(
        self,
        cloud: Cloud,
        endpoint: str,
        patch: pytest.MonkeyPatch,
        change: Callable[[Line], Line] = unchanged,
    ) -> None:
        super().__init__(cloud)
        self.endpoint, self.patch, self.change = endpoint, patch, change

    def run(self, *command: str, secret: str | None = None) -> None:
        self.patch.setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", self.endpoint)
        RealPrograms(self.cloud.said.append).run(*self.change(command), secret=secret)


def posted(
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[Line], Line] = unchanged,
) -> tuple[str, Form]:
    """The change set that SAM requests when prod is deployed."""
    image = f"{cloud.uri}@{cloud.push('ci-1')}"
    with cloudformation(cloud.aws.bucket) as (asked, endpoint):
        programs = RealSam(cloud, endpoint, monkeypatch, change)
        with pytest.raises(CommandError, match="exit code 1"):
            deploy(
                cloud.account(),
                programs,
                environment="prod",
                image=image,
                samconfig=cloud.samconfig,
            )
    (form,) = asked
    return image, form


@needs_sam
def test_the_real_sam_posts_every_parameter_and_the_image_as_it_is_named(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, form = posted(cloud, monkeypatch)

    values = parameters(form)
    assert form["StackName"] == "fraud-api-prod"
    assert values["ImageUri"] == image
    assert values["ModelBucket"] == cloud.aws.bucket
    assert values["ReservedConcurrency"] == "7"
    assert values["AlarmEmail"] == "on-call@example.com"
    assert "ImageUri:\n        Ref: ImageUri\n" in template(cloud, form)


@needs_sam
def test_sam_alone_loses_the_values_of_samconfig(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aws-sam-cli#2380: once it is fixed, `make deploy` can pass the image alone."""

    def image_alone(command: Line) -> Line:
        first = command.index("--parameter-overrides") + 1
        return (*command[:first], *(each for each in command[first:] if each.startswith("Image")))

    _, form = posted(cloud, monkeypatch, image_alone)

    assert "ReservedConcurrency" not in parameters(form)


@needs_sam
def test_the_real_sam_takes_the_bootstrap_stacks_parameters(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        cloudformation(cloud.aws.bucket) as (asked, endpoint),
        pytest.raises(CommandError, match="exit code 1"),
    ):
        prepare(cloud.account(), RealSam(cloud, endpoint, monkeypatch), github="owner/name")

    (form,) = asked
    assert form["StackName"] == "fraud-api-bootstrap"
    assert parameters(form)["GitHubRepository"] == "owner/name"
    assert "AWS::ECR::Repository" in template(cloud, form)
