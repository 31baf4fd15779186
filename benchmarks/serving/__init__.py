"""What an answer costs, three stacks side by side: ``python -m benchmarks.serving``.

- `tutorial`: FastAPI, Mangum, a one-row pandas frame and a pickled pipeline, as tutorials have it;
- `floor`: our app and handler with a constant in place of the model;
- `ours`: the function as it ships.

The first and the last hold the same booster, and are compared only once they agree on its answers.
Whatever is timed runs by turns on one core; S3, SSM and the client have another.
"""
