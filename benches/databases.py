"""The databases that Vestibule is measured on: a SQLite file, or a copy of its rows on a PostgreSQL server of this run."""
import os, shutil, time
from pathlib import Path

import measure
from common import REPOSITORY, run
from seed import environment, platform_port

# Connections to PostgreSQL of every target: Vestibule, Better Auth and pgbench.
POOL_SIZE = 8


class PostgresServer:
    """A private PostgreSQL server with fsync on."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        durable = {**os.environ, "VESTIBULE_POSTGRES_FSYNC": "on"}
        self.url = run(REPOSITORY / "scripts/postgres", "start", folder, env=durable).strip().splitlines()[-1]
        self.bin = Path(run("pg_config", "--bindir").strip())

    def create_database(self, name, template="template1"):
        """Returns the URL of a new database."""
        self.sql(self.url, f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.rsplit("/", 1)[0] + "/" + name

    def drop_database(self, name):
        self.sql(self.url, f"DROP DATABASE {name} WITH (FORCE)")

    def sql(self, url, *statements):
        """Runs each statement in a transaction of its own: VACUUM and CREATE DATABASE require that."""
        options = [part for statement in statements for part in ("-c", statement)]
        return run(self.bin / "psql", url, "-XqAt", "-v", "ON_ERROR_STOP=1", *options).strip()

    def processes(self):
        return measure.PostgresProcesses(self.folder / "server")

    def stop(self):
        run(REPOSITORY / "scripts/postgres", "stop", self.folder)


def sqlite(name, binary, folder, port, **settings):
    """Vestibule on the SQLite file of a folder that seed.py made."""
    return {"name": name, "command": [str(binary), "serve"], "env": environment(folder, port) | settings, "port": port,
            "platform_port": platform_port(port), "requests": folder / "requests", "probe": "session.tsv"}


def copy_to_postgres(server, name, binary, folder):
    """Copies a folder's rows into a new database with `vestibule copy-database`. Returns its URL, and the seconds it took."""
    url, started_at = server.create_database(name), time.monotonic()
    run(binary, "copy-database", "--from", folder / "vestibule.db", "--to", url,
        env={**os.environ, "VESTIBULE_KEY_FILE": str(folder / "master.key")})
    seconds = round(time.monotonic() - started_at, 1)
    server.sql(url, "VACUUM ANALYZE")
    return url, seconds


def postgres(name, binary, folder, port, server, url):
    """Vestibule on a PostgreSQL database that was copied from a folder."""
    settings = {"VESTIBULE_DATABASE": url, "VESTIBULE_KEY_FILE": str(folder / "master.key"),
                "VESTIBULE_DATABASE_MAX_CONNECTIONS": str(POOL_SIZE)}
    return {**sqlite(name, binary, folder, port, **settings), "postgres": server.processes()}
