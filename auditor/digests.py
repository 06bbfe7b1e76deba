"""SHA-256 without OpenSSL, which takes longer to load than a small run takes to hash.

The standard library has an implementation of its own beside OpenSSL's and uses it for the same reason (in `random`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # its name since Python 3.12
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256

__all__ = ["sha256"]
