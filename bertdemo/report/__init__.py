"""The judgement: from predictions on rows that were not learnt from to scores with their uncertainty."""
