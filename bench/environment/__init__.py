# SPDX-License-Identifier: MIT
"""All that is recorded of the environment and held constant in a campaign.

One small check per fact (`fact`), grouped by what they are about: `tool`, `kernel`, `processor`,
`memory`, `limit`. `running` reads those of this kernel, `guest` those of a guest from files that
it sent. What comes out goes three ways: into the record, to `readiness` (what stands in the way
of measuring), and to `change` (a campaign is not gone on with in another environment).
`machine_class` names the machine from them.

Nothing here identifies a machine or a person: no hostname, path, serial number or UUID, and of
the kernel's command line only words known to matter.
"""
