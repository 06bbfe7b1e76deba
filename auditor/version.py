"""The version of Auditor, as `auditor --version` prints it and reports carry it."""

VERSION = "0.1.0"
