"""What is to be measured: plans, and the cells that they name."""
