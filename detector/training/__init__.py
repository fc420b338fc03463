"""Clips become a model: targets, augmentation in the power domain, the loop, the figures, the record of it."""
