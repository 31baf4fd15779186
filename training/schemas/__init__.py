"""Schemas: read from files, drafted from data, and compared with data; one for PaySim."""
