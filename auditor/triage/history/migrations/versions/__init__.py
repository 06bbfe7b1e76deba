"""One module for each version of the history database."""
