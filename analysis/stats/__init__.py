"""Statistics on arrays: one number per run in, intervals and decisions out."""
