"""Files in: which recordings there are, what their headers say, when they began, and their samples as a stream."""
