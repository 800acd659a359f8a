"""The forms in which a verdict can be printed, one file each; `gate/outputs.py` finds them."""
