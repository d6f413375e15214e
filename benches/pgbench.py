"""What PostgreSQL itself takes for our writes: pgbench, with transactions of as many statements that do no more than that.

A transaction begins, looks rows up by their primary key, and makes the writes that ours makes, into our tables with all
their indexes, checks and foreign keys. It decides nothing and checks nothing of what it reads. The tables are in a database
that our rows were moved to once more, so the rows that are looked up are ours.
"""
import itertools, re

import measure
from checkout import run
from databases import POOL

# Statements of ours (BEGIN and COMMIT not among them) when the caller is known, their session was used a moment ago, and
# somebody has invited into the organization before. docs/api-cost.md counts a mail besides. Ours come in fewer pieces: the
# two writes of an invitation and of a discard are sent as one statement, without BEGIN and COMMIT. Here each stays one.
STATEMENTS = {"create": 3, "discard": 3, "accept": 8}
# What a call looks up on its way, in turn until there are as many statements as ours.
LOOKED_UP = ["sessions", "users", "organization_memberships", "organizations", "organization_roles"]
# What the writes go into.
WRITTEN = ["invitations", "revisions", "organization_memberships", "organization_membership_roles", "organizations", "users"]
# More than eight connections have ever made.
MOST_A_SECOND = 6000

# No id of ours is above this one. Connections take turns, so that their ids rise with time, as ours do.
OURS = 2 * 10**18
ID = ":first + :n * :clients + :client_id"
COLUMNS = """id, organization_id, email, email_key, status, generation, role_scope, role_id, workspace_scope,
    inviter_membership_id, delivery, delivery_at, expires_at, created_at, updated_at"""
VALUES = """:organizations, 'of' || {id} || '@example.com', 'of' || {id} || '@example.com', 'pending', {id}, 0,
    :organization_roles, 0, :organization_memberships, 'not_sent', 1, 9000000000000000, 1, 1"""


def revise(*scopes):
    """Each connection has a row of its own, as our commands have that run at once."""
    rows = ", ".join(f"({scope}, :client_id, 1)" for scope in scopes)
    return f"""INSERT INTO revisions (scope, shard, revision) VALUES {rows}
        ON CONFLICT (scope, shard) DO UPDATE SET revision = revisions.revision + 1"""


def answered(status):
    return f"UPDATE invitations SET status = '{status}', updated_at = 2 WHERE id = :id AND status = 'pending'"


WRITES = {
    "create": [f"INSERT INTO invitations ({COLUMNS}) VALUES (:id, {VALUES.format(id=':id')})",
               revise(":organizations")],
    "discard": [answered("discarded"), revise(":organizations")],
    "accept": [
        answered("accepted"),
        """INSERT INTO organization_memberships (id, organization_id, user_id, created_at, updated_at)
            VALUES (:id, :organizations, :id, 1, 1)""",
        """INSERT INTO organization_membership_roles (organization_id, membership_id, role_scope, role_id)
            VALUES (:organizations, :id, 0, :organization_roles)""",
        # Of one organization, as all our acceptances are of one.
        "UPDATE organizations SET member_count = member_count + 1 WHERE id = :organizations",
        revise(":organizations", "-CAST(:organizations AS BIGINT)")],
}


def transaction(work):
    """The script of a transaction, by the line."""
    writes = [" ".join(statement.split()) for statement in WRITES[work]]
    tables = itertools.islice(itertools.cycle(LOOKED_UP), STATEMENTS[work] - len(writes))
    lookups = [f"SELECT * FROM {table} WHERE id = :{table}" for table in tables]
    return ["\\set n :n + 1", f"\\set id {ID}", *(f"{line};" for line in ["BEGIN", *lookups, *writes, "COMMIT"])]


class Reference:
    """The tables, and the transactions on them."""

    def __init__(self, server, folder, template):
        self.server, self.folder, self.first = server, folder, OURS
        self.processes = server.processes()
        self.folder.mkdir(exist_ok=True)
        self.url = server.make("reference", template)
        self.looked_up = {table: server.sql(self.url, f"SELECT min(id) FROM {table}") for table in LOOKED_UP}

    def prepare(self, work, seconds):
        """Rows to answer in a window, instead of those that the window before has made or answered."""
        self.first += 10**12
        # What an acceptance has given goes with its person.
        statements = [f"DELETE FROM {table} WHERE id > {OURS}" for table in ["invitations", "users"]]
        if work != "create":
            values = re.sub(r":(\w+)", lambda name: self.looked_up[name[1]], VALUES.format(id="i"))
            last = self.first + MOST_A_SECOND * (seconds + 1)
            rows = f"FROM generate_series({self.first}, {last}) i"
            statements += [f"INSERT INTO invitations ({COLUMNS}) SELECT i, {values} {rows}",
                           "INSERT INTO users (id, first_name, last_name, created_at, updated_at)"
                           f" SELECT i, '', '', 1, 1 {rows}"]
        self.server.sql(self.url, *statements, "VACUUM ANALYZE " + ", ".join(WRITTEN))

    def done(self, work):
        """How many rows of this window are as a transaction leaves them."""
        status = {"create": "pending", "discard": "discarded", "accept": "accepted"}[work]
        return int(self.server.sql(self.url, "SELECT count(*) FROM invitations"
                                             f" WHERE id >= {self.first} AND status = '{status}'"))

    def play(self, work, length, before=0):
        """What pgbench says, and the µs that each transaction took, in order: for as long as `length` says, on rows after
        those that so many transactions of each connection have used before."""
        script, log = self.folder / f"{work}.sql", self.folder / f"{work}.log"
        script.write_text("\n".join(transaction(work)) + "\n")
        for left in self.folder.glob(f"{log.name}.*"):
            left.unlink()
        given = {**self.looked_up, "first": self.first, "n": before, "clients": POOL}
        defined = [part for name, value in given.items() for part in ("-D", f"{name}={value}")]
        said = run("taskset", "-c", measure.LOAD, self.server.programs / "pgbench", "--no-vacuum", "--protocol=prepared",
                   f"--client={POOL}", "--jobs=1", length, f"--file={script}", "--log", f"--log-prefix={log}", *defined,
                   self.url)
        lines = [line for file in self.folder.glob(f"{log.name}.*") for line in file.read_text().splitlines()]
        return said, sorted(int(line.split()[2]) for line in lines)

    def spent(self):
        """Processor seconds, once nobody is connected."""
        self.processes.settle()
        return self.processes.processor_seconds()

    def measure(self, work, seconds):
        """As measure.measure has it of a server.

        Connections stay in a pool, and pgbench's are new each time: what it takes to begin one, and to prepare its first
        transaction, is measured before and left out.
        """
        self.prepare(work, seconds)
        at_first = self.spent()
        self.play(work, "--transactions=1")
        begun = self.spent()
        said, took = self.play(work, f"--time={seconds}", before=1)
        used, played = self.spent() - begun - (begun - at_first), len(took)
        return {
            "target": "pgbench", "work": work, "connections": POOL, "statements": STATEMENTS[work],
            "rate": round(float(re.search(r"tps = ([\d.]+)", said)[1]), 1), "p50": took[played // 2],
            "p99": took[played * 99 // 100], "bad": abs(played + POOL - self.done(work)), "requests": played, "cpu": 0.0,
            "database_cpu": round(used / (played - POOL) * 1e6, 2)}
