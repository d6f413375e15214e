"""Starts servers, replays requests against them with wrk, and reads their CPU time from the scheduler.

The server runs on one processor and the load on another. A measurement is a dictionary; see `measure`.
"""
import contextlib, http.client, json, os, resource, signal, subprocess, sys, time
from pathlib import Path

from common import BENCHES

# Processors of the server and of the load generator, as taskset counts them.
SERVER_CPU, LOAD_CPU = "0", "1"


def process_tree(pid):
    """A process and all its descendants."""
    pids, index = [pid], 0
    while index < len(pids):
        try:
            for task in os.listdir(f"/proc/{pids[index]}/task"):
                children = Path(f"/proc/{pids[index]}/task/{task}/children").read_text().split()
                pids += [int(child) for child in children]
        except OSError:
            pass
        index += 1
    return list(dict.fromkeys(pids))


def cpu_seconds(pids):
    """CPU time of processes, ended threads included. From their CPU clocks, since ticks in /proc miss short bursts."""
    total = 0
    for pid in pids:
        try:
            # The process's CPU clock, computed as clock_getcpuclockid(3) does.
            total += time.clock_gettime((~pid << 3) | 2)
        except OSError:
            pass
    return total


def memory(pids, field):
    """Memory in MiB: `Rss` counts shared pages for each process, `Pss` divides them among the processes that share them."""
    total = 0
    for pid in pids:
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return round(total / 1024, 1)


def system_cpu_seconds():
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return sum(map(int, fields[1:4] + fields[6:8])) / os.sysconf("SC_CLK_TCK")


def children_cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def send(target, line):
    """Sends one request of a request file. Returns the status and the body of the response."""
    method, path, credentials, body = line.rstrip("\n").split("\t")
    headers = {"Authorization" if is_by_key(line) else "Cookie": credentials}
    if body:
        headers["Content-Type"] = "application/json"
    connection = http.client.HTTPConnection("127.0.0.1", port_of(target, line), timeout=10)
    connection.request(method, path, body or None, headers)
    response = connection.getresponse()
    response_body = response.read()
    connection.close()
    return response.status, response_body


def is_by_key(line):
    """Whether a request of a request file has an API key instead of a session."""
    return line.split("\t")[2].startswith("Bearer ")


def port_of(target, line):
    """Vestibule takes requests with an API key at a port of their own."""
    return target.get("platform_port", target["port"]) if is_by_key(line) else target["port"]


class PostgresProcesses:
    """The processes of a PostgreSQL server, found by its data folder."""

    def __init__(self, folder):
        self.postmaster = int((Path(folder) / "postmaster.pid").read_text().split()[0])
        # New backends inherit the affinity, but the background processes are running already.
        for pid in self.pids():
            subprocess.run(["taskset", "-a", "-c", "-p", SERVER_CPU, str(pid)], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

    def pids(self):
        return process_tree(self.postmaster)

    def wait_for_disconnects(self):
        """Waits until no backend is ending: its CPU time is counted neither as a running process's nor as an ended one's."""
        for _ in range(500):
            commands = [Path(f"/proc/{pid}/cmdline") for pid in self.pids()]
            if all(file.exists() and (text := file.read_bytes()) and b"127.0.0.1(" not in text for file in commands):
                return
            time.sleep(0.01)

    def cpu_seconds(self):
        """CPU time with that of ended backends: Vestibule closes connections with abandoned queries."""
        ended = Path(f"/proc/{self.postmaster}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
        return cpu_seconds(self.pids()) + sum(map(int, ended)) / os.sysconf("SC_CLK_TCK")


class RunningServer:
    """A server under measurement. It has answered one request when the constructor returns."""

    def __init__(self, target):
        self.target = target
        environment = {**os.environ, **target.get("env", {})}
        # Otherwise the server's first commit waits until the copied database is on the disk.
        os.sync()
        started_at = time.monotonic()
        self.process = subprocess.Popen(
            ["taskset", "-c", target.get("processor", SERVER_CPU), *target["command"]], cwd=target.get("cwd"),
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        while True:
            if self.process.poll() is not None:
                sys.exit(f"{target['name']} exited during its start")
            try:
                status, self.body = self.probe()
                break
            except OSError:
                time.sleep(0.001)
            if time.monotonic() - started_at > 60:
                sys.exit(f"{target['name']} did not start within 60 seconds")
        self.start_ms = round((time.monotonic() - started_at) * 1000, 1)
        if status != 200:
            sys.exit(f"{target['name']} answered {status}")

    def probe(self):
        line = (Path(self.target["requests"]) / self.target["probe"]).read_text().split("\n", 1)[0]
        status, body = send(self.target, line)
        return status, len(body)

    def pids(self):
        return process_tree(self.process.pid)

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextlib.contextmanager
def serving(target):
    """A running server."""
    running = RunningServer(target)
    try:
        yield running
    finally:
        running.stop()


def expect(target, line, status):
    """Sends a request of a running server, and ends the run if it has another status. Returns the body of the response."""
    got, body = send(target, line)
    if got != status:
        sys.exit(f"{target['name']}: {line.split()[:2]} answered {got}, not {status}: {body.decode(errors='replace')}")
    return body


# Makes the email addresses of each wrk run unique.
RUN_NUMBER = [int(time.time()) % 100000]


def start_wrk(running, file, connections, seconds, once=False, pause_ms=0):
    """Starts wrk on a request file. With `once`, it stops at the end of the file. Each connection pauses after a response."""
    RUN_NUMBER[0] += 1
    with open(file) as requests:
        port = port_of(running.target, requests.readline())
    environment = {**os.environ, "REQUESTS": str(file), "RUN_NUMBER": str(RUN_NUMBER[0]), "ONCE": "1" if once else "0",
                   "PAUSE_MS": str(pause_ms), "ORIGIN": f"http://127.0.0.1:{port}"}
    return subprocess.Popen(
        ["taskset", "-c", LOAD_CPU, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s",
         "-s", str(BENCHES / "replay.lua"), f"http://127.0.0.1:{port}"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish_wrk(wrk):
    """Waits for wrk, and returns the result that replay.lua prints."""
    output, _ = wrk.communicate()
    lines = [line for line in output.splitlines() if line.startswith("RESULT ")]
    if not lines:
        sys.exit(output)
    return json.loads(lines[0].removeprefix("RESULT "))


def replay(running, file, connections, seconds, once=False, pause_ms=0):
    return finish_wrk(start_wrk(running, file, connections, seconds, once, pause_ms))


def measure(running, workload, connections, seconds, once=False, warm_up=1, settle=lambda: None):
    """One measurement: requests per second, latencies in µs, CPU time per request in µs, memory in MiB.

    Requests that can be sent only once get no warm-up. If they run out before the window ends, the rate is that of the
    time they lasted (`window`, in seconds). `others` is the number of processors that other programs used. `settle` waits for
    work that requests leave to be done after their response, so that its CPU time counts too.
    """
    target = running.target
    file = Path(target["requests"]) / workload["file"]
    if warm_up and not once:
        replay(running, file, connections, warm_up)
    database_cpu_seconds = target["postgres"].cpu_seconds if target.get("postgres") else lambda: 0
    pids = running.pids()

    def clocks():
        return cpu_seconds(pids), database_cpu_seconds(), system_cpu_seconds(), children_cpu_seconds(), time.monotonic()

    settle()
    before = clocks()
    result = replay(running, file, connections, seconds, once)
    settle()
    server, database, system, load, wall = (after - earlier for after, earlier in zip(clocks(), before))
    requests, window = max(result["requests"], 1), result["us"] / 1e6
    return {
        "target": target["name"], "workload": workload["name"], "connections": connections, "window": round(window, 2),
        "rate": round(result["requests"] / window, 1), "p50": result["p50"], "p99": result["p99"], "bad": result["bad"],
        "requests": result["requests"], "cpu": round(server / requests * 1e6, 2),
        "database_cpu": round(database / requests * 1e6, 2), "bytes": round(result["bytes"] / requests),
        "rss": memory(running.pids(), "Rss"), "pss": memory(running.pids(), "Pss"),
        "others": round((system - server - database - load) / wall, 2),
    }
