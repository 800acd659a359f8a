# SPDX-License-Identifier: MIT
"""How often the gate and others raise false alarms: `python -m tests.calibrate`."""
