# SPDX-License-Identifier: MIT
"""The measuring half: takes plans, runs the native core, writes results/.

It knows nothing of analysis but how to ask it for a verdict. What flows through it, from the
command line down:

    verb         the words of the command line        -> options, and a machine
    compare      two builds, two kernels, a baseline  -> verdicts, asked of the analysis
    campaign     a plan and a site                    -> runs, one record file each
    probes       a cell of a probe                    -> a run, as the native core would print it
    consent      a plan                               -> what it takes of the machine, and a yes
    machines     options                              -> a site: where runs are executed
    plans        a plan's file or a cell's name       -> cells
    environment  the kernel's files                   -> facts, and what stands in the way
    core         the native core's lines              -> types
    record       the types of a record's lines        -> schema.json
    error        what went wrong                      -> one line that says what to do next

Each room knows only those below it. `native` is the core itself, in C; `kmod` a kernel module.
"""

__version__ = "0.1.0"
