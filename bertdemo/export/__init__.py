"""What leaves: the report, the model card, the zip of a run's model, and how to use it elsewhere."""
