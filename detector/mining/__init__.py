"""Hard-negative mining: scan the training recordings, add the false alarms to the clips, and train again."""
