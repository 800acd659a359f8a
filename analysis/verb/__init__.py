"""What is asked of recorded results: one file per verb of the command line."""
