"""Annotated recordings and a model become operating points: thresholds that keep a promise, calibrated scores."""
