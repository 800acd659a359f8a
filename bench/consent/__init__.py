"""What a plan will take of this machine, and the yes that it needs."""
