"""How fast a model scans or trains on a machine, where the time goes, and how near that is to the machine's limit."""
