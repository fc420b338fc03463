"""The networks: convolution stages, adaptive pooling, recurrence, dense head, and the arithmetic of their shapes."""
