"""Latency and memory of three stacks side by side: ``python -m benchmarks.serving``.

- `tutorial`: FastAPI, Mangum, a one-row pandas frame and a pickled pipeline, as in tutorials;
- `floor`: our app and handler with a constant in place of the model, a lower bound;
- `ours`: the function as it ships.

`tutorial` and `ours` hold the same booster, and are timed only if their probabilities agree. The
stacks alternate on one core; S3, SSM, the table and the client run on another.

`ours with memory` and `ours with histories` are the function with a table, a stand-in that waits as
long as DynamoDB. `table` measures these waits, which are taken off `ours`' own part of an answer.
"""
