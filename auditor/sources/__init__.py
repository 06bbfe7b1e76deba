"""Sources of repos: the live control plane, a snapshot, manifest files, or files merged into a tenant.

Each source is a class with one method, `collect`, that yields `Repo | Unread`.
"""
