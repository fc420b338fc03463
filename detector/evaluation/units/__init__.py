"""Evaluate by units: labelled spans, or whole files, each with one score for each label."""
