"""Starts servers one at a time, round by round, plays requests with wrk, and reads what they cost from the scheduler.

The server has one processor to itself and the load another. A measurement is a dictionary; see `measure`.
"""
import http.client, json, os, resource, signal, subprocess, sys, time
from pathlib import Path

HERE = Path(__file__).parent
SERVER, LOAD = "0", "1"


def family(pid):
    """A process and all that descend from it."""
    found, at = [pid], 0
    while at < len(found):
        try:
            for task in os.listdir(f"/proc/{found[at]}/task"):
                children = Path(f"/proc/{found[at]}/task/{task}/children").read_text().split()
                found += [int(child) for child in children]
        except OSError:
            pass
        at += 1
    return list(dict.fromkeys(found))


def processor_seconds(pids):
    """By the scheduler's account, since ticks miss short bursts; with that of threads that have ended."""
    total = 0
    for pid in pids:
        try:
            # The clock of a process, as clock_getcpuclockid(3) makes it of its number.
            total += time.clock_gettime((~pid << 3) | 2)
        except OSError:
            pass
    return total


def memory(pids, field):
    """In MiB; `Pss` shares out what several processes have in common, `Rss` counts it for each."""
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return round(total / 1024, 1)


def busy_seconds():
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(map(int, fields[1:4] + fields[6:8])) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Postgres:
    """The processes of a PostgreSQL server, by the folder it runs in."""

    def __init__(self, folder):
        self.main = int((Path(folder) / "postmaster.pid").read_text().split()[0])
        # Each by itself: what is started later stays where the server is, but its writer and its checkpointer run already.
        for pid in self.pids():
            subprocess.run(["taskset", "-a", "-c", "-p", SERVER, str(pid)], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    def pids(self):
        return family(self.main)

    def settle(self):
        """Waits until those who left are counted as ended: while a connection is ending, it is in neither account."""
        for _ in range(500):
            commands = [Path(f"/proc/{pid}/cmdline") for pid in self.pids()]
            if all(file.exists() and (said := file.read_bytes()) and b"127.0.0.1(" not in said for file in commands):
                return
            time.sleep(0.01)

    def processor_seconds(self):
        """That of processes that have ended too: a server lets go of connections whose answer nobody waits for."""
        ended = Path(f"/proc/{self.main}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
        return processor_seconds(self.pids()) + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


class Running:
    """A server under measurement, from its first answer to its end."""

    def __init__(self, target):
        self.target = target
        environment = {**os.environ, **target.get("env", {})}
        # Else the server's first commit would wait for all that was copied for it, and copied before.
        os.sync()
        begun = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", target.get("processor", SERVER), *target["command"]], cwd=target.get("cwd"), env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while True:
            if self.process.poll() is not None:
                sys.exit(f"{target['name']} ended by itself")
            try:
                status, self.body = self.ask_once()
                break
            except OSError:
                time.sleep(0.001)
            if time.monotonic() - begun > 60:
                sys.exit(f"{target['name']} did not start")
        self.start_ms = round((time.monotonic() - begun) * 1000, 1)
        if status != 200:
            sys.exit(f"{target['name']} answered {status}")

    def ask_once(self):
        line = (Path(self.target["requests"]) / self.target["probe"]).read_text().split("\n", 1)[0]
        method, path, cookie, _ = line.split("\t")
        connection = http.client.HTTPConnection("127.0.0.1", self.target["port"], timeout=10)
        connection.request(method, path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        size = len(answer.read())
        connection.close()
        return answer.status, size

    def pids(self):
        return family(self.process.pid)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


STAMP = [int(time.time()) % 100000]


def begin(running, file, connections, seconds, once=False):
    """wrk, playing a file of requests."""
    STAMP[0] += 1
    target = running.target
    environment = {**os.environ, "REQUESTS": str(file), "STAMP": str(STAMP[0]), "ONCE": "1" if once else "0",
                   "ORIGIN": f"http://127.0.0.1:{target['port']}"}
    return subprocess.Popen(
        ["taskset", "-c", LOAD, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
         "-s", str(HERE / "requests.lua"), f"http://127.0.0.1:{target['port']}"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def end(wrk):
    """What wrk says when it is through."""
    said, _ = wrk.communicate()
    lines = [line for line in said.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.exit(said)
    return json.loads(lines[0].removeprefix("RESULT "))


def play(running, file, connections, seconds, once=False):
    return end(begin(running, file, connections, seconds, once))


def measure(running, work, connections, seconds, once=False, warm_up=1):
    """One measurement: requests a second, times in µs, processor time a request in µs, memory in MiB.

    Requests that can be played once only are not warmed up with. Where they do not last for the window, the rate is that
    of the time they lasted for (`window`, in seconds).
    """
    target = running.target
    file = Path(target["requests"]) / work["file"]
    if warm_up and not once:
        play(running, file, connections, warm_up)
    database = target["postgres"].processor_seconds if target.get("postgres") else lambda: 0
    servers = running.pids()

    def clocks():
        return processor_seconds(servers), database(), busy_seconds(), children_seconds(), time.monotonic()

    before = clocks()
    played = play(running, file, connections, seconds, once)
    used, in_database, busy, load, wall = (after - earlier for after, earlier in zip(clocks(), before))
    requests, window = max(played["requests"], 1), played["us"] / 1e6
    return {
        "target": target["name"], "work": work["name"], "connections": connections, "window": round(window, 2),
        "rate": round(played["requests"] / window, 1), "p50": played["p50"], "p99": played["p99"], "bad": played["bad"],
        "requests": played["requests"], "cpu": round(used / requests * 1e6, 2),
        "database_cpu": round(in_database / requests * 1e6, 2), "bytes": round(played["bytes"] / requests),
        "rss": memory(running.pids(), "Rss"), "pss": memory(running.pids(), "Pss"),
        "others": round((busy - used - in_database - load) / wall, 2),
    }
