"""A process that has imported Auditor and forks a process for each command, one after the other.

A command starts in milliseconds this way, and the tests start thousands. It gets the same as `python -m auditor`: its
arguments, directory and environment, and open files for stdin, stdout and stderr. Usage: command_server.py SOCKET_FD
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys
import threading
from typing import Any

import auditor

LONGEST_REQUEST = 100_000


def main(requests: socket.socket) -> None:
    """Serve until the tests end; in each process forked for a command, return when the command has to end."""
    for module in pkgutil.walk_packages(auditor.__path__, "auditor."):
        if "__main__" not in module.name and "migrations" not in module.name:
            importlib.import_module(module.name)
    while True:
        request, streams, _, _ = socket.recv_fds(requests, LONGEST_REQUEST, 3)
        if not request:
            return None
        command = os.fork()
        if command == 0:
            requests.close()
            return _run(json.loads(request), streams)
        for stream in streams:
            os.close(stream)
        code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        requests.send(str(code).encode())


def _run(request: dict[str, Any], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, max(streams) + 1)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.path[0] = request["cwd"]
    sys.argv = ["auditor", *request["arguments"]]
    signal.alarm(request["timeout"])
    try:
        runpy.run_module("auditor", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        _end(end.code)


def _end(code: object) -> None:
    """End the process like the interpreter, but without freeing its memory, which takes a third of the time."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    sys.stdout.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
