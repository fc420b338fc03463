"""Train a model on clips: targets, augmentation, the training loop, figures, learning curves."""
