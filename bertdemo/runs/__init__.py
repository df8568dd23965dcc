"""What is kept: the settings, the events and the folder of a run. No torch."""
