"""Rows of elements with known gaps, and pairs of overlapping calls: how far a detector keeps neighbours apart."""
