"""Requests to AWS: signature, transport, and the calls that the service needs."""
