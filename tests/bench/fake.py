# SPDX-License-Identifier: MIT
"""A native core that is a short script: it can crash, hang and lie, as a real one should not."""

import sys
from pathlib import Path

# Two languages in one: a path with blanks, or a long one, can be no interpreter behind "#!".
_SCRIPT = """#!/bin/sh
''':'
exec '{python}' -SE "$0" "$@"
'''
import json, os, random, signal, sys, time

BEHAVIOUR = {behaviour!r}
MODES = ["anon", "memfd", "secret"]

def mode(name):
    return {{"name": name, "about": "about " + name, "shared": name != "anon",
            "secret": name == "secret", "page_bytes": 4096, "supported": True, "reason": ""}}

def number(name, unit, default, low, high):
    return {{"name": name, "about": "", "unit": unit, "default": default, "choices": None,
            "min": low, "max": high}}

def metric(name, params, **differing):
    return {{"name": name, "about": "about " + name, "question": "owner", "unit": "s",
            "better": "lower", "assume": "nothing", "paired": True, "duet": True,
            "supported": True, "reason": "", "params": params, **differing}}

METRICS = [
    metric("latency", [number("len_bytes", "B", 16384, 64, 2**45),
                       number("slices", "1", 10, 1, 1000),
                       {{"name": "order", "about": "", "unit": "", "default": "random",
                        "choices": ["random", "local"], "min": None, "max": None}}]),
    metric("touch", [number("pages", "1", 8, 1, 10**9)], paired=False),
    metric("loss", [], question="everyone", effect="difference", paired=False),
    metric("count", [], unit="1", assume="exact", paired=False, duet=False),
]

def say(**line):
    print(json.dumps(line))

def run(metric, mode, control, seed):
    behaviour = BEHAVIOUR.get(mode, BEHAVIOUR.get("*", "ok"))
    exec(behaviour if behaviour != "ok" else "")
    dice = random.Random(seed)
    say(line="start", obtained={{"scheduler": "SCHED_OTHER", "cpu": 0, "cpus": 1,
                                "memlock_bytes": 0}}, warnings=[])
    arms = ["treatment"] + (["control"] if control else [])
    for arm in arms:
        level = 1.05 if arm == "treatment" and mode != control else 1.0
        values = [3] if metric == "count" else [
            level * 1e-9 * dice.lognormvariate(0, 0.001) for _ in range(10)]
        say(line="values", arm=arm, values=values)
    arm_s = {{arm: 0.0002 * dice.uniform(1, 1.1) for arm in arms}}
    say(line="end", core_s=0.001, timed_s=0.0005, arm_s=arm_s,
        operations={{arm: 1000 for arm in arms}}, dropped=0, counters={{}}, notes={{}}, warnings=[])

verb, rest = sys.argv[1], sys.argv[2:]
words = dict(word.split("=", 1) for word in rest if "=" in word)
control = rest[rest.index("--control") + 1] if "--control" in rest else None
if verb == "list":
    print(json.dumps({{"core": {{"version": "0", "arch": "x86_64", "timer": "none",
                               "timer_resolution_s": 1e-9, "timer_cost_s": 1e-9}},
                      "modes": [mode(name) for name in MODES], "metrics": METRICS}}))
elif verb == "need":
    size = int(words.get("len_bytes", 4096))
    secret = size if rest[1] == "secret" else 0
    print(json.dumps({{"bytes": size, "secret_bytes": secret, "secret_held_bytes": secret}}))
elif verb == "run":
    run(rest[0], rest[1], control, int(rest[rest.index("--seed") + 1]))
"""

CRASH = 'print("about to fall", file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGSEGV)'
HANG = 'print("waiting", file=sys.stderr, flush=True); time.sleep(1000)'
GARBAGE = 'print("}not json"); sys.exit(0)'
UNSUPPORTED = 'print("no secrets here: boot with X", file=sys.stderr); sys.exit(77)'
SLOW = "time.sleep(0.3)"


def make(folder: Path, **behaviour: str) -> Path:
    """Write the script; `behaviour` maps a mode (or `every`) to Python run before its output."""
    table = {("*" if mode == "every" else mode): code for mode, code in behaviour.items()}
    path = folder / "core"
    path.write_text(_SCRIPT.format(python=sys.executable, behaviour=table))
    path.chmod(0o755)
    return path
