"""Intervals of figures: in closed form and by the bootstrap, and estimates with intervals."""
