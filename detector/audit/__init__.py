"""Draw a sample of detections for a person to check, and estimate from the verdicts how good all detections are."""
