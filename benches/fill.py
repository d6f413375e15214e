#!/usr/bin/env python3
"""Fills a Vestibule database with organizations, people and invitations, and writes the requests that are measured.

    fill.py --binary VESTIBULE --dir DIR [--size small|large] [--spare 6000]
            [--organizations N] [--pending N] [--answered N] [--members N]

DIR/vestibule.db is made by the binary itself; the rows are put in by SQL, since a million invitations through the API
would take longer than everything that is measured. DIR/requests/*.tsv hold METHOD, path, cookie and body, separated by
tabs. The tokens that accepting needs come from the server's own list. create.tsv goes to an organization of its own, so
that the lists stay as long as they are; create-spread.tsv to all of them in turn.
"""
import argparse, base64, hashlib, json, os, sqlite3, subprocess, sys, time, urllib.request
from pathlib import Path

PASSWORD = "camellia-sinensis"
SIZES = {
    # organizations, pending invitations in each, answered ones in each, members of each
    "small": (1, 50, 0, 20),
    "large": (1000, 50, 1000, 10),
}


def arguments():
    a = argparse.ArgumentParser()
    a.add_argument("--binary", required=True), a.add_argument("--dir", required=True, type=Path)
    a.add_argument("--size", choices=SIZES, default="small"), a.add_argument("--spare", type=int, default=6000)
    a.add_argument("--port", type=int, default=4180)
    parts = ("organizations", "pending", "answered", "members")
    for part in parts:
        a.add_argument(f"--{part}", type=int)
    options = a.parse_args()
    for part, of_size in zip(parts, SIZES[options.size]):
        if getattr(options, part) is None:
            setattr(options, part, of_size)
    return options


def environment(folder, port):
    """The settings under which everything is measured: no log line a request, and no bound on sign-ins."""
    return {**os.environ, "VESTIBULE_DATABASE": str(folder / "vestibule.db"), "VESTIBULE_LISTEN": f"127.0.0.1:{port}",
            "VESTIBULE_MAIL_TRANSPORT": "none", "VESTIBULE_LOG": "warn",
            "VESTIBULE_PASSWORDS_ATTEMPTS_PER_ACCOUNT": "10000", "VESTIBULE_PASSWORDS_ATTEMPTS_PER_ADDRESS": "1000000",
            "VESTIBULE_PASSWORDS_WINDOW": "10s", "VESTIBULE_SESSIONS_IDLE": "30d"}


class Server:
    """The server on this folder's database, for as long as the block runs."""

    def __init__(self, binary, folder, port):
        self.command, self.env = [binary, "serve"], environment(folder, port)
        self.base = f"http://127.0.0.1:{port}"

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                urllib.request.urlopen(self.base + "/health/ready", timeout=2)
                return self
            except OSError:
                time.sleep(0.02)
        sys.exit("the server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def call(self, path, cookie="", body=None):
        headers = {"Cookie": cookie} if cookie else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        body = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, body, headers)
        return json.load(urllib.request.urlopen(request, timeout=60))


class Rows:
    """What goes into the database, gathered by table."""

    def __init__(self, roles, password, now):
        self.tables, self.last, self.now = {}, 10**15, now
        self.admin, self.member, self.workspace_admin, self.workspace_member = roles
        self.password = password

    def add(self, table, **columns):
        names = tuple(columns)
        self.tables.setdefault((table, names), []).append(tuple(columns.values()))

    def id(self):
        self.last += 1
        return self.last

    def user(self, address, session=None):
        user = self.id()
        at = {"created_at": self.now, "updated_at": self.now}
        self.add("users", id=user, first_name="Robin", last_name=f"Example {user}", password_digest=self.password, **at)
        self.add("email_addresses", id=self.id(), user_id=user, address=address, address_key=address, is_primary=1,
                 verified_at=self.now, **at)
        return (user, self.session(user) if session else None)

    def session(self, user):
        session, sign_in, until = self.id(), self.id(), self.now + 20 * 86400 * 10**6
        secret = hashlib.sha256(f"a session of a bench {session}".encode()).digest()
        at = {"created_at": self.now, "updated_at": self.now}
        # Used a moment ago, whenever in the run that is: else each first request would note that its session is in use again.
        used = self.now + 2 * 3600 * 10**6
        self.add("sessions", id=session, token_digest=hashlib.sha256(secret).digest(), active_sign_in_id=sign_in,
                 last_seen_at=used, expires_at=until, **at)
        self.add("sign_ins", id=sign_in, session_id=session, user_id=user, ip_address="127.0.0.1", user_agent="bench",
                 expires_at=until, last_active_at=used, **at)
        return "session_id=" + base64.urlsafe_b64encode(secret).rstrip(b"=").decode()

    def organization(self, name, people):
        organization, workspace = self.id(), self.id()
        at = {"created_at": self.now, "updated_at": self.now}
        self.add("organizations", id=organization, name=name, description="", member_count=len(people), **at)
        self.add("workspaces", id=workspace, organization_id=organization, name="Main Workspace", description="",
                 member_count=1, **at)
        owner = None
        for user in people:
            membership = self.id()
            role = self.member if owner else self.admin
            self.add("organization_memberships", id=membership, organization_id=organization, user_id=user, **at)
            self.add("organization_membership_roles", organization_id=organization, membership_id=membership,
                     role_scope=0, role_id=role)
            owner = owner or membership
        inside = self.id()
        self.add("workspace_memberships", id=inside, organization_id=organization, workspace_id=workspace,
                 organization_membership_id=owner, user_id=people[0], **at)
        self.add("workspace_membership_roles", organization_id=organization, workspace_id=workspace,
                 workspace_membership_id=inside, role_scope=0, role_id=self.workspace_admin)
        return organization, workspace, owner

    def invitation(self, place, address, status="pending", in_workspace=True):
        organization, workspace, owner = place
        made = self.id()
        there = (workspace, workspace, 0, self.workspace_member) if in_workspace else (0, None, None, None)
        scope, workspace, role_scope, role = there
        self.add("invitations", id=made, organization_id=organization, email=address, email_key=address, status=status,
                 generation=made % 97, role_scope=0, role_id=self.member, workspace_scope=scope, workspace_id=workspace,
                 workspace_role_scope=role_scope, workspace_role_id=role, inviter_membership_id=owner,
                 delivery_at=self.now, expires_at=self.now + 20 * 86400 * 10**6, created_at=self.now,
                 updated_at=self.now)
        return made

    def store(self, connection):
        for (table, names), rows in self.tables.items():
            marks = ", ".join("?" * len(names))
            connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)
        self.tables = {}


def main():
    a = arguments()
    a.dir.mkdir(parents=True)
    with Server(a.binary, a.dir, a.port) as server:
        server.call("/auth/signup", body={"email": "robin@example.com", "password": PASSWORD,
                                          "first_name": "Robin", "last_name": "Example"})
    connection = sqlite3.connect(a.dir / "vestibule.db")
    connection.execute("PRAGMA foreign_keys = 0"), connection.execute("PRAGMA synchronous = OFF")
    # In KiB. The indexes of a million invitations, which are not filled in their order.
    connection.execute("PRAGMA cache_size = -400000")
    roles = connection.execute("SELECT creator_role_id, member_role_id, workspace_creator_role_id,"
                               " workspace_member_role_id FROM deployments").fetchone()
    (password,) = connection.execute("SELECT password_digest FROM users").fetchone()
    rows = Rows(roles, password, int(time.time() * 10**6))
    files = {}

    def request(name, method, path, cookie, body=""):
        body = body if isinstance(body, str) else json.dumps(body)
        files.setdefault(name, []).append(f"{method}\t{path}\t{cookie}\t{body}\n")

    def sample(name, place, cookie):
        request(name, "GET", f"/organizations/{place[0]}/invitations", cookie)

    def creation(name, place, cookie):
        request(name, "POST", f"/organizations/{place[0]}/invitations", cookie,
                {"email": "fresh%N%@example.com", "role_id": str(rows.member)})

    first = None
    for n in range(a.organizations):
        people = [rows.user(f"user{m}.of{n}@example.com")[0] for m in range(a.members)]
        cookie, place = rows.session(people[0]), rows.organization(f"Organization {n}", people)
        first = first or (people, cookie)
        for i in range(a.answered):
            rows.invitation(place, f"past{i}.of{n}@example.com", ("accepted", "discarded")[i % 2])
        for i in range(a.pending):
            rows.invitation(place, f"invitee{i}.of{n}@example.com")
        sample("list50", place, cookie)
        # What is narrowed is read anew each time: what a list costs that has changed since the last call.
        request("list50-anew", "GET", f"/organizations/{place[0]}/invitations?limit=500", cookie)
        request("session", "GET", "/session", cookie)
        request("members", "GET", f"/organizations/{place[0]}/members", cookie)
        creation("create-spread", place, cookie)
        if n % 100 == 99:
            rows.store(connection)
    (people, cookie) = first
    for name, count in (("list1", 1), ("list10", 10), ("list500", 500)):
        place = rows.organization(name, people)
        for i in range(count):
            rows.invitation(place, f"invitee{i}.of.{name}@example.com")
        sample(name, place, cookie)
    creation("create", rows.organization("create", people), cookie)
    place = rows.organization("bulk", people)
    invitees = [{"email": f"fresh%N%.{i}@example.com", "role_id": str(rows.member)} for i in range(1000)]
    request("bulk", "POST", f"/organizations/{place[0]}/invitations/bulk", cookie, {"invitations": invitees})
    place = rows.organization("discard", people)
    for i in range(a.spare):
        made = rows.invitation(place, f"invitee{i}.of.discard@example.com")
        request("discard", "POST", f"/organizations/{place[0]}/invitations/{made}/discard", cookie)
    accepting = rows.organization("accept", people)
    guests = {}
    for i in range(a.spare):
        address = f"guest{i}@example.com"
        guests[address] = rows.user(address, session=True)[1]
        rows.invitation(accepting, address, in_workspace=False)
    request("signin", "POST", "/auth/signin", "",
            {"strategy": "plain_email", "email": "robin@example.com", "password": PASSWORD})
    rows.store(connection)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with Server(a.binary, a.dir, a.port) as server:
        before = ""
        while True:
            page = server.call(f"/organizations/{accepting[0]}/invitations?limit=500{before}", cookie)["data"]
            for invitation in page:
                request("accept", "POST", "/organizations/invitations/accept",
                        guests[invitation["email"]], {"token": invitation["token"]})
            if len(page) < 500:
                break
            before = f"&cursor={page[-1]['id']}"
    (a.dir / "requests").mkdir()
    for name, lines in files.items():
        (a.dir / "requests" / f"{name}.tsv").write_text("".join(lines))
    print({name: len(lines) for name, lines in files.items()})


if __name__ == "__main__":
    main()
