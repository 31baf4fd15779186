"""An AWS account on this machine with both stacks in it, and stand-ins for SAM and Docker."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3

from bootstrap.account import Account
from tests.aws import Aws
from training.local.sam import ContainerEngine

REPOSITORY = "fraud-api-images"
STACK = "fraud-api-dev"
COMMIT = "c0ffee" * 6 + "abcd"
FUNCTION = "fraud-api-dev-FraudFunction"

SAMCONFIG = """
version = 0.1
[default.deploy.parameters]
capabilities = "CAPABILITY_IAM"
[bootstrap.deploy.parameters]
template_file = "bootstrap/template.yaml"
[dev.deploy.parameters]
stack_name = "fraud-api-dev"
parameter_overrides = ["Monitoring=off", "MemoryMb=2048"]
[prod.deploy.parameters]
stack_name = "fraud-api-prod"
capabilities = "CAPABILITY_IAM"
resolve_s3 = true
parameter_overrides = 'Monitoring="on" AlarmEmail="on-call@example.com" ReservedConcurrency=7'
"""

type Say = Callable[[str], None]
"""Receives the calls of an account, as lines."""

type Line = tuple[str, ...]
"""The command line of a program."""


def template(parameters: Iterable[str], outputs: Mapping[str, str]) -> str:
    """A CloudFormation template without content, because moto cannot deploy the real one."""
    return json.dumps(
        {
            "Parameters": {name: {"Type": "String"} for name in parameters},
            "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


def as_parameters(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


class Unprotected(Account):
    """Lists the protection of a stack without a call, because moto does not support it."""

    def change(self, service: str, operation: str, **arguments: Any) -> Any:
        if operation != "UpdateTerminationProtection":
            return super().change(service, operation, **arguments)
        self._say(f"aws cloudformation:{operation} {arguments}")
        return {}


class Session(boto3.session.Session):
    """Makes one client for each service: a new client costs 10 ms of a core."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[tuple[str, ...], Any] = {}

    def client(self, *service: Any, **options: Any) -> Any:
        key = (*service, *options)
        if key not in self.clients:
            self.clients[key] = super().client(*service, **options)
        return self.clients[key]


@dataclass
class Cloud:
    """The account that the commands work on, and a record of their calls."""

    aws: Aws
    folder: Path
    api_url: str
    served: dict[str, Any]
    session: Session
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.samconfig = self.folder / "samconfig.toml"
        self.samconfig.write_text(SAMCONFIG)

    @property
    def heartbeat(self) -> str:
        """Its function's name, which is every test's own: moto forgets no metric."""
        return f"heartbeat-of-{self.aws.bucket}"

    def client(self, service: str) -> Any:
        return self.session.client(service)

    def account(self, *, dry_run: bool = False) -> Unprotected:
        return Unprotected(self.said.append, dry_run=dry_run)

    @property
    def calls(self) -> list[str]:
        """The AWS operations and programs, in order, those included that a dry run leaves out."""
        told = [line.removeprefix("would call ").removeprefix("would run ") for line in self.said]
        words = [line.split()[:2] for line in told]
        return [f"{Path(first).name} {second}" for first, second in words]

    @property
    def uri(self) -> str:
        found = self.client("ecr").describe_repositories(repositoryNames=[REPOSITORY])
        uri: str = found["repositories"][0]["repositoryUri"]
        return uri

    def push(self, tag: str, content: str = "one") -> str:
        """Push an image as a container engine does; returns its digest."""
        layer = f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"
        media_type = "application/vnd.docker.distribution.manifest.v2+json"
        manifest = {"mediaType": media_type, "config": {"size": 7}, "layers": [{"digest": layer}]}
        answer = self.client("ecr").put_image(
            repositoryName=REPOSITORY,
            imageManifest=json.dumps(manifest),
            imageManifestMediaType=media_type,
            imageTag=tag,
        )
        digest: str = answer["image"]["imageId"]["imageDigest"]
        return digest

    def tags(self) -> list[str]:
        found = self.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
        return sorted(tag for each in found for tag in each.get("imageTags", []))

    def make_bootstrap(self) -> None:
        self.client("ecr").create_repository(
            repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE"
        )
        outputs = {
            "ImageRepositoryUri": self.uri,
            "ImageRepositoryName": REPOSITORY,
            "ModelBucketName": self.aws.bucket,
            "DeployRoleDevArn": "arn:aws:iam::123456789012:role/deploy",
        }
        self.client("cloudformation").create_stack(
            StackName="fraud-api-bootstrap", TemplateBody=template([], outputs)
        )

    def make_table(self, **changes: Any) -> None:
        """Create the table of dev as DynamoDB restores one: without a time to live and backups."""
        options = {
            "TableName": STACK,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
        self.client("dynamodb").create_table(**options | changes)

    def put_secret(self, name: str, kind: str = "SecureString") -> None:
        self.client("ssm").put_parameter(Name=name, Type=kind, Value="kept")

    def sam_deploys(self, stack: str, parameters: Mapping[str, str]) -> None:
        """What is left of `sam deploy` here: the stack's parameters, outputs and a new version."""
        outputs = {
            "ApiUrl": self.api_url,
            "ApiKeyId": self.key_id(),
            "FunctionName": FUNCTION,
            "HeartbeatFunctionName": self.heartbeat,
        }
        if parameters.get("Memory") == "on":
            outputs["ReviewKeyId"] = self.key_id("reviews")
        body = template(parameters, {**outputs, "Deploys": str(len(self.said))})
        known = [
            each["StackName"] for each in self.client("cloudformation").describe_stacks()["Stacks"]
        ]
        act = "update_stack" if stack in known else "create_stack"
        getattr(self.client("cloudformation"), act)(
            StackName=stack, TemplateBody=body, Parameters=as_parameters(parameters)
        )
        self.publish_version(parameters["ImageUri"])

    def key_id(self, name: str = "key") -> str:
        client = self.client("apigateway")
        found = [each for each in client.get_api_keys()["items"] if each["name"] == name]
        key, *_ = found or [client.create_api_key(name=name, enabled=True)]
        return str(key["id"])

    def key_value(self, name: str = "key") -> str:
        found = self.client("apigateway").get_api_key(apiKey=self.key_id(name), includeValue=True)
        return str(found["value"])

    def publish_version(self, image: str) -> str:
        """Run an image in a new version, and point the alias there."""
        functions = self.client("lambda")
        if FUNCTION not in [
            each["FunctionName"] for each in functions.list_functions()["Functions"]
        ]:
            functions.create_function(
                FunctionName=FUNCTION,
                PackageType="Image",
                Code={"ImageUri": image},
                Role=self.role(),
            )
        else:
            functions.update_function_code(FunctionName=FUNCTION, ImageUri=image)
        version: str = functions.publish_version(FunctionName=FUNCTION)["Version"]
        aliases = functions.list_aliases(FunctionName=FUNCTION)["Aliases"]
        act = functions.update_alias if aliases else functions.create_alias
        act(FunctionName=FUNCTION, Name="live", FunctionVersion=version)
        return version

    def role(self) -> str:
        roles: dict[str, str] = {
            each["RoleName"]: each["Arn"] for each in self.client("iam").list_roles()["Roles"]
        }
        if "run" not in roles:
            made = self.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument="{}")
            roles["run"] = made["Role"]["Arn"]
        return roles["run"]

    def beat(self, invocations: int = 1, errors: int = 0) -> None:
        """The heartbeat's metrics of the last minutes."""
        for metric, value in (("Invocations", invocations), ("Errors", errors)):
            self.client("cloudwatch").put_metric_data(
                Namespace="AWS/Lambda",
                MetricData=[
                    {
                        "MetricName": metric,
                        "Dimensions": [{"Name": "FunctionName", "Value": self.heartbeat}],
                        "Value": value,
                        "Timestamp": datetime.now(UTC) - timedelta(minutes=5),
                    }
                ],
            )

    def raise_alarm(self, state: str, alarm: str = "ServerErrorsAlarm") -> None:
        """Have an alarm of the stack's in this state."""
        client = self.client("cloudwatch")
        name = f"{STACK}-{alarm}-X"
        client.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="Look at the log",
            Namespace="AWS/ApiGateway",
            MetricName="5XXError",
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold",
            Threshold=0.05,
        )
        client.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")

    def parameters(self) -> dict[str, str]:
        """The application's, as they were deployed."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def invoked(status: int | None = 200, failures: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """Lambda's answer to an invocation with GET /model, with the tail of the log."""
    body = json.dumps({"version": "0123456789abcdef"} if status == 200 else {"status": status})
    lines = [json.dumps({"message": "model load failed", **each}) for each in failures]
    log = "\n".join(["START RequestId: 1", "[1]", *lines, "END RequestId: 1"])
    payload = json.dumps({"statusCode": status, "body": body} if status else {"errorType": "E"})
    return {
        "Payload": BytesIO(payload.encode()),
        "LogResult": base64.b64encode(log.encode()).decode(),
    }


NO_ANSWERS: Mapping[str, Any] = MappingProxyType({})


class StubbedAccount(Account):
    """Answers a few calls itself: moto's functions and stacks have no faults and run nothing."""

    def __init__(self, say: Say, answers: Mapping[str, Any] = NO_ANSWERS) -> None:
        super().__init__(say)
        self.answers = dict(answers)

    def read(self, service: str, operation: str, **arguments: Any) -> Any:
        changes = self.answers.get(operation, {})
        if operation == "Invoke" and arguments["FunctionName"] != FUNCTION:
            return self.answers["heartbeat"]
        if operation == "Invoke":
            return invoked(**changes)
        answer = super().read(service, operation, **arguments)
        if operation == "DescribeStacks" and arguments["StackName"] != STACK:
            return answer
        place = answer["Stacks"][0] if operation == "DescribeStacks" else answer
        place.update(changes)
        return answer


class RecordedPrograms:
    """Replays the programs' effects in the stand-in account, and records their command lines."""

    def __init__(self, cloud: Cloud, *, changed: str = "") -> None:
        self.cloud = cloud
        self.changed = changed
        self.secrets: list[str | None] = []

    def ask(self, *command: str) -> str:
        self.cloud.said.append(" ".join(command))
        return self.changed if "status" in command else COMMIT

    def run(self, *command: str, secret: str | None = None) -> None:
        self.cloud.said.append(" ".join(command))
        self.secrets.append(secret)
        if "--push" in command:
            self.cloud.push(command[command.index("--tag") + 1].rpartition(":")[2])
        if command[1] == "deploy":
            first = command.index("--parameter-overrides") + 1
            values = dict(map(named, command[first:]))
            self.cloud.sam_deploys(command[command.index("--stack-name") + 1], values)


def named(parameter: str) -> tuple[str, str]:
    """The name and the value in `Name="value"`."""
    found = re.fullmatch(r'(\w+)="(.*)"', parameter)
    assert found is not None, parameter
    return found[1], found[2]


def docker() -> ContainerEngine:
    return ContainerEngine("unix:///nowhere", is_podman=False)


@contextmanager
def api(served: dict[str, Any]) -> Iterator[str]:
    """The gateway: answers GET /live/model with `served`, and records the key."""

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served["key"] = self.headers["x-api-key"]
            served["authorization"] = self.headers["Authorization"]
            body = json.dumps({"version": served["version"]}).encode()
            self.send_response(served["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        serving = {"poll_interval": 0.01}  # else its end takes half a second
        threading.Thread(target=server.serve_forever, kwargs=serving, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/live"
        server.shutdown()
