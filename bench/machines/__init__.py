"""Where runs execute: one module per kind of machine."""
