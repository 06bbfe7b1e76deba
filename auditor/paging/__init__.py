"""Drift-proof paging: a list read by offset while others change it, never called complete without a proof."""
