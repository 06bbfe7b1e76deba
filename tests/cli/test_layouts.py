"""Repositories as they are in practice: the guide states what `auditor check .` reads in them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from auditor.text import count_of

PAGE = Path(__file__).parent.parent.parent / "docs" / "check.md"
START, END = "<!-- layouts: written by tests/cli/test_layouts.py -->\n", "<!-- end of layouts -->\n"
HEAD = "| repository | files read | checked | skipped | excluded | exit |\n| --- | --- | --- | --- | --- | --- |\n"

REPO = """\
type: ml-repo
name: churn-prod
description: Churn models and runs of the growth team.
storage_integration_fqn: acme:aws:aws-prod:blob-storage:ml
collaborators:
  - subject: team:growth
    role_id: mlf-project-admin
"""
BINDING = """\
type: role-binding
name: churn-viewers
subjects: [{type: team, name: analytics}]
permissions: [{resourceType: mlf-project, resourceFqn: churn-prod, role: mlf-project-viewer}]
"""
HELM = """\
{{- if .Values.rbac.create }}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ include "app.fullname" . }}-role-binding-controller
subjects:
  - kind: ServiceAccount
    name: {{ .Values.name | default "x\\n" | quote }}
{{- end }}
"""
WORKFLOW = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: echo}]}}\n"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: '1'}\n"

LAYOUTS = {
    "monorepo with Helm and CDK": {
        ".gitignore": "node_modules/\ncdk.out/\n",
        ".github/workflows/ci.yml": WORKFLOW,
        "infra/cdk.json": '{"app": "npx ts-node bin/app.ts", "context": {}}',
        "infra/tsconfig.json": '{\n  // strict\n  "compilerOptions": {"strict": true,},\n}\n',
        "infra/package.json": '{"name": "infra", "type": "module", "scripts": {}}',
        "infra/package-lock.json": '{"name": "infra", "lockfileVersion": 3, "packages": {}}',
        "infra/cdk.out/stack.template.json": '{"Resources": {}}',
        "infra/node_modules/x/package.json": '{"name": "x"}',
        "charts/app/Chart.yaml": "apiVersion: v2\nname: app\nversion: 1.0.0\ntype: application\n",
        "charts/app/values.yaml": "# defaults\n",
        "charts/app/templates/rbac.yaml": HELM,
        "cfn/stack.yaml": "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Sub '${A}-b'}}}\n",
        "truefoundry/churn.yaml": REPO,
        "truefoundry/churn-viewers.yaml": BINDING,
    },
    "GitOps directory of TrueFoundry manifests": {
        "truefoundry/clusters/prod/api.yaml": "type: service\nname: api\nimage: {}\nports: []\nreplicas: 1\n",
        "truefoundry/clusters/prod/train.yaml": "type: job\nname: train\nimage: {}\ntrigger: {}\n",
        "truefoundry/teams/growth.yaml": "type: team\nname: growth\nmembers: [a@acme.example]\n",
        "truefoundry/virtualaccounts/ci.yaml": "type: virtual-account\nname: ci\npermissions: []\n",
        "truefoundry/ml-repos/churn.yaml": REPO,
        "truefoundry/access/churn-viewers.yaml": BINDING,
        ".github/workflows/apply.yml": WORKFLOW,
    },
    "GitOps directory without ML repos": {
        "truefoundry/api.yaml": "type: service\nname: api\nimage: {}\nports: []\nreplicas: 1\n",
        "truefoundry/growth.yaml": "type: team\nname: growth\nmembers: [a@acme.example]\n",
    },
    "Terraform repository": {
        ".gitignore": ".terraform/\n*.tfvars.json\n",
        "main.tf": 'resource "x" "y" {}\n',
        "prod.tfvars.json": '{"secret": "x"}',
        ".terraform/modules/modules.json": '{"Modules": []}',
        "manifests/churn.json": json.dumps({"type": "ml-repo", "name": "churn-prod"}),
        ".pre-commit-config.yaml": "repos: []\n",
        ".tflint.yaml": "",
    },
    "Backstage": {
        "catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: Component\nspec: {type: service}\n",
        "templates/ml-repo/template.yaml": "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nspec: {}\n",
        "templates/ml-repo/skeleton/repo.yaml": REPO.replace("churn-prod", "${{ values.name }}"),
        "mkdocs.yml": "site_name: a\nmarkdown_extensions: [{x: !!python/name:a.b }]\n",
        "app-config.yaml": "app: {title: a}\n",
    },
    "Kubernetes manifests with Kustomize": {
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "base/a.yaml": f"{CONFIG_MAP}---\n{CONFIG_MAP}",
        "overlays/prod/patch.yaml": "- op: replace\n  path: /spec/replicas\n  value: 3\n",
        "empty.yaml": "---\n",
    },
}


def row(name: str, ran) -> str:
    """Return the row of the table for a run."""
    receipt = json.loads(ran.out)["receipt"]
    findings = len(json.loads(ran.out)["findings"])
    counts = ((receipt["repos"], "repo"), (receipt["bindings"], "role binding"), (findings, "finding"))
    evaluated = ", ".join(count_of(*each) for each in counts if each[0]) or "nothing"
    skipped, excluded = (
        "; ".join(f"{kind.strip('()')}: {count}" for kind, count in receipt[key].items()) or "nothing"
        for key in ("skipped", "excluded")
    )
    unread = f", {len(receipt['unread'])} unread" if receipt["unread"] else ""
    return f"| {name} | {receipt['files']} | {evaluated}{unread} | {skipped} | {excluded} | {ran.code} |\n"


def test_the_guide_has_what_is_read_in_each_layout(run_auditor, tmp_path):
    table = HEAD
    for number, (name, files) in enumerate(LAYOUTS.items()):
        folder = tmp_path / str(number)
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, "utf-8")
        subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
        ran = run_auditor("check", ".", "-f", "json", cwd=folder)
        assert ran.code in {0, 1, 3}, ran.err
        table += row(name, ran)
    page = PAGE.read_text("utf-8")
    before, _, rest = page.partition(START)
    old, _, after = rest.partition(END)
    if os.environ.get("AUDITOR_UPDATE_GOLDEN"):
        PAGE.write_text(f"{before}{START}{table}{END}{after}", "utf-8")
        pytest.skip("the table was written again")
    assert old == table, "if this is meant, run again with AUDITOR_UPDATE_GOLDEN=1 and read the difference"
