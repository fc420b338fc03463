"""Extract clips from annotated recordings: plan the windows, split by recording or site, cut, write, preview."""
