# SPDX-License-Identifier: MIT
"""One process for all probed runs of a campaign, so that each program is compiled once.

It listens on a socket without a file, answers one run at a time, and ends when whoever started it
does, however that ends: the kernel then removes what was loaded.
"""

import os
import selectors
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from ..core import UNSUPPORTED, Core
from ..error import BenchError
from .fault_stages import Probes, measure
from .protocol import lines, options
from .workload import UnsupportedError


class Request(msgspec.Struct, frozen=True):
    """One run: the mode and the cell's parameters, `name=value` each."""

    mode: str
    params: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True):
    """What the run's process shall print, and its exit code."""

    code: int
    out: str
    err: str


class Server:
    """The process, seen from the one that started it."""

    def __init__(self, core: Path) -> None:
        """Start it."""
        with socket.socket(socket.AF_UNIX) as listener:
            # An empty name lets the kernel choose one that no file stands for.
            listener.bind("")
            listener.listen()
            self.name = listener.getsockname()[1:].decode()
            # Its standard input is our end of a pipe: it is closed when we end.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.probes.server", str(core), str(listener.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                start_new_session=True,
                cwd=Path(__file__).parents[2],
            )


def ask(name: str, request: Request) -> Answer:
    """Have the server of that name do one run."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(b"\0" + name.encode())
        client.sendall(msgspec.json.encode(request))
        client.shutdown(socket.SHUT_WR)
        return msgspec.json.decode(_all_of(client), type=Answer)


def run(core: Core, request: Request, probes: Probes) -> Answer:
    """Do one run, printing as the native core would."""
    began_s = time.perf_counter()
    params = dict(word.split("=", 1) for word in request.params)
    try:
        (result,) = measure(core, options(request.mode, params), probes)
    except BenchError as error:
        return Answer(UNSUPPORTED if isinstance(error, UnsupportedError) else 1, "", f"{error}\n")
    except Exception as error:  # the run has failed; the next one needs this process
        return Answer(1, "", f"{type(error).__name__}: {error}\n")
    printed = lines(result, time.perf_counter() - began_s)
    return Answer(0, "".join(f"{line}\n" for line in printed), "")


def serve(core: Core, listener: socket.socket) -> None:
    """Answer until standard input ends."""
    probes = Probes()
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(listener, selectors.EVENT_READ)
        while all(key.fileobj == listener for key, _ in selector.select()):
            with listener.accept()[0] as client:
                if _is_ours(client):
                    _answer(core, client, probes)
    probes.close()


def _answer(core: Core, client: socket.socket, probes: Probes) -> None:
    try:
        answer = run(core, msgspec.json.decode(_all_of(client), type=Request), probes)
        client.sendall(msgspec.json.encode(answer))
    except (OSError, msgspec.DecodeError):
        return  # whoever asked was killed meanwhile


def _all_of(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        return stream.read()


def _is_ours(client: socket.socket) -> bool:
    said = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return bool(struct.unpack("3i", said)[1] == os.geteuid())


if __name__ == "__main__":
    serve(Core(Path(sys.argv[1])), socket.socket(fileno=int(sys.argv[2])))
