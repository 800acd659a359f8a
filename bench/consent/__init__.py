# SPDX-License-Identifier: MIT
"""What a plan will take of this machine, and the yes that it needs.

A site and a plan come in; `secret` asks the core what each cell needs, refuses what does not fit,
and asks a person about secret memory, whose splits last until reboot. `ballast` says what victims
hold and split besides. `fresh` refuses a used boot to a plan that needs a fresh one.
"""
