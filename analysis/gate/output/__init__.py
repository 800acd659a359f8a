# SPDX-License-Identifier: MIT
"""The forms in which a verdict can be printed, one file each.

A file here is an output. It has an `OUTPUT` (`gate.outputs.Output`): the option that chooses it,
its line of help, whether it goes to a file or to stdout, and the function from a `Gate` to its
text. The verb `gate` has an option for each, and so has `bench gate`, which asks for them by
`gate --terms`.
"""
