"""Users, and their sign-ins over the API, in the ways that browsers make them."""
import base64, hashlib, hmac, http.client, json, os, statistics, threading, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import measure
from seed import PASSWORD
from software_authenticator import Passkey

TOTP_SECONDS = 30
# Users of each round whose sign-ins are not measured: they open connections and fill caches.
WARM_UP = 8
# The sealer and the worker are done with the events of the sign-ins after this time.
SETTLE_SECONDS = 1.5
# The thread of a hash ends with it, so its CPU time is what the other threads leave of the process's.
HASHING_THREAD = "hashing"


def settle():
    time.sleep(SETTLE_SECONDS)


class Refused(Exception):
    """A response that is not a success."""


class Browser:
    """A connection that is kept, and at most one session."""

    def __init__(self, port, origin, key=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.origin, self.key, self.cookie, self.seconds = origin, key, None, 0

    def forget(self):
        """Becomes a browser without cookies, on the same connection."""
        self.cookie, self.seconds = None, 0

    def send(self, method, path, fields=None):
        """Returns the body of the response. `seconds` counts how long requests took, without the time between them."""
        headers = {"Authorization": self.key} if self.key else {"Origin": self.origin}
        headers |= {"Cookie": self.cookie} if self.cookie else {}
        headers |= {"Content-Type": "application/json"} if fields is not None else {}
        started_at = time.monotonic()
        self.connection.request(method, path, b"" if fields is None else json.dumps(fields), headers)
        response = self.connection.getresponse()
        body = response.read()
        self.seconds += time.monotonic() - started_at
        if response.status != 200:
            raise Refused(f"{method} {path}: {response.status} {body[:300].decode(errors='replace')}")
        self.cookie = response.headers.get("Set-Cookie", self.cookie or "").split(";")[0]
        return json.loads(body)

    def post(self, path, fields=None):
        """Returns the data of the response."""
        return self.send("POST", path, fields)["data"]


class User:
    """A user whom the API for backends has created."""

    def __init__(self, id, email):
        self.id, self.email, self.passkey = id, email, None
        self.secret = hashlib.sha1(f"secret of {email}".encode()).digest()

    def code(self):
        """The code of now (RFC 6238)."""
        step = int(time.time()) // TOTP_SECONDS
        digest = hmac.digest(self.secret, step.to_bytes(8, "big"), "sha1")
        offset = digest[-1] & 15
        return f"{(int.from_bytes(digest[offset:offset + 4], 'big') & 0x7fffffff) % 10**6:06}"

    def submit_password(self, browser):
        fields = {"strategy": "plain_email", "email": self.email, "password": PASSWORD}
        return browser.post("/auth/signin", fields)


def backend(target):
    """A client of the API for backends, with the API key of a request file."""
    key = (Path(target["requests"]) / "permissions.tsv").read_text().split("\t")[2]
    return Browser(target["platform_port"], None, key)


def create_users(target, name, count, password_hash):
    """Creates users, each with an address of their own and the password of the seed."""
    addresses = [f"{name}{number}@example.com" for number in range(count)]
    users = []
    for first in range(0, count, 1000):
        rows = [{"email_address": address, "password_hash": password_hash} for address in addresses[first:first + 1000]]
        results = backend(target).send("POST", "/users/bulk", {"users": rows, "mode": "all"})["results"]
        users += [User(row["user_id"], row["email_address"]) for row in results]
    return users


def add_authenticators(target, users):
    client = backend(target)
    for user in users:
        secret = base64.b32encode(user.secret).decode()
        client.send("POST", f"/users/{user.id}/authenticators", {"secret": secret})


def add_passkeys(target, users):
    for user in users:
        browser = Browser(target["port"], target["origin"])
        user.submit_password(browser)
        user.passkey = Passkey(user.email, target["origin"])
        credential = user.passkey.register(browser.post("/me/passkeys/register/begin")["options"])
        browser.post("/me/passkeys/register/finish", {"credential": credential})


def require_signed_in(session):
    if not session["active_signin"]:
        raise Refused("nobody is signed in")


def with_password(browser, user):
    require_signed_in(user.submit_password(browser))


def with_code(browser, user):
    attempt = user.submit_password(browser)["signin_attempts"][-1]
    if attempt["current_step"] != "verify_second_factor":
        raise Refused(f"no second factor was asked for: {attempt}")
    query = f"attempt_identifier={attempt['id']}&identifier_type=signin&method=authenticator"
    require_signed_in(browser.post(f"/auth/attempt-verification?{query}", {"verification_code": user.code()}))


def with_passkey(browser, user):
    options = browser.post("/auth/passkey/login/begin")["options"]
    require_signed_in(browser.post("/auth/passkey/login/finish", {"credential": user.passkey.assert_to(options)}))


def sign_all_in(target, users, sign_in, connections):
    """Signs users in, each in a browser of their own. Returns how long each waited, and what went wrong."""
    own = threading.local()

    def connect():
        # Of this thread alone.
        os.sched_setaffinity(0, {int(measure.LOAD_CPU)})
        own.browser = Browser(target["port"], target["origin"])

    def run(user):
        own.browser.forget()
        try:
            sign_in(own.browser, user)
            return own.browser.seconds, None
        except (Refused, OSError, http.client.HTTPException) as error:
            own.browser.connection.close()
            return own.browser.seconds, str(error)

    with ThreadPoolExecutor(connections, initializer=connect) as pool:
        waited, problems = zip(*pool.map(run, users))
    return waited, [problem for problem in problems if problem]


def threads_cpu_seconds(pid):
    """CPU time by thread, without those that hash. From the scheduler, since other files count in ticks."""
    seconds = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            if (task / "comm").read_text().strip() != HASHING_THREAD:
                seconds[task.name] = int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            pass
    return seconds


def measured(running, name, users, sign_in, connections, settle=settle):
    """One measurement: CPU time per sign-in in µs, of which `hashing` is that of the threads that hash."""
    target, pid = running.target, running.process.pid
    database_cpu_seconds = target["postgres"].cpu_seconds if target.get("postgres") else lambda: 0

    def clocks():
        return measure.cpu_seconds([pid]), database_cpu_seconds(), time.monotonic()

    settle()
    threads, before = threads_cpu_seconds(pid), clocks()
    waited, problems = sign_all_in(target, users, sign_in, connections)
    window = time.monotonic() - before[2]
    settle()
    after, threads_after = clocks(), threads_cpu_seconds(pid)
    server, database = (now - earlier for now, earlier in zip(after[:2], before[:2]))
    others = sum(now - threads.get(thread, 0) for thread, now in threads_after.items())
    for problem in problems[:3]:
        print(problem, flush=True)
    count, percentiles = len(users), statistics.quantiles(waited, n=100, method="inclusive")
    return {"target": target["name"], "workload": name, "connections": connections, "requests": count,
            "rate": round(count / window, 1), "p50": round(percentiles[49] * 1e6), "p99": round(percentiles[98] * 1e6),
            "bad": len(problems), "cpu": round(server / count * 1e6, 1), "database_cpu": round(database / count * 1e6, 1),
            "hashing": round((server - others) / count * 1e6, 1),
            # Threads that are gone without having hashed: their CPU time counts as hashing.
            "ended_threads": len(threads.keys() - threads_after.keys())}
