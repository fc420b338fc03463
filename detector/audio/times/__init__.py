"""The sources that say when a recording was made: a module for each, which reads that source alone."""
