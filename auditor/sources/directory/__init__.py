"""The directory of a tenant: what it has besides repos."""
