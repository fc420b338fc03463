"""Choose the operating points of a model on annotated recordings: thresholds, event settings and calibration."""
