"""A run of benchmarks in parts, as of benches/events, factors and sso: its options, its servers and its measurements."""
import argparse, json, shutil, sqlite3, sys, time
from pathlib import Path

import databases, measure, sign_ins, workloads
from common import BENCHES, REPOSITORY, run


def parser(description, parts):
    """The options that every run has."""
    a = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--out", type=Path), a.add_argument("--parts", default=",".join(parts))
    a.add_argument("--without", default="", help="postgres")
    a.add_argument("--rounds", type=int, default=3), a.add_argument("--seconds", type=int, default=4)
    a.add_argument("--binary", type=Path, help="the vestibule to measure, instead of building it")
    a.add_argument("--reference-binary", type=Path, help="the vestibule to compare it with, such as the release before")
    a.add_argument("--port", type=int, default=4180, help="the first of eight ports")
    a.add_argument("--from", type=Path, dest="earlier", help="prints the tables of earlier measurements")
    return a


def list_request(target):
    """Method, path, cookie and body of a list of the organization, by its admin."""
    return (target["requests"] / "list50.tsv").read_text().split("\n")[0].split("\t")


def organization_of(target):
    """The id of the organization whose lists are measured."""
    return list_request(target)[1].split("/")[2]


class PartRun:
    """A run, its folder and its measurements. Each part is a method of a subclass, which takes the engine."""

    def __init__(self, name, options, spare):
        self.options, self.lines = options, []
        self.folder = (options.out or REPOSITORY / "target" / f"{name}-{int(time.time())}").resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not options.binary:
            run("cargo", "build", "--release", "--package", "vestibule", cwd=REPOSITORY)
        self.binary = (options.binary or REPOSITORY / "target/release/vestibule").resolve()
        self.reference = options.reference_binary and options.reference_binary.resolve()
        self.seed = self.folder / "seed"
        if not self.seed.exists():
            # An older build cannot open the database of a newer one, which migrates its copy instead.
            run(sys.executable, BENCHES / "seed.py", "--binary", self.reference or self.binary, "--dir", self.seed,
                "--spare", spare, "--port", options.port)
        self.engines = ["sqlite"] if "postgres" in options.without else ["sqlite", "postgres"]
        self.postgres, self.databases = None, set()

    def start_postgres(self):
        """Starts PostgreSQL with the seed as its database `seed`, from which others are copied."""
        self.postgres = databases.PostgresServer(self.folder / "postgres-server")
        databases.copy_to_postgres(self.postgres, "seed", self.reference or self.binary, self.seed)

    def target(self, engine, name, binary=None, **settings):
        """A server on its own copy of the seed."""
        folder, port, binary = self.folder / f"{engine}-{name}", self.options.port + 1, binary or self.binary
        shutil.rmtree(folder, ignore_errors=True), shutil.copytree(self.seed, folder)
        if engine == "sqlite":
            target = databases.sqlite(f"sqlite-{name}", binary, folder, port, **settings)
            return target | {"engine": engine, "file": folder / "vestibule.db"}
        database = name.replace("-", "_")
        if database in self.databases:
            self.postgres.drop_database(database)
        self.databases.add(database)
        url = self.postgres.create_database(database, "seed")
        target = databases.postgres(f"postgres-{name}", binary, folder, port, self.postgres, url)
        target["env"] |= settings
        return target | {"engine": engine, "url": url}

    def sql(self, target, *statements):
        """Runs statements on a target's database. The rows of the last one are returned for a query."""
        if target["engine"] == "postgres":
            return self.postgres.sql(target["url"], *statements)
        connection = sqlite3.connect(target["file"])
        connection.execute("PRAGMA synchronous = OFF"), connection.execute("PRAGMA cache_size = -400000")
        for statement in statements:
            rows = connection.execute(statement).fetchall()
        connection.commit(), connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"), connection.close()
        return "\n".join("|".join(map(str, row)) for row in rows)

    def sign_in_target(self, engine, name, binary=None, **settings):
        """A server at a URL that browsers offer passkeys for."""
        origin = f"http://localhost:{self.options.port + 1}"
        return self.target(engine, name, binary, VESTIBULE_PUBLIC_URL=origin, **settings) | {"origin": origin}

    def create_users(self, target, kinds):
        """Starts a server once, and creates users: a number of each kind, with what a function adds to them."""
        password_hash = self.sql(target, "SELECT MIN(password_digest) FROM users")
        target["users"] = {}
        with measure.serving(target):
            for kind, (count, add) in kinds.items():
                target["users"][kind] = users = sign_ins.create_users(target, kind, count, password_hash)
                add(target, users)
            sign_ins.settle()

    def enter_organization(self, target):
        """Starts a server once, which migrates the database, and makes the organization of the lists the active one."""
        cookie, body = list_request(target)[2], f'{{"organization_id": "{organization_of(target)}"}}'
        with measure.serving(target):
            measure.expect(target, f"POST\t/session/switch-organization\t{cookie}\t{body}", 200)

    def record(self, part, number, target, line):
        line = {"part": part, "round": number, "engine": target["engine"], **line}
        self.lines.append(line)
        with open(self.folder / "measurements.jsonl", "a") as file:
            file.write(json.dumps(line) + "\n")
        print(" ".join(f"{name}={value}" for name, value in line.items()), flush=True)

    def rounds(self, targets):
        """The targets of each round. The order alternates, so that a machine that becomes slower favours none."""
        for number in range(self.options.rounds):
            for target in targets if number % 2 == 0 else reversed(targets):
                yield number, target

    def measure_workloads(self, part, number, target, names, settle=lambda: None, connections=None):
        running = measure.RunningServer(target)
        try:
            for name in names:
                file, once = target["requests"] / f"{name}.tsv", name in workloads.CONSUMING
                requests = workloads.part(file, number, self.options.rounds) if once else file
                line = measure.measure(running, {"name": name, "file": requests}, connections or self.options.connections,
                                       self.options.seconds, once, settle=settle)
                self.record(part, number, target, line)
        finally:
            running.stop()

    def run(self):
        try:
            if "postgres" in self.engines:
                self.start_postgres()
            for part in self.options.parts.split(","):
                for engine in self.engines:
                    getattr(self, part)(engine)
        finally:
            if self.postgres:
                self.postgres.stop()


def main(new_run, options, parts, print_tables):
    """Runs the parts and prints the tables, or prints those of an earlier run."""
    if unknown := set(options.parts.split(",")) - set(parts):
        sys.exit(f"unknown parts: {', '.join(unknown)}")
    if options.earlier:
        lines = [json.loads(line) for line in options.earlier.read_text().splitlines()]
    else:
        running = new_run(options)
        running.run()
        lines = running.lines
    print_tables(lines)
