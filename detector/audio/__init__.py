"""Read recordings: find files, read and correct headers, read start times, and decode samples as a stream."""
