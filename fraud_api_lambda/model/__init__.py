"""The fitted model: the booster and its calibration."""
