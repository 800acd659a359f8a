"""Numbers and rows as people read them."""
