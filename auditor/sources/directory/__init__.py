"""The directory of a tenant: its data besides repos."""
