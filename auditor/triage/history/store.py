"""The database of the history: SQLite in a file, or PostgreSQL by URL for sharing between machines.

Every change is one transaction under one lock, so that concurrent runs lose nothing and a killed run leaves no trace. A
database that is not a history, is damaged, or was written by a newer version is rejected and stays unchanged.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from auditor.errors import InvalidError
from auditor.triage.history.tables import HEAD, VERSION_TABLE

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x61756469746F72  # "auditor"
_WAIT_SECONDS = 60
_MAGIC = b"SQLite format 3\x00"
_FIX = "restore it from a backup, or use another database"


class History:
    """An open history database.

    Attributes:
        name: Its name in messages, without credentials.
    """

    def __init__(self, place: str, *, create: bool) -> None:
        """Open a history.

        Args:
            place: The file of an SQLite database, or a URL `postgresql://...`.
            create: Whether a database without tables becomes a history, and an older one is migrated.

        Raises:
            InvalidError: It cannot be opened or is not a history.
        """
        self._secrets: tuple[str, ...] = ()
        if "://" in place:
            self._engine, self.name = self._postgresql(place)
        else:
            self._engine, self.name = self._sqlite(Path(place), create=create)
        with self.transaction() as connection:
            self._prepare(connection, create=create)

    def _sqlite(self, file: Path, *, create: bool) -> tuple[sa.Engine, str]:
        if not create and not file.exists():
            raise InvalidError(f"the history {file} does not exist", "record one with `auditor audit --history FILE`")
        if file.exists():
            try:
                with file.open("rb") as stream:
                    head = stream.read(len(_MAGIC))
            except OSError as error:
                raise InvalidError(f"the history {file} cannot be read: {error.strerror}") from None
            if head and head != _MAGIC:
                raise InvalidError(f"{file} is not an Auditor history", "use another file")
        elif not file.parent.is_dir():
            raise InvalidError(f"the history {file} cannot be created: the directory {file.parent} does not exist")
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=str(file)), poolclass=NullPool, connect_args={"timeout": _WAIT_SECONDS}
        )
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
        return engine, str(file)

    def _postgresql(self, url: str) -> tuple[sa.Engine, str]:
        try:
            parsed = sa.make_url(url)
        except SQLAlchemyError:
            raise InvalidError(
                "the URL of the history is malformed", "write it as postgresql://HOST/DATABASE"
            ) from None
        if parsed.drivername not in {"postgresql", "postgres"}:
            raise InvalidError(
                f"the history cannot be in {parsed.drivername}", "use a file for SQLite, or postgresql://HOST/DATABASE"
            )
        self._secrets = tuple(
            str(each)
            for each in (parsed.password, parsed.query.get("password"), parsed.query.get("sslpassword"))
            if each
        )
        name = f"postgresql://{parsed.host or 'localhost'}/{parsed.database or ''}"
        try:
            engine = sa.create_engine(
                parsed.set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args={"connect_timeout": 10}
            )
        except ImportError:
            fix = "install it with `pip install 'mlrepo-auditor[postgresql]'`"
            raise InvalidError(f"{name} needs the package psycopg", fix) from None
        sa.event.listen(
            engine, "begin", lambda connection: connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        )
        return engine, name

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Open a transaction that excludes other runs; it is rolled back after an error.

        Raises:
            InvalidError: The database cannot be reached, is locked, or is damaged.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except (DBAPIError, sqlite3.Error) as error:
            cause = str(getattr(error, "orig", error)).strip().splitlines()
            fix = _FIX if self._engine.dialect.name == "sqlite" else "check the server, the URL and the credentials"
            raise InvalidError(f"the history {self.name} cannot be used: {self._clean(cause)}", fix) from None

    def _clean(self, lines: list[str]) -> str:
        text = lines[0] if lines else "the database gives no reason"
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return re.sub(r"(password=)\S+", r"\1***", text)

    def _prepare(self, connection: sa.Connection, *, create: bool) -> None:
        if connection.dialect.name == "sqlite":
            damage = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if damage != "ok":
                raise InvalidError(f"the history {self.name} is damaged: {damage}", _FIX)
        tables = set(sa.inspect(connection).get_table_names())
        if tables and VERSION_TABLE not in tables:
            raise InvalidError(f"{self.name} has tables, but is not an Auditor history", "use another database")
        version = (
            connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - a constant
            if tables
            else None
        )
        if version == HEAD:
            return
        if not create:
            what = "is empty" if version is None else f"has version {version}, expected {HEAD}"
            raise InvalidError(f"the history {self.name} {what}", "record a run with `auditor audit --history`")
        self._migrate(connection, version)

    def _migrate(self, connection: sa.Connection, version: str | None) -> None:
        # alembic takes 0.2 s to import, and only a new or older database needs it
        from alembic import command, config, script  # noqa: PLC0415

        settings = config.Config()
        settings.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        settings.attributes["connection"] = connection
        if version is not None and version not in {
            each.revision for each in script.ScriptDirectory.from_config(settings).walk_revisions()
        }:
            message = f"the history {self.name} has version {version}, which this version of Auditor does not support"
            raise InvalidError(message, "upgrade Auditor")
        command.upgrade(settings, "head")


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the "begin" event starts transactions, so that DDL is part of them
    connection.execute(f"PRAGMA busy_timeout = {_WAIT_SECONDS * 1000}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
