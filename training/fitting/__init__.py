"""From rows to a calibrated model with a threshold, and how one is chosen."""
