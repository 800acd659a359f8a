"""How often the gate and others raise false alarms, and what they see: `python -m tests.calibrate`."""
