"""Scale a cluster to N CPUs: `python -m training.distributed.request_workers N`."""

import sys

import ray
from ray.autoscaler.sdk import request_resources

if __name__ == "__main__":
    ray.init(address="auto", logging_level="error")
    request_resources(num_cpus=int(sys.argv[1]))
