#!/usr/bin/env python3
"""Fills a Vestibule database with organizations, users and invitations, and writes the requests of each workload.

    seed.py --binary VESTIBULE --dir DIR [--size small|large] [--spare 6000]
            [--organizations N] [--pending N] [--answered N] [--members N]

The binary creates DIR/vestibule.db. The rows are inserted by SQL: a million invitations through the API would take longer
than the benchmark. DIR/requests/*.tsv hold one request per line: method, path, credentials (a cookie or an API key) and body,
separated by tabs. The tokens for accepting come from the server's list. create.tsv goes to an organization of its own, so
that the lists that are measured do not grow; create-spread.tsv goes to all organizations in turn.
"""
import argparse, base64, hashlib, json, os, sqlite3, subprocess, sys, time, urllib.request
from pathlib import Path

PASSWORD = "camellia-sinensis"
SIZES = {
    # organizations; pending invitations, answered invitations and members of each
    "small": (1, 50, 0, 20),
    "large": (1000, 50, 1000, 10),
}
DAY = 86400 * 10**6  # µs
# Those that creating invitations counts towards.
RATE_LIMITS = ["INVITATIONS_PER_ORGANIZATION", "INVITATIONS_PER_NEW_ORGANIZATION", "INVITATIONS_PER_USER",
               "INVITATIONS_PER_ADDRESS", "INVITATIONS_PER_RECIPIENT", "BULK_ROWS_PER_USER"]


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--binary", required=True), a.add_argument("--dir", required=True, type=Path)
    a.add_argument("--size", choices=SIZES, default="small")
    a.add_argument("--spare", type=int, default=6000, help="invitations to accept, and as many to discard and users to add")
    a.add_argument("--port", type=int, default=4180)
    counts = ("organizations", "pending", "answered", "members")
    for count in counts:
        a.add_argument(f"--{count}", type=int, help="default: that of --size")
    options = a.parse_args()
    for count, default in zip(counts, SIZES[options.size]):
        if getattr(options, count) is None:
            setattr(options, count, default)
    return options


def platform_port(port):
    """The port of the API for backends, beside the public one."""
    return port + 3


def environment(folder, port):
    """The settings of every measured server: no log line per request, no rate limit that the load would reach."""
    unlimited = {f"VESTIBULE_RATE_LIMITS_{limit}": "0" for limit in RATE_LIMITS}
    return {**os.environ, **unlimited, "VESTIBULE_INVITATIONS_MAX_PENDING": "0",
            "VESTIBULE_DATABASE": str(folder / "vestibule.db"), "VESTIBULE_LISTEN": f"127.0.0.1:{port}",
            "VESTIBULE_PLATFORM_LISTEN": f"127.0.0.1:{platform_port(port)}", "VESTIBULE_PLATFORM_REQUESTS_PER_KEY": "0",
            "VESTIBULE_MAIL_TRANSPORT": "none", "VESTIBULE_LOG": "warn",
            "VESTIBULE_PASSWORDS_ATTEMPTS_PER_ACCOUNT": "10000", "VESTIBULE_PASSWORDS_ATTEMPTS_PER_ADDRESS": "1000000",
            "VESTIBULE_PASSWORDS_RATE_LIMIT_WINDOW": "10s", "VESTIBULE_SESSIONS_IDLE_TIMEOUT": "30d"}


class Server:
    """A server on this folder's database, as a context manager."""

    def __init__(self, binary, folder, port):
        self.command, self.env = [binary, "serve"], environment(folder, port)
        self.base_url = f"http://127.0.0.1:{port}"

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdout=subprocess.DEVNULL)
        for _ in range(500):
            try:
                urllib.request.urlopen(self.base_url + "/health/ready", timeout=2)
                return self
            except OSError:
                time.sleep(0.02)
        sys.exit("the server did not start within 10 seconds")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def create_api_key(self):
        """Returns an API key with all scopes."""
        create = [self.command[0], "keys", "create", "--name", "benchmark", "--scopes", "*"]
        return subprocess.run(create, env=self.env, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def call(self, path, cookie="", body=None):
        headers = {"Cookie": cookie} if cookie else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        body = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, body, headers)
        return json.load(urllib.request.urlopen(request, timeout=60))


class Rows:
    """Rows to insert, collected by table."""

    def __init__(self, roles, password_digest, now):
        self.tables, self.last_id, self.now = {}, 10**15, now
        self.admin, self.member, self.workspace_admin, self.workspace_member = roles
        self.password_digest = password_digest
        self.timestamps = {"created_at": now, "updated_at": now}

    def add(self, table, **columns):
        names = tuple(columns)
        self.tables.setdefault((table, names), []).append(tuple(columns.values()))

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def add_user(self, address, with_session=False):
        """Returns the user's id, and the cookie of a session if one is asked for."""
        user = self.new_id()
        self.add("users", id=user, first_name="Robin", last_name=f"Example {user}", password_digest=self.password_digest,
                 **self.timestamps)
        self.add("email_addresses", id=self.new_id(), user_id=user, address=address, address_key=address, is_primary=1,
                 verified_at=self.now, **self.timestamps)
        return (user, self.add_session(user) if with_session else None)

    def add_session(self, user):
        """Returns the session's cookie."""
        session, sign_in, expires_at = self.new_id(), self.new_id(), self.now + 20 * DAY
        token = hashlib.sha256(f"benchmark session {session}".encode()).digest()
        # In the future, so that no request of the run has to write that the session is in use.
        last_seen_at = self.now + 2 * 3600 * 10**6
        self.add("sessions", id=session, token_digest=hashlib.sha256(token).digest(), active_sign_in_id=sign_in,
                 last_seen_at=last_seen_at, expires_at=expires_at, **self.timestamps)
        self.add("sign_ins", id=sign_in, session_id=session, user_id=user, ip_address="127.0.0.1", user_agent="bench",
                 expires_at=expires_at, last_active_at=last_seen_at, **self.timestamps)
        return "session_id=" + base64.urlsafe_b64encode(token).rstrip(b"=").decode()

    def add_organization(self, name, users):
        """Adds an organization whose first user is its admin. Returns the ids of organization, workspace and membership."""
        organization, workspace = self.new_id(), self.new_id()
        self.add("organizations", id=organization, name=name, description="", member_count=len(users), **self.timestamps)
        self.add("workspaces", id=workspace, organization_id=organization, name="Main Workspace", description="",
                 member_count=1, **self.timestamps)
        owner = None
        for user in users:
            membership = self.new_id()
            role = self.member if owner else self.admin
            self.add("organization_memberships", id=membership, organization_id=organization, user_id=user,
                     **self.timestamps)
            self.add("organization_membership_roles", organization_id=organization, membership_id=membership,
                     role_scope=0, role_id=role)
            owner = owner or membership
        workspace_membership = self.new_id()
        self.add("workspace_memberships", id=workspace_membership, organization_id=organization, workspace_id=workspace,
                 organization_membership_id=owner, user_id=users[0], **self.timestamps)
        self.add("workspace_membership_roles", organization_id=organization, workspace_id=workspace,
                 workspace_membership_id=workspace_membership, role_scope=0, role_id=self.workspace_admin)
        return organization, workspace, owner

    def add_invitation(self, organization_ids, address, status="pending", to_workspace=True):
        """Returns the invitation's id. `organization_ids` is what add_organization returned."""
        organization, workspace, owner = organization_ids
        invitation = self.new_id()
        workspace_columns = (workspace, workspace, 0, self.workspace_member) if to_workspace else (0, None, None, None)
        scope, workspace, role_scope, role = workspace_columns
        self.add("invitations", id=invitation, organization_id=organization, email=address, email_key=address,
                 status=status, generation=invitation % 97, role_scope=0, role_id=self.member, workspace_scope=scope,
                 workspace_id=workspace, workspace_role_scope=role_scope, workspace_role_id=role,
                 inviter_membership_id=owner, delivery_at=self.now, expires_at=self.now + 20 * DAY, **self.timestamps)
        return invitation

    def insert(self, connection):
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
        key = "Bearer " + server.create_api_key()
    connection = sqlite3.connect(a.dir / "vestibule.db")
    connection.execute("PRAGMA foreign_keys = 0"), connection.execute("PRAGMA synchronous = OFF")
    # 400 MB, in KiB: the indexes of a million invitations are filled in random order.
    connection.execute("PRAGMA cache_size = -400000")
    roles = connection.execute("SELECT creator_role_id, member_role_id, workspace_creator_role_id,"
                               " workspace_member_role_id FROM deployments").fetchone()
    (password_digest,) = connection.execute("SELECT password_digest FROM users").fetchone()
    rows = Rows(roles, password_digest, int(time.time() * 10**6))
    files = {}

    def add_request(name, method, path, credentials, body=""):
        body = body if isinstance(body, str) else json.dumps(body)
        files.setdefault(name, []).append(f"{method}\t{path}\t{credentials}\t{body}\n")

    def add_list_request(name, organization_ids, cookie):
        add_request(name, "GET", f"/organizations/{organization_ids[0]}/invitations", cookie)

    def add_create_request(name, organization_ids, cookie):
        add_request(name, "POST", f"/organizations/{organization_ids[0]}/invitations", cookie,
                    {"email": "fresh%N%@example.com", "role_id": str(rows.member)})

    first = None
    for n in range(a.organizations):
        users = [rows.add_user(f"user{m}.of{n}@example.com")[0] for m in range(a.members)]
        cookie, organization_ids = rows.add_session(users[0]), rows.add_organization(f"Organization {n}", users)
        first = first or (users, cookie)
        for i in range(a.answered):
            rows.add_invitation(organization_ids, f"past{i}.of{n}@example.com", ("accepted", "discarded")[i % 2])
        for i in range(a.pending):
            rows.add_invitation(organization_ids, f"invitee{i}.of{n}@example.com")
        add_list_request("list50", organization_ids, cookie)
        # The response cache holds only lists without a query, so this is what a list costs after a change.
        add_request("list50-uncached", "GET", f"/organizations/{organization_ids[0]}/invitations?limit=500", cookie)
        add_request("session", "GET", "/session", cookie)
        add_request("members", "GET", f"/organizations/{organization_ids[0]}/members", cookie)
        add_request("permissions", "GET", f"/organizations/{organization_ids[0]}/members/{users[0]}", key)
        add_create_request("create-spread", organization_ids, cookie)
        if n % 100 == 99:
            rows.insert(connection)
    (users, cookie) = first
    for name, count in (("list1", 1), ("list10", 10), ("list500", 500)):
        organization_ids = rows.add_organization(name, users)
        for i in range(count):
            rows.add_invitation(organization_ids, f"invitee{i}.of.{name}@example.com")
        add_list_request(name, organization_ids, cookie)
    add_create_request("create", rows.add_organization("create", users), cookie)
    organization_ids = rows.add_organization("bulk", users)
    invitees = [{"email": f"fresh%N%.{i}@example.com", "role_id": str(rows.member)} for i in range(1000)]
    add_request("bulk", "POST", f"/organizations/{organization_ids[0]}/invitations/bulk", cookie, {"invitations": invitees})
    organization_ids = rows.add_organization("discard", users)
    for i in range(a.spare):
        invitation = rows.add_invitation(organization_ids, f"invitee{i}.of.discard@example.com")
        add_request("discard", "POST", f"/organizations/{organization_ids[0]}/invitations/{invitation}/discard", cookie)
    accept_ids = rows.add_organization("accept", users)
    invitee_cookies = {}
    for i in range(a.spare):
        address = f"guest{i}@example.com"
        invitee_cookies[address] = rows.add_user(address, with_session=True)[1]
        rows.add_invitation(accept_ids, address, to_workspace=False)
    # Twice as many as a page has, so that each page has a next one.
    members = [rows.add_user(f"member{i}@example.com")[0] for i in range(200)]
    organization_ids = rows.add_organization("members100", members)
    page = f"/organizations/{organization_ids[0]}/members?limit=100"
    add_request("members100", "GET", page, key)
    # The response cache holds only pages in the list's own order.
    add_request("members100-uncached", "GET", page + "&sort_key=created_at", key)
    add_request("create-user", "POST", "/users", key,
                {"first_name": "Robin", "last_name": "Example", "email_address": "fresh%N%@example.com"})
    organization_ids = rows.add_organization("add-member", users)
    for i in range(a.spare):
        user, _ = rows.add_user(f"seat{i}@example.com")
        add_request("add-member", "POST", f"/organizations/{organization_ids[0]}/members", key,
                    {"user_id": str(user), "role_ids": [str(rows.member)]})
    add_request("signin", "POST", "/auth/signin", "",
                {"strategy": "plain_email", "email": "robin@example.com", "password": PASSWORD})
    rows.insert(connection)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with Server(a.binary, a.dir, a.port) as server:
        cursor = ""
        while True:
            page = server.call(f"/organizations/{accept_ids[0]}/invitations?limit=500{cursor}", cookie)["data"]
            for invitation in page:
                add_request("accept", "POST", "/organizations/invitations/accept",
                            invitee_cookies[invitation["email"]], {"token": invitation["token"]})
            if len(page) < 500:
                break
            cursor = f"&cursor={page[-1]['id']}"
    (a.dir / "requests").mkdir()
    for name, lines in files.items():
        (a.dir / "requests" / f"{name}.tsv").write_text("".join(lines))
    print({name: len(lines) for name, lines in files.items()})


if __name__ == "__main__":
    main()
