"""Detections for each hour of effort: by hour of day, day, site and label."""
