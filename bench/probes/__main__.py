# SPDX-License-Identifier: MIT
"""One run of a probe within a campaign: `python -m bench.probes WHERE MODE name=value ...`.

WHERE is the native core's path, or `@` and the name of the server that has the probes compiled.
"""

import contextlib
import sys
from pathlib import Path

import msgspec

from ..core import Core
from .fault_stages import Probes
from .server import Request, ask, run


def main(where: str, mode: str, *params: str) -> int:
    """Print the run as the native core would, and return the exit code that it would."""
    request = Request(mode, params)
    if where.startswith("@"):
        try:
            answer = ask(where[1:], request)
        except (OSError, msgspec.DecodeError):
            print("the process that holds the compiled probes has ended", file=sys.stderr)
            return 1
    else:
        with contextlib.closing(Probes()) as probes:
            answer = run(Core(Path(where)), request, probes)
    print(answer.out, end="")
    print(answer.err, end="", file=sys.stderr)
    return answer.code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
