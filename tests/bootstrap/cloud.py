"""An AWS account on this machine with both stacks in it, and stand-ins for SAM and Docker."""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

from bootstrap.account import Account
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


def template(parameters, outputs):
    """A CloudFormation template without content, because moto cannot deploy the real one."""
    return json.dumps(
        {
            "Parameters": {name: {"Type": "String"} for name in parameters},
            "Resources": {"Nothing": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


def as_parameters(values):
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


@dataclass
class Cloud:
    """The account that the commands work on, and a record of their calls."""

    aws: Any
    folder: Path
    api_url: str
    served: dict[str, Any]
    session: Any
    said: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.samconfig = self.folder / "samconfig.toml"
        self.samconfig.write_text(SAMCONFIG)

    @property
    def heartbeat(self):
        """Its function's name, which is every test's own: moto forgets no metric."""
        return f"heartbeat-of-{self.aws.bucket}"

    def client(self, service):
        return self.session.client(service)

    def account(self, **options):
        return Unprotected(self.said.append, **options)

    @property
    def calls(self):
        """The AWS operations and programs, in order, those included that a dry run leaves out."""
        told = [line.removeprefix("would call ").removeprefix("would run ") for line in self.said]
        words = [line.split()[:2] for line in told]
        return [f"{Path(first).name} {second}" for first, second in words]

    @property
    def uri(self):
        found = self.client("ecr").describe_repositories(repositoryNames=[REPOSITORY])
        return found["repositories"][0]["repositoryUri"]

    def push(self, tag, content="one"):
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
        return answer["image"]["imageId"]["imageDigest"]

    def tags(self):
        found = self.client("ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]
        return sorted(tag for each in found for tag in each.get("imageTags", []))

    def make_bootstrap(self):
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

    def sam_deploys(self, stack, parameters):
        """What is left of `sam deploy` here: the stack's parameters, outputs and a new version."""
        outputs = {
            "ApiUrl": self.api_url,
            "ApiKeyId": self.key_id(),
            "FunctionName": FUNCTION,
            "HeartbeatFunctionName": self.heartbeat,
        }
        body = template(parameters, {**outputs, "Deploys": str(len(self.said))})
        known = [
            each["StackName"] for each in self.client("cloudformation").describe_stacks()["Stacks"]
        ]
        act = "update_stack" if stack in known else "create_stack"
        getattr(self.client("cloudformation"), act)(
            StackName=stack, TemplateBody=body, Parameters=as_parameters(parameters)
        )
        self.publish_version(parameters["ImageUri"])

    def key_id(self):
        client = self.client("apigateway")
        found = client.get_api_keys()["items"]
        return (found or [client.create_api_key(name="key", enabled=True)])[0]["id"]

    def publish_version(self, image):
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
        version = functions.publish_version(FunctionName=FUNCTION)["Version"]
        aliases = functions.list_aliases(FunctionName=FUNCTION)["Aliases"]
        act = functions.update_alias if aliases else functions.create_alias
        act(FunctionName=FUNCTION, Name="live", FunctionVersion=version)
        return version

    def role(self):
        roles = {each["RoleName"]: each["Arn"] for each in self.client("iam").list_roles()["Roles"]}
        if "run" not in roles:
            made = self.client("iam").create_role(RoleName="run", AssumeRolePolicyDocument="{}")
            return made["Role"]["Arn"]
        return roles["run"]

    def beat(self, invocations=1, errors=0):
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

    def raise_alarm(self, state, alarm="ServerErrorsAlarm"):
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

    def parameters(self):
        """The application's, as they were deployed."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def invoked(status=200, failures=()):
    """Lambda's answer to an invocation with GET /model, with the tail of the log."""
    body = json.dumps({"version": "0123456789abcdef"} if status == 200 else {"status": status})
    lines = [json.dumps({"message": "model load failed", **each}) for each in failures]
    log = "\n".join(["START RequestId: 1", "[1]", *lines, "END RequestId: 1"])
    payload = json.dumps({"statusCode": status, "body": body} if status else {"errorType": "E"})
    return {
        "Payload": BytesIO(payload.encode()),
        "LogResult": base64.b64encode(log.encode()).decode(),
    }


class Unprotected(Account):
    """Lists the protection of a stack without a call, because moto does not support it."""

    def change(self, service, operation, **arguments):
        if operation != "UpdateTerminationProtection":
            return super().change(service, operation, **arguments)
        self._say(f"aws cloudformation:{operation} {arguments}")
        return {}


class StubbedAccount(Account):
    """Answers a few calls itself: moto's functions and stacks have no faults and run nothing."""

    def __init__(self, say, answers=()):
        super().__init__(say)
        self.answers = dict(answers)

    def read(self, service, operation, **arguments):
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

    def __init__(self, cloud, *, changed=""):
        self.cloud = cloud
        self.changed = changed
        self.secrets = []

    def ask(self, *command):
        self.cloud.said.append(" ".join(command))
        return self.changed if "status" in command else COMMIT

    def run(self, *command, secret=None):
        self.cloud.said.append(" ".join(command))
        self.secrets.append(secret)
        if "--push" in command:
            self.cloud.push(command[command.index("--tag") + 1].rpartition(":")[2])
        if command[1] == "deploy":
            first = command.index("--parameter-overrides") + 1
            values = dict(re.fullmatch(r'(\w+)="(.*)"', each).groups() for each in command[first:])
            self.cloud.sam_deploys(command[command.index("--stack-name") + 1], values)


def docker():
    return ContainerEngine("unix:///nowhere", is_podman=False)


@contextmanager
def api(served) -> Iterator[str]:
    """The gateway: answers GET /live/model with `served`, and records the key."""

    class Gateway(BaseHTTPRequestHandler):
        def do_GET(self):
            served["key"] = self.headers["x-api-key"]
            served["authorization"] = self.headers["Authorization"]
            body = json.dumps({"version": served["version"]}).encode()
            self.send_response(served["status"])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as server:
        serving = {"poll_interval": 0.01}  # else its end takes half a second
        threading.Thread(target=server.serve_forever, kwargs=serving, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/live"
        server.shutdown()
