"""One run of a probe within a campaign: `python -m bench.probes CORE MODE name=value ...`."""

import sys
import time
from pathlib import Path

from ..core import UNSUPPORTED, Core
from ..error import BenchError
from .fault_stages import measure
from .instrument import options, protocol
from .workload import UnsupportedError


def main(core: str, mode: str, *words: str) -> int:
    """Print the run as the native core would, and return the exit code that it would."""
    began_s = time.perf_counter()
    params = dict(word.split("=", 1) for word in words)
    try:
        (result,) = measure(Core(Path(core)), options(mode, params))
    except BenchError as error:
        print(error, file=sys.stderr)
        return UNSUPPORTED if isinstance(error, UnsupportedError) else 1
    for line in protocol(result, time.perf_counter() - began_s):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
