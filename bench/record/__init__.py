# SPDX-License-Identifier: MIT
"""The contract with every reader of a record file.

`line` holds the types of its lines, whose meaning results/FORMAT.md says; `schema` makes
results/schema.json from them. `campaign.writer` alone writes such lines.
"""
