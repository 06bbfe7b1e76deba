"""Snapshots: an inventory saved to a file and read again as a source."""
