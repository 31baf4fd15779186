"""Schemas: built in, read from files, drafted from data, and compared with data."""
