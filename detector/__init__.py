"""Find animal sounds in recordings: extract clips, train a network, scan archives."""
