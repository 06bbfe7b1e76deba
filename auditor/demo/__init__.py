"""A sample tenant, and the embedded control plane that serves it over real HTTP.

::

    sample_tenant(250) ──> DemoControlPlane ──> http://127.0.0.1:PORT/api/svc/v1/ml-repos

For trying Auditor without an account, for documentation and for tests. Uses the standard library only, and imports
nothing from the rest of Auditor, which reads this tenant through HTTP like a real one.
"""

from auditor.demo.directory import sample_directory
from auditor.demo.faults import FAULTS
from auditor.demo.server import DemoControlPlane
from auditor.demo.tenant import fault_at, sample_repo, sample_tenant

__all__ = ["FAULTS", "DemoControlPlane", "fault_at", "sample_directory", "sample_repo", "sample_tenant"]
