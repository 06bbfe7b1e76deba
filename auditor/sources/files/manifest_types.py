"""The types of manifests that `tfy apply` takes: those of TrueFoundry's SDK 0.6.0, and three more of its CLI."""

from __future__ import annotations

import os

TYPES = frozenset(
    {
        "agent",
        "agent-channel",
        "agent-identity",
        "agent-skill",
        "alert-config",
        "application-set",
        "artifact-version",
        "async-service",
        "chat_prompt",
        "cluster",
        "data-dir",
        "environment",
        "gateway-budget-config",
        "gateway-data-access-config",
        "gateway-data-routing-config",
        "gateway-fallback-config",
        "gateway-global-settings",
        "gateway-guardrails-config",
        "gateway-installation",
        "gateway-load-balancing-config",
        "gateway-logging-config",
        "gateway-metadata-config",
        "gateway-otel-config",
        "gateway-rate-limiting-config",
        "helm",
        "job",
        "mcp-server/openapi",
        "mcp-server/remote",
        "mcp-server/stdio",
        "mcp-server/tfy-managed",
        "mcp-server/virtual",
        "ml-repo",
        "model-version",
        "notebook",
        "policy",
        "provider-account/ai21",
        "provider-account/anthropic",
        "provider-account/aws",
        "provider-account/aws-bedrock",
        "provider-account/aws-bedrock-mantle",
        "provider-account/aws-claude-platform",
        "provider-account/aws-sagemaker",
        "provider-account/azure",
        "provider-account/azure-foundry",
        "provider-account/azure-openai",
        "provider-account/baseten",
        "provider-account/bitbucket",
        "provider-account/cartesia",
        "provider-account/cerebras",
        "provider-account/cloudera",
        "provider-account/cohere",
        "provider-account/custom",
        "provider-account/custom-endpoint",
        "provider-account/databricks",
        "provider-account/deepgram",
        "provider-account/deepinfra",
        "provider-account/dockerhub",
        "provider-account/elevenlabs",
        "provider-account/gcp",
        "provider-account/github",
        "provider-account/gitlab",
        "provider-account/google-gemini",
        "provider-account/google-vertex",
        "provider-account/groq",
        "provider-account/guardrail-config-group",
        "provider-account/hashicorp",
        "provider-account/jfrog",
        "provider-account/mcp-server-group",
        "provider-account/microsoft-foundry",
        "provider-account/mistral-ai",
        "provider-account/ms-teams",
        "provider-account/nomic",
        "provider-account/ollama",
        "provider-account/openai",
        "provider-account/openrouter",
        "provider-account/pagerduty",
        "provider-account/palm",
        "provider-account/perplexity-ai",
        "provider-account/quay",
        "provider-account/sambanova",
        "provider-account/self-hosted-model",
        "provider-account/slack",
        "provider-account/smallest-ai",
        "provider-account/snowflake-cortex",
        "provider-account/together-ai",
        "provider-account/truefoundry",
        "provider-account/ttl",
        "provider-account/virtual-model",
        "provider-account/wafer",
        "provider-account/webhook",
        "provider-account/xai",
        "remote-agent/self-hosted",
        "role",
        "role-binding",
        "rstudio",
        "secret-group",
        "service",
        "settings/ai-features",
        "settings/common-tools",
        "spark-job",
        "ssh-server",
        "team",
        "team-budget-config",
        "tenant-budget-config",
        "tracing-project",
        "truefoundry-agent",
        "virtual-account",
        "volume",
        "workflow",
        "workspace",
    }
)
"""Every value that `type` may have."""


_SETTINGS, _KEYS = "auditor.yaml", ("policy", "policy_test", "waivers")
_REPORTS = ("report", "drift", "access")
_CODE_QUALITY = {"description", "check_name", "fingerprint", "severity", "location"}


def is_auditor_file(file: str, value: object) -> bool:
    """Tell whether a document that has no `type` is one of ours.

    Args:
        file: The name of its file.
        value: What it says.
    """
    if is_report(file, value):
        return True
    return isinstance(value, dict) and (os.path.basename(file) == _SETTINGS or any(key in value for key in _KEYS))


def is_report(file: str, value: object) -> bool:
    """Tell whether a document is a report of an earlier run: JSON, SARIF, or Code Quality for GitLab.

    Args:
        file: The name of its file.
        value: What it says.
    """
    if isinstance(value, dict):
        return _is_json(value) or _is_sarif(value)
    # A clean run has no entry for GitLab. A list is never a manifest, so passing one over deploys nothing unseen.
    return isinstance(value, list) and file.lower().endswith(".json") and all(map(_is_entry, value))


def _is_json(value: dict[str, object]) -> bool:
    tool = value.get("tool")
    ours = isinstance(tool, dict) and tool.get("name") == "auditor"
    return ours and any(value.get(key) == 1 for key in _REPORTS)


def _is_sarif(value: dict[str, object]) -> bool:
    runs = value.get("runs")
    run = runs[0] if isinstance(runs, list) and len(runs) == 1 else None
    tool = run.get("tool") if isinstance(run, dict) else None
    driver = tool.get("driver") if isinstance(tool, dict) else None
    return isinstance(driver, dict) and driver.get("name") == "Auditor"


def _is_entry(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == _CODE_QUALITY
