"""``python -m benchmarks.serving.worker MODULE``: call a handler as told over pipes, and time it.

Each line of standard input holds an event and a number of calls. Each line of standard output holds
the last answer, the nanoseconds of every call, and the CPU nanoseconds of all calls. The handler's
own output is discarded, but the time to print it counts. The worker runs in the environment of any
stack, so it needs only the standard library. It ends with its input, and so with its parent.
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
    """The last answer, the time of each call, and the CPU time of all calls."""
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
    """Import the handler, then answer each line of standard input."""
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
