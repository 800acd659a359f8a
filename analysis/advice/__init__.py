"""Which mode suits a use: results and a case in, a mode and its reasons out."""
