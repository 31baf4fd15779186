"""The service on this machine: AWS, API and demo as child processes."""
