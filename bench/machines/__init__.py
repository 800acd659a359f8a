# SPDX-License-Identifier: MIT
"""Where runs are executed: one file per kind of machine, found by listing this folder.

The options of the command line come in; `kind` finds the file whose KIND they ask for, and that
opens a `site`: a core, an executor, and the facts of that machine. `running_kernel` is this one
(`local` spawns the runs), `guest_kernel` a kernel booted for the campaign (`guest` boots it).
"""
