"""Trials on real recordings: what is trained on what, what is scored, and the tables that come of it."""
