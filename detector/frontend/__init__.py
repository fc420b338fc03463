"""Front ends: samples to band power (the linear half), and band power to a scaled spectrogram, both as streams."""
