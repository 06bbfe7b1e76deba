"""Makes this directory an external checks directory of Checkov, which imports the modules named here."""

from os.path import basename, dirname, join
from glob import glob

__all__ = [basename(file)[:-3] for file in glob(join(dirname(__file__), "*.py")) if not file.endswith("__init__.py")]
