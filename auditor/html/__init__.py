"""HTML pages: one file each, without requests, with tables that our script filters and sorts.

The security policy of a page allows only that style and that script, by their hashes.
"""

from auditor.html.page import json_lines, render_page, script_json
from auditor.html.tables import FIRST, Column, Table, make_table, places_of

__all__ = ["FIRST", "Column", "Table", "json_lines", "make_table", "places_of", "render_page", "script_json"]
