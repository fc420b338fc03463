"""Runs: folders that keep the scores of a scan, so that it can be stopped and resumed, and its threshold changed."""
