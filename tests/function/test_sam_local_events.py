"""The recorded events of `sam local start-api` are those that the SAM command line makes."""

import json
import subprocess

import pytest

from tests.function.runtime import SAM_LOCAL, event
from training.local.processes import ROOT

pytestmark = pytest.mark.slow

PYTHON = ROOT / ".venv-sam" / "bin" / "python"

MAKE = """
import json, sys
from flask import Flask, request
from samcli.local.apigw.event_constructor import construct_v1_event

recorded, app, made = json.load(sys.stdin), Flask(__name__), []
for route in sorted({(each["path"], each["httpMethod"]) for each in recorded}):
    app.add_url_rule(route[0], route[0], lambda: "made", methods=[route[1]])
app.before_request(lambda: made.append(construct_v1_event(request, 3000, [], stage_name="live")))
for each in recorded:
    headers = {name: each["headers"][name] for name in ("User-Agent", "Accept")}
    app.test_client().open(
        each["path"],
        method=each["httpMethod"],
        data=each["body"],
        headers=headers,
        content_type=each["headers"].get("Content-Type"),
        base_url="http://127.0.0.1:3000",
    )
print(json.dumps(made))
"""

NEW_EACH_TIME = ("requestId", "requestTime", "requestTimeEpoch")


def test_the_recorded_events_are_what_sam_makes_of_the_same_requests() -> None:
    if not PYTHON.exists():
        pytest.skip(f"no {PYTHON}; make it with .ci/setup")
    recorded = [event(f"sam_local_{case}") for case in SAM_LOCAL]

    done = subprocess.run(
        [PYTHON, "-c", MAKE],
        input=json.dumps(recorded),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    for each in (*made, *recorded):
        for name in NEW_EACH_TIME:
            each["requestContext"].pop(name)
    assert made == recorded
