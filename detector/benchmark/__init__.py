"""Benchmarks: how fast a model scans or trains on a machine, and where the time goes."""
