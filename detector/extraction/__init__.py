"""Annotations and recordings become clips: plan the windows, split by recording or site, cut, write, preview."""
