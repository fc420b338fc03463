"""A model and recordings in; scores, events and tables out, one recording at a time, as streams."""
