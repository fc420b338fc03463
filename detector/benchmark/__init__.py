"""How fast a model scans on a machine, where the time goes, and how near that is to what the machine can do."""
