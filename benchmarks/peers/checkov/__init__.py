"""Makes this folder an external checks directory of Checkov, which imports the modules named here."""

__all__ = ["ml_repo"]
