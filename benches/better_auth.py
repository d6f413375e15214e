"""Better Auth with its organization and admin plugins: how it is seeded, and how it is measured at its best.

A Node process compiles itself while it runs, so each workload gets a long warm-up. 64 connections are more than it can
answer, so it is measured with fewer, and its best result counts.
"""
import os, shutil
from pathlib import Path

import measure, workloads
from common import BENCHES, run
from databases import POOL_SIZE

# The request files of its seed.mjs, by our workloads. It has no discard in one call, no page of 500, and no bulk.
FILES = {"session": "session", "list1": "one", "list10": "ten", "list50": "list", "list50-uncached": "full",
         "create": "create", "accept": "accept", "create-user": "create-user", "add-member": "add-member", "signin": "signin"}
CONNECTIONS = [1, 4, 16]
# Invitations to accept, and members to add, in a warm-up, and in a window.
ACCEPTS = 750


def install(bench):
    """Returns its folder with its npm packages installed."""
    folder = bench.folder / "better-auth"
    if not (folder / "node_modules").exists():
        shutil.copytree(BENCHES / "better-auth", folder, dirs_exist_ok=True)
        run("npm", "ci", "--silent", cwd=folder)
    for file in (BENCHES / "better-auth").iterdir():
        shutil.copy(file, folder)
    return folder


def target(bench, database):
    folder, name = install(bench), f"better-auth-{database}"
    large = bench.options.size == "large"
    accepts = ACCEPTS * bench.options.rounds * (1 + len(CONNECTIONS))
    settings = {"OUT": str(bench.folder / name), "PORT": str(bench.options.port + 3), "NODE_ENV": "production",
                "ACCEPTS": str(accepts), "ORGS": "1000" if large else "1", "USERS": "10000" if large else "1"}
    if database == "sqlite":
        file = bench.folder / f"{name}.db"
        for old_file in bench.folder.glob(f"{name}.db*"):
            old_file.unlink()
        settings |= {"DB": "sqlite", "DB_PATH": str(file)}
    else:
        url = bench.postgres_server().create_database("better_auth")
        settings |= {"DB": "pg", "DATABASE_URL": url, "PG_POOL": str(POOL_SIZE)}
    run("node", "seed.mjs", cwd=folder, env={**os.environ, **settings})
    described = {"name": name, "command": ["node", "server.mjs"], "cwd": folder, "env": settings,
                 "port": bench.options.port + 3, "requests": Path(settings["OUT"]), "probe": "session.tsv",
                 "is_better_auth": True}
    return described if database == "sqlite" else described | {"postgres": bench.postgres_server().processes()}


def measured(running, workload, options, round_number):
    """A warm-up, then a measurement with each number of connections."""
    file = Path(running.target["requests"]) / f"{FILES[workload]}.tsv"
    once, windows = workload in workloads.CONSUMING, 1 + len(CONNECTIONS)

    def requests(window):
        return workloads.part(file, round_number * windows + window, options.rounds * windows) if once else file

    measure.replay(running, requests(0), CONNECTIONS[-1], options.better_auth_warm_up, once)
    for window, connections in enumerate(CONNECTIONS, start=1):
        workload_file = {"name": workload, "file": requests(window)}
        yield measure.measure(running, workload_file, connections, options.better_auth_seconds, once)
