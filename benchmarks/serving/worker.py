"""``python -m benchmarks.serving.worker MODULE``: a handler, asked over pipes, that times itself.

Each line of standard input is an event and how often to call with it; each line of standard output
the last answer, the nanoseconds of every call, and those that the processor worked for all of them.
What the handler prints goes nowhere, but printing it costs what it costs. Runs in any stack's
environment, so it needs nothing but Python. Ends when its input does, and so with its parent.
"""

import importlib
import json
import os
import sys
from time import perf_counter_ns, process_time_ns
from types import SimpleNamespace
from typing import Any, Final

CONTEXT: Final = SimpleNamespace(
    function_name="fraud-api",
    function_version="1",
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:fraud-api",
    memory_limit_in_mb=1536,
    aws_request_id="11111111-2222-4333-8444-555555555555",
    log_group_name="/aws/lambda/fraud-api",
    log_stream_name="2026/11/25/[1]00000000000000000000000000000000",
    get_remaining_time_in_millis=lambda: 10_000,
)


def timed(handler: Any, event: dict[str, Any], calls: int) -> dict[str, Any]:
    """The last answer, what each call took, and what the processor worked for all of them."""
    durations = []
    answer = None
    worked = process_time_ns()
    for _ in range(calls):
        begun = perf_counter_ns()
        answer = handler(event, CONTEXT)
        durations.append(perf_counter_ns() - begun)
    worked = process_time_ns() - worked
    return {"answer": answer, "nanoseconds": durations, "worked": worked}


def main() -> None:
    """Import the handler, then do what is asked."""
    with os.fdopen(os.dup(1), "w") as replies, open(os.devnull, "w") as nowhere:  # noqa: PTH123  # pathlib costs milliseconds
        os.dup2(nowhere.fileno(), 1)
        handler = importlib.import_module(sys.argv[1]).handler
        for line in sys.stdin:
            asked = json.loads(line)
            done = timed(handler, asked["event"], asked["calls"])
            replies.write(json.dumps(done) + "\n")
            replies.flush()


if __name__ == "__main__":
    main()
