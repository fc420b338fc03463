"""Hard-negative mining: scan the training recordings, add what was wrongly found to the clips, train again."""
