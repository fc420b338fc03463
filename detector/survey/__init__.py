"""Describe recordings by their headers: what the files are, when they were recorded, on which schedule."""
