"""Reference and estimated events become figures."""
