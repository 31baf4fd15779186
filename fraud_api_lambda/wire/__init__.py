"""The request bodies of a bundle: their fields and limits, their JSON, and their faults."""
