"""Fit models: search, resampling, boosting, calibration, threshold and model selection."""
