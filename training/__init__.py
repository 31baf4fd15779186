"""Offline work on models, which the image does not contain."""
