"""Drift-proof paging: read a list by offset while others change it, and never call it complete without a proof."""
