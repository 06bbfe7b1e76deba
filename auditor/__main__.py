"""The launcher: whatever happens, the exit code is one of the contract's."""

from __future__ import annotations

import gc
import os
import sys

_YOUNG_OBJECTS = 250_000
"""After how many new objects Python looks for cycles: rarely, as nearly everything here is freed without them."""


def main() -> None:
    """Run the command line; a failure to even start is an internal error, never exit code 1."""
    gc.set_threshold(_YOUNG_OBJECTS)
    try:
        from auditor.cli import run  # noqa: PLC0415 - a broken dependency has to end with exit code 4
    except Exception as error:
        if os.environ.get("AUDITOR_DEBUG"):
            raise
        print(  # noqa: T201
            f"auditor: exit 4, internal-error: cannot start ({type(error).__name__}: {error}); install it again",
            file=sys.stderr,
        )
        sys.exit(4)
    code = run()
    if code > 128:
        if sys.stdout is not None:
            sys.stdout.flush()
        os._exit(code)  # stopped by a signal: do not wait for requests that are still under way
    gc.freeze()  # nor look for cycles in what is thrown away as a whole
    sys.exit(code)


if __name__ == "__main__":
    main()
