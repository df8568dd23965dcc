"""What leaves: the model card and the zip of a run's model."""
