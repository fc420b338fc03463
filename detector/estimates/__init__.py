"""How sure a figure is: intervals in closed form, the bootstrap, and estimates with intervals, for every room."""
