"""Texts that several tests write into files."""

from __future__ import annotations

MANIFEST = """\
type: ml-repo
name: {name}
description: Card fraud scoring models and their evaluation runs.
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml-prod
collaborators:
  - subject: team:fraud-ml
    role_id: mlf-project-admin
"""
"""A valid manifest without findings; format it with a name."""
