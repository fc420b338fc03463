"""The networks: convolution stages, adaptive pooling, recurrence, dense layers, and the arithmetic of their shapes."""
