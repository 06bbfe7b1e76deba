"""HTTP to the control plane: one client, retries, strict decoding, credentials."""
