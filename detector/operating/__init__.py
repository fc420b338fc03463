"""How scores become events and what that promises: operating points, calibration, curves and targets."""
