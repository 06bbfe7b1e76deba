"""Snapshots: an inventory saved to a file, and read as a source."""
