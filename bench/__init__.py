"""The measuring half: takes plans, runs the native core, writes results/.

It knows nothing of analysis. The way through it: `plan` says which cells,
`schedule` which of them next and when to stop, `runner` turns one into one
run of the native core, `record` appends the run to the campaign's file.
"""

__version__ = "0.1.0"
