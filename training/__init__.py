"""Offline work on models: training, evaluation and publishing. Not part of the image."""
