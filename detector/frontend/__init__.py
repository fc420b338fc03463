"""Front ends: samples to band power (the linear half), band power to a scaled spectrogram, both as streams."""
