"""Ask a cluster that scales for CPUs: `python -m training.distributed.request_workers 32`, or 0."""

import sys

import ray
from ray.autoscaler.sdk import request_resources

if __name__ == "__main__":
    ray.init(address="auto", logging_level="error")
    request_resources(num_cpus=int(sys.argv[1]))
