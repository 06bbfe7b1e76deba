"""The language server: the findings of `auditor check` in an editor while the user types.

::

    text of a document + context of its folder ──▶ check_document ──▶ diagnostics, hovers, definitions, code actions

`check_document` is pure and uses the pipeline of `auditor check`. The server around it keeps the open documents, reads
contexts (configuration, packs, waivers) again when they change on disk, and publishes diagnostics. It never prints to
stdout, which belongs to the protocol.
"""
