# SPDX-License-Identifier: MIT
"""Record files in, frozen `Campaigns` out.

`load.load` is the only reader of record files: it decodes each line to the types of `record`, which
are those of results/FORMAT.md, refuses what is malformed, newer, or measured in another environment
(`environment`), and returns `campaigns.Campaigns`. Arrays of values are read-only. `modes` says
where a mode stands among others and how it looks, as the record says.
"""
