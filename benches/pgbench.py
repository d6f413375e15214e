"""Measures PostgreSQL alone: pgbench with transactions that have as many statements as Vestibule's writes.

A transaction begins, looks rows up by primary key, and makes the writes that Vestibule makes, into the same tables with all
indexes, checks and foreign keys. It decides nothing, and does not check what it reads. It runs on a copy of the database that
Vestibule is measured on.
"""
import itertools, re

import measure
from common import run
from databases import POOL_SIZE

# Statements of a Vestibule command without BEGIN and COMMIT, when the caller's access is cached, the session was used
# recently, and the organization has had an invitation before. docs/api-cost.md also counts the mail. Vestibule sends fewer:
# the two writes of a create and of a discard are one statement without a transaction. Here they stay two.
STATEMENTS = {"create": 3, "discard": 3, "accept": 8}
# Tables to look up in, in turn, until a transaction has that many statements.
LOOKUP_TABLES = ["sessions", "users", "organization_memberships", "organizations", "organization_roles"]
WRITTEN_TABLES = ["invitations", "revisions", "organization_memberships", "organization_membership_roles", "organizations",
                  "users"]
# An upper bound on the transactions per second of eight connections, for preparing enough rows.
MAX_RATE = 6000

# Above every id that Vestibule has made. Connections interleave their ids, so that they rise with time as Vestibule's do.
FIRST_ID = 2 * 10**18
NEXT_ID = ":first + :n * :clients + :client_id"
COLUMNS = """id, organization_id, email, email_key, status, generation, role_scope, role_id, workspace_scope,
    inviter_membership_id, delivery, delivery_at, expires_at, created_at, updated_at"""
VALUES = """:organizations, 'of' || {id} || '@example.com', 'of' || {id} || '@example.com', 'pending', {id}, 0,
    :organization_roles, 0, :organization_memberships, 'not_sent', 1, 9000000000000000, 1, 1"""


def bump_revisions(*scopes):
    """Each connection has its own shard, as each concurrent command of Vestibule has."""
    rows = ", ".join(f"({scope}, :client_id, 1)" for scope in scopes)
    return f"""INSERT INTO revisions (scope, shard, revision) VALUES {rows}
        ON CONFLICT (scope, shard) DO UPDATE SET revision = revisions.revision + 1"""


def set_status(status):
    return f"UPDATE invitations SET status = '{status}', updated_at = 2 WHERE id = :id AND status = 'pending'"


WRITES = {
    "create": [f"INSERT INTO invitations ({COLUMNS}) VALUES (:id, {VALUES.format(id=':id')})",
               bump_revisions(":organizations")],
    "discard": [set_status("discarded"), bump_revisions(":organizations")],
    "accept": [
        set_status("accepted"),
        """INSERT INTO organization_memberships (id, organization_id, user_id, created_at, updated_at)
            VALUES (:id, :organizations, :id, 1, 1)""",
        """INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
            VALUES (:organizations, :id, 0, :organization_roles)""",
        # Always the same row, since Vestibule's acceptances all go to one organization too.
        "UPDATE organizations SET member_count = member_count + 1 WHERE id = :organizations",
        bump_revisions(":organizations", "-CAST(:organizations AS BIGINT)")],
}


def script_of(workload):
    """The lines of a pgbench script for one transaction."""
    writes = [" ".join(statement.split()) for statement in WRITES[workload]]
    tables = itertools.islice(itertools.cycle(LOOKUP_TABLES), STATEMENTS[workload] - len(writes))
    lookups = [f"SELECT * FROM {table} WHERE id = :{table}" for table in tables]
    return ["\\set n :n + 1", f"\\set id {NEXT_ID}", *(f"{line};" for line in ["BEGIN", *lookups, *writes, "COMMIT"])]


class Pgbench:
    """A copy of the database, and pgbench on it."""

    def __init__(self, server, folder, template):
        self.server, self.folder, self.first_id = server, folder, FIRST_ID
        self.processes = server.processes()
        self.folder.mkdir(exist_ok=True)
        self.url = server.create_database("pgbench", template)
        self.lookup_ids = {table: server.sql(self.url, f"SELECT min(id) FROM {table}") for table in LOOKUP_TABLES}

    def prepare(self, workload, seconds):
        """Deletes the rows of the previous window, and inserts invitations for this one."""
        self.first_id += 10**12
        # The membership and roles of an accepted invitation are deleted with its user.
        statements = [f"DELETE FROM {table} WHERE id > {FIRST_ID}" for table in ["invitations", "users"]]
        if workload != "create":
            values = re.sub(r":(\w+)", lambda name: self.lookup_ids[name[1]], VALUES.format(id="i"))
            last_id = self.first_id + MAX_RATE * (seconds + 1)
            rows = f"FROM generate_series({self.first_id}, {last_id}) i"
            statements += [f"INSERT INTO invitations ({COLUMNS}) SELECT i, {values} {rows}",
                           "INSERT INTO users (id, first_name, last_name, created_at, updated_at)"
                           f" SELECT i, '', '', 1, 1 {rows}"]
        self.server.sql(self.url, *statements, "VACUUM ANALYZE " + ", ".join(WRITTEN_TABLES))

    def count_done(self, workload):
        """The number of rows of this window that are in the state a transaction leaves them in."""
        status = {"create": "pending", "discard": "discarded", "accept": "accepted"}[workload]
        return int(self.server.sql(self.url, "SELECT count(*) FROM invitations"
                                             f" WHERE id >= {self.first_id} AND status = '{status}'"))

    def run_pgbench(self, workload, duration, transactions_before=0):
        """Runs pgbench for `duration`, one of its options. `transactions_before` is how many transactions each connection
        has made in this window before; their rows are skipped. Returns its output, and the sorted latencies in µs."""
        script, log = self.folder / f"{workload}.sql", self.folder / f"{workload}.log"
        script.write_text("\n".join(script_of(workload)) + "\n")
        for old_log in self.folder.glob(f"{log.name}.*"):
            old_log.unlink()
        variables = {**self.lookup_ids, "first": self.first_id, "n": transactions_before, "clients": POOL_SIZE}
        definitions = [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
        output = run("taskset", "-c", measure.LOAD_CPU, self.server.bin / "pgbench", "--no-vacuum", "--protocol=prepared",
                     f"--client={POOL_SIZE}", "--jobs=1", duration, f"--file={script}", "--log", f"--log-prefix={log}",
                     *definitions, self.url)
        lines = [line for file in self.folder.glob(f"{log.name}.*") for line in file.read_text().splitlines()]
        return output, sorted(int(line.split()[2]) for line in lines)

    def cpu_seconds(self):
        """CPU seconds of the server, once all connections are closed."""
        self.processes.wait_for_disconnects()
        return self.processes.cpu_seconds()

    def measure(self, workload, seconds):
        """A measurement like that of measure.measure.

        Vestibule's connections stay open, while each pgbench run opens new ones. So the cost of connecting and of preparing
        the first transaction is measured first and subtracted.
        """
        self.prepare(workload, seconds)
        before_first = self.cpu_seconds()
        self.run_pgbench(workload, "--transactions=1")
        after_first = self.cpu_seconds()
        output, latencies = self.run_pgbench(workload, f"--time={seconds}", transactions_before=1)
        cpu_seconds, requests = self.cpu_seconds() - after_first - (after_first - before_first), len(latencies)
        return {
            "target": "pgbench", "workload": workload, "connections": POOL_SIZE, "statements": STATEMENTS[workload],
            "rate": round(float(re.search(r"tps = ([\d.]+)", output)[1]), 1), "p50": latencies[requests // 2],
            "p99": latencies[requests * 99 // 100], "bad": abs(requests + POOL_SIZE - self.count_done(workload)),
            "requests": requests, "cpu": 0.0,
            "database_cpu": round(cpu_seconds / (requests - POOL_SIZE) * 1e6, 2)}
