"""The analysis half: reads record files, measures nothing."""
