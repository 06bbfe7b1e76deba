"""The version of Auditor, as in `auditor --version` and in reports."""

VERSION = "0.1.0"
