"""What Vestibule is measured on: a SQLite file, or the same rows on a PostgreSQL server that belongs to the run."""
import os, shutil, time
from pathlib import Path

import measure
from checkout import HOUSE, run
from fill import environment

# As many connections as every target has that speaks to PostgreSQL: Vestibule, the peer and pgbench.
POOL = 8


class Server:
    """A PostgreSQL server. What it acknowledges is on the disk."""

    def __init__(self, home):
        self.home = home
        shutil.rmtree(home, ignore_errors=True)
        durable = {**os.environ, "VESTIBULE_POSTGRES_FSYNC": "on"}
        self.url = run(HOUSE / "scripts/postgres", "start", home, env=durable).strip().splitlines()[-1]
        self.programs = Path(run("pg_config", "--bindir").strip())

    def make(self, name, template="template1"):
        """The URL of a new database."""
        self.sql(self.url, f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url.rsplit("/", 1)[0] + "/" + name

    def drop(self, name):
        self.sql(self.url, f"DROP DATABASE {name} WITH (FORCE)")

    def sql(self, url, *statements):
        """Each statement in a transaction of its own, since some of them may not be in one with others."""
        said = [part for statement in statements for part in ("-c", statement)]
        return run(self.programs / "psql", url, "-XqAt", "-v", "ON_ERROR_STOP=1", *said).strip()

    def processes(self):
        return measure.Postgres(self.home / "server")

    def stop(self):
        run(HOUSE / "scripts/postgres", "stop", self.home)


def sqlite(name, binary, folder, port, **settings):
    """Vestibule on the SQLite file of a folder that fill.py made."""
    return {"name": name, "command": [str(binary), "serve"], "env": environment(folder, port) | settings, "port": port,
            "requests": folder / "requests", "probe": "session.tsv"}


def moved(server, name, binary, folder):
    """The URL of a database that the product's own command moved a folder's rows into, and the seconds that took."""
    url, begun = server.make(name), time.monotonic()
    run(binary, "move", "--from", folder / "vestibule.db", "--to", url,
        env={**os.environ, "VESTIBULE_KEY_FILE": str(folder / "master.key")})
    took = round(time.monotonic() - begun, 1)
    server.sql(url, "VACUUM ANALYZE")
    return url, took


def postgres(name, binary, folder, port, server, url):
    """Vestibule on what was moved from a folder."""
    settings = {"VESTIBULE_DATABASE": url, "VESTIBULE_KEY_FILE": str(folder / "master.key"),
                "VESTIBULE_DATABASE_CONNECTIONS": str(POOL)}
    return {**sqlite(name, binary, folder, port, **settings), "postgres": server.processes()}
