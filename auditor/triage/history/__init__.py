"""The history of audits: runs, findings with the times when they were seen, and receipts, in a database."""
