"""Compare estimated events with reference events, and compute figures of how good a detector is."""
