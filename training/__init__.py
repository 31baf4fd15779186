"""Offline work on models: simulate, train, evaluate, score and publish. Never in the image."""
