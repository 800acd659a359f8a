"""Figures of a campaign as SVG, one file each; how any is drawn is in `drawing`."""
