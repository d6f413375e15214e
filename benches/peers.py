"""Better Auth with its organization plugin: how it is filled, and how it is measured so that it shows what it can.

A Node process compiles itself while it runs, so each work is warmed up at length first. 64 callers are past what it can
answer, so it is measured at fewer, and of those what is best for it counts.
"""
import os, shutil
from pathlib import Path

import measure, works
from checkout import HERE, run
from databases import POOL

# What the peer calls the same work; it has no discard of one call, no page of 500, and no bulk.
NAMES = {"session": "session", "list1": "one", "list10": "ten", "list50": "list", "list50-anew": "full",
         "create": "create", "accept": "accept", "signin": "signin"}
AT_ONCE = [1, 4, 16]
# Invitations to accept in a warm-up or in a window.
ACCEPTS = 750


def installed(bench):
    """Its folder, with what npm fetches."""
    folder = bench.folder / "better-auth"
    if not (folder / "node_modules").exists():
        shutil.copytree(HERE / "peers/better-auth", folder, dirs_exist_ok=True)
        run("npm", "ci", "--silent", cwd=folder)
    for file in (HERE / "peers/better-auth").iterdir():
        shutil.copy(file, folder)
    return folder


def target(bench, database):
    folder, name = installed(bench), f"better-auth-{database}"
    large = bench.options.size == "large"
    accepts = ACCEPTS * bench.options.rounds * (1 + len(AT_ONCE))
    settings = {"OUT": str(bench.folder / name), "PORT": str(bench.options.port + 3), "NODE_ENV": "production",
                "ACCEPTS": str(accepts), "ORGS": "1000" if large else "1", "USERS": "10000" if large else "1"}
    if database == "sqlite":
        file = bench.folder / f"{name}.db"
        for left in bench.folder.glob(f"{name}.db*"):
            left.unlink()
        settings |= {"DB": "sqlite", "DB_PATH": str(file)}
    else:
        settings |= {"DB": "pg", "DATABASE_URL": bench.server().make("better_auth"), "PG_POOL": str(POOL)}
    run("node", "seed.mjs", cwd=folder, env={**os.environ, **settings})
    made = {"name": name, "command": ["node", "server.mjs"], "cwd": folder, "env": settings, "port": bench.options.port + 3,
            "requests": Path(settings["OUT"]), "probe": "session.tsv", "peer": True}
    return made if database == "sqlite" else made | {"postgres": bench.server().processes()}


def measured(running, work, options, round_number):
    """A warm-up, and then a measurement for each number of connections."""
    file = Path(running.target["requests"]) / f"{NAMES[work]}.tsv"
    once, windows = work in works.ONCE, 1 + len(AT_ONCE)

    def requests(window):
        return works.part(file, round_number * windows + window, options.rounds * windows) if once else file

    measure.play(running, requests(0), AT_ONCE[-1], options.peer_warm_up, once)
    for window, connections in enumerate(AT_ONCE, start=1):
        yield measure.measure(running, {"name": work, "file": requests(window)}, connections, options.peer_seconds, once)
