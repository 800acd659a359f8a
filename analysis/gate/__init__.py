# SPDX-License-Identifier: MIT
"""Whether anything got worse: record files and a policy in, verdicts out.

    Campaigns -> comparable.refuse   files that must not be compared end here
              -> basis               of each cell one number per run or pair, worse is positive
              -> judge               asks `stats.sequential`, which alone knows the rule
              -> verdict.Gate        frozen: a verdict per cell, one for the whole, an exit code
              -> outputs             forms in which it can be printed, one file in `output` each

`policy` is what a result is held to. `terms` tells `bench gate` what it must know before it
samples. `baseline` keeps earlier results to compare with. `search` finds what moved over many
campaigns, and `history` says it. `words` and `text` say a verdict to people.
"""
