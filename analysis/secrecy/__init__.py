# SPDX-License-Identifier: MIT
"""What memory buys, and what that costs: results in, an order of the modes out.

`matrix` puts together every way in as tried on every mode, and from the sets of closed ways follows
a partial order of the modes (`Rank`). `cost` has one number per mode and price. `frontier` says
which modes no other beats: at least as secret, and not dearer. `weight` weighs the ways for the
bars of pictures, and for nothing else.
"""
