"""Operating points: the settings that turn scores into events, with their calibration, curves and targets."""
