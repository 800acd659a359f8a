# SPDX-License-Identifier: MIT
"""Instruments that look into the kernel, one per file; each is a metric that the core lacks.

A cell of a probe comes in; what goes out are the lines that the native core would print
(`protocol`), so that a campaign need not know the difference. `instrument` puts the probes
beside the core. `fault_stages` loads its program by `bcc` and lets the core touch memory
(`workload`); `stage` turns what was seen into stages. `server` keeps what is compiled for all
runs of a campaign.
"""
