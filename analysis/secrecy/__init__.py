"""What memory buys, and what that costs: results in, an order of the modes out."""
