"""Classify whole recordings or given spans: the mean or the highest score of each label in each of them."""
