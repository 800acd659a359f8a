"""What leaves the program: pages, JSON, files that are whole, and its one error."""
