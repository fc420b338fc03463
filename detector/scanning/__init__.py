"""Scan recordings with a model: plan each, score its parts, assemble the scores, find events, write tables."""
