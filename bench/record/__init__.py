"""The contract with every reader of a record file."""
