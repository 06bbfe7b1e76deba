"""One list beside that of the repos, read to a proven end; the shapes of these answers are less certain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from auditor.errors import UnseenError
from auditor.http.client import AnswerError, Client
from auditor.model import Json, Unread, UnreadKind
from auditor.paging.pager import Pager
from auditor.paging.pages import Page, Run
from auditor.sources.answers import Key, to_page

_LIMIT = 100
_PARAMETER_REFUSED = frozenset({400, 422})


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list came to.

    Attributes:
        rows: The rows, each as last seen, in the order of the list.
        unread: What could not be seen.
        absent: Whether the control plane does not have this list.
    """

    rows: tuple[dict[str, Json], ...]
    unread: tuple[Unread, ...] = ()
    absent: bool = False


class Listing:
    """Reads one list, once.

    Args:
        client: Whom to ask.
        path: Where the list is.
        params: What to ask for, besides the page.
        key: Returns the id of a row.
        thing: What a row is, for messages.
    """

    def __init__(self, client: Client, path: str, params: Mapping[str, str], key: Key, thing: str) -> None:
        self._client, self._path, self._params, self._key = client, path, params, key
        self._thing = thing
        self._asked = self._absent = self._plain = False
        self._unpaged: tuple[str, ...] = ()

    def read(self, run: Run) -> Listed:
        """Read the whole list.

        Args:
            run: How to fetch several pages.
        """
        rows: dict[str, dict[str, Json]] = {}
        for item in Pager(self._fetch, limit=_LIMIT, run=run, thing=self._thing).read():
            if not isinstance(item, Unread):
                rows[item[0]] = item[1]
            elif self._absent:
                return Listed((), absent=True)
            else:
                what = item.what if rows else f"the list of {self._thing}s"
                return Listed(tuple(rows.values()), (replace(item, kind=UnreadKind.DIRECTORY, what=what),))
        return Listed(tuple(rows.values()))

    def _fetch(self, offset: int, limit: int) -> Page:
        try:
            page = self._all_at_once(offset) if self._plain else self._page(offset, limit)
        except AnswerError as error:
            self._absent = error.status == 404 and not self._asked
            self._plain = error.status in _PARAMETER_REFUSED and not self._asked and not self._plain
            if self._plain:
                return self._fetch(offset, limit)
            raise
        except UnseenError as error:  # it may quote the answer, and the answer the token
            raise UnseenError(self._client.redacted(error.message), error.fix) from None
        self._asked = True
        return page

    def _page(self, offset: int, limit: int) -> Page:
        answer = self._client.get(self._path, {**self._params, "limit": limit, "offset": offset})
        page = to_page(answer, offset, self._path, self._key, paginated=False)
        return page if page.total is not None else self._without_pagination(page, offset)

    def _all_at_once(self, offset: int) -> Page:
        """Return what stands at an offset, of a server that refuses to be asked for pages."""
        page = to_page(self._client.get(self._path, self._params), 0, self._path, self._key, paginated=False)
        if page.total is not None and page.total != len(page.rows):
            raise UnseenError(f"{self._path} gives {len(page.rows)} of {page.total} rows, and no further pages")
        return Page(page.rows[offset:], None)

    def _without_pagination(self, page: Page, offset: int) -> Page:
        """Return the page at an offset, also of a server that knows no pages and always gives the whole list."""
        ids = tuple(name for name, _ in page.rows)
        if offset == 0:
            self._unpaged = ids
        elif ids and ids[:1] == self._unpaged[:1]:
            if ids != self._unpaged:
                raise UnseenError(f"the list at {self._path} has no pages, and changed while it was read", "run again")
            return Page(page.rows[offset:], None)
        return page
