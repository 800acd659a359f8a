# SPDX-License-Identifier: MIT
"""Values for other tools: record files in, tables and suites out.

`tidy` makes one table with a row per value, and `tidy_file` writes it as Parquet or CSV; both are
the only users of pandas. `pyperf_suite` writes a suite of pyperf per mode. `values` prints the raw
values of one cell.
"""
