"""Deliveries of webhooks to a receiver on this machine: how many per second, their CPU time, and how late they arrive.

Deliveries per second are measured on a queue that was filled by SQL while no server ran, so that nothing else is counted. The
delay is measured while invitations are created at a steady rate. It is the time from that of the event, which is taken before
its commit and cut to milliseconds, until the receiver has read the request: a little more than from the commit to the receipt.
"""
import http.client, json, statistics, subprocess, sys, time
from datetime import datetime, timezone
from pathlib import Path

import measure
from common import BENCHES

# Deliveries of the queue that are not counted, at its beginning and at its end.
WARM_UP_SHARE, TAIL_SHARE = 0.1, 0.05
# A receiver on this machine is reached by http only in this mode.
SETTINGS = {"VESTIBULE_MODE": "staging"}
# The ids of Vestibule begin with the milliseconds since 2025-01-01.
ID_EPOCH_MS, ID_TIME_SHIFT = 1_735_689_600_000, 22
STALL_SECONDS = 30


class Receiver:
    """receiver.py in a process of its own."""

    def __init__(self, port, processor):
        self.port = port
        self.process = subprocess.Popen(["taskset", "-c", processor, sys.executable, BENCHES / "receiver.py", str(port)])
        for _ in range(500):
            try:
                self.count()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit("the receiver did not start")

    def url(self, number):
        """The URL of an endpoint. Each has an origin, and thus connections, of its own."""
        return f"http://127.0.0.{number % 250 + 1}:{self.port}/webhooks"

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path)
        body = connection.getresponse().read()
        connection.close()
        return body

    def count(self):
        return int(self.get("/count"))

    def connections(self):
        return int(self.get("/connections"))

    def reset(self):
        self.get("/reset")

    def receipts(self):
        """The ids, and for each the delay in ms."""
        ids, delays = [], []
        for line in self.get("/receipts").splitlines():
            received_at, id = line.decode().split("\t")
            # The timestamp in the body is in seconds, but the id has the milliseconds of the event.
            event_at = (int(id.removeprefix("msg_")) >> ID_TIME_SHIFT) + ID_EPOCH_MS
            ids.append(id), delays.append(int(received_at) / 1e6 - event_at)
        return ids, delays

    def settle(self):
        """Waits until nothing more arrives, and until the events of the last second are sealed."""
        count, since = -1, time.monotonic()
        while time.monotonic() - since < 1.5:
            time.sleep(0.1)
            if (now := self.count()) != count:
                count, since = now, time.monotonic()

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def create_endpoint(target, url, **fields):
    """Creates an endpoint of the installation that gets every event, with the API key of a request file."""
    key = (Path(target["requests"]) / "permissions.tsv").read_text().split("\t")[2]
    connection = http.client.HTTPConnection("127.0.0.1", target["platform_port"], timeout=10)
    connection.request("POST", "/webhooks/endpoints", json.dumps({"url": url, **fields}),
                       {"Authorization": key, "Content-Type": "application/json"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        sys.exit(f"no endpoint was created: {response.status} {body.decode(errors='replace')}")


def fill_statements(deliveries):
    """SQL for both engines that makes `deliveries` due, the same number for each endpoint."""
    now = datetime.now(timezone.utc)
    first_id = int(now.timestamp() * 1000) - ID_EPOCH_MS << ID_TIME_SHIFT
    data = {"version": 1, "entity_type": "organization_invitation", "entity_id": "253159671345451008",
            "organization_id": "253159671345451009", "invitation_id": "253159671345451010", "role_id": "253159671345451011",
            "expires_at": "2026-12-22T10:30:00Z", "is_mailed": True, "personal": {"email": "sam@example.com"}}
    event, at = "organization.invitation.created", f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"
    body = json.dumps({"type": event, "timestamp": at, "data": data}, separators=(",", ":"))
    us = int(now.timestamp() * 1e6)
    return [f"""INSERT INTO webhook_deliveries (endpoint_id, id, event, body, state, attempts, all_attempts, due_at, last_error,
                                                created_at, updated_at)
                WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers
                                               WHERE n < {deliveries} / (SELECT COUNT(*) FROM webhook_endpoints))
                SELECT e.id, {first_id} + n, '{event}', '{body}', 'waiting', 0, 0, {us}, '', {us}, {us}
                  FROM webhook_endpoints e CROSS JOIN numbers""", "ANALYZE"]


def wait_for(receiver, count):
    """Waits until so many deliveries have arrived, and returns their number."""
    last, since = -1, time.monotonic()
    while (now := receiver.count()) < count:
        if now != last:
            last, since = now, time.monotonic()
        if time.monotonic() - since > STALL_SECONDS:
            sys.exit(f"only {now} of {count} deliveries arrived")
        # 1 % of a second is 30 deliveries, of thousands.
        time.sleep(0.01)
    return now


def measure_drain(target, receiver, deliveries, endpoints):
    """Starts a server on a queue of deliveries, and measures until they have arrived."""
    database_cpu_seconds = target["postgres"].cpu_seconds if target.get("postgres") else lambda: 0
    receiver.reset()
    running = measure.RunningServer(target)
    try:
        pids = running.pids()

        def clocks():
            return time.monotonic(), measure.cpu_seconds(pids), database_cpu_seconds()

        first = wait_for(receiver, int(deliveries * WARM_UP_SHARE))
        before = clocks()
        last = wait_for(receiver, int(deliveries * (1 - TAIL_SHARE)))
        wall, server, database = (after - earlier for after, earlier in zip(clocks(), before))
        wait_for(receiver, deliveries)
        connections = receiver.connections()
        receiver.settle()
        ids, _ = receiver.receipts()
        rss = measure.memory(pids, "Rss")
    finally:
        running.stop()
    count = last - first
    return {"target": target["name"], "workload": "deliver", "endpoints": endpoints, "requests": count,
            "rate": round(count / wall, 1), "cpu": round(server / count * 1e6, 1),
            "database_cpu": round(database / count * 1e6, 1), "busy": round(server / wall, 2), "rss": rss,
            # With those that asked for the number of deliveries, a hundred per second.
            "connections": connections,
            # Every endpoint gets each id once.
            "bad": len(ids) - deliveries + max(0, deliveries // endpoints - len(set(ids)))}


def measure_delay(running, receiver, rate, seconds, connections=128):
    """Creates `rate` invitations per second, and measures when their events arrive."""
    target = running.target
    file = Path(target["requests"]) / "create.tsv"
    # So that the rate does not depend on how long a request takes, many connections pause for most of the time.
    pause_ms = max(round(connections / rate * 1000), 1)
    measure.replay(running, file, connections, 1, pause_ms=pause_ms)
    receiver.settle(), receiver.reset()
    database_cpu_seconds = target["postgres"].cpu_seconds if target.get("postgres") else lambda: 0
    server, database = measure.cpu_seconds(running.pids()), database_cpu_seconds()
    result = measure.replay(running, file, connections, seconds, pause_ms=pause_ms)
    receiver.settle()
    server, database = measure.cpu_seconds(running.pids()) - server, database_cpu_seconds() - database
    ids, delays = receiver.receipts()
    count = max(len(delays), 1)
    percentiles = statistics.quantiles(delays or [0, 0], n=100, method="inclusive")
    # A request whose response wrk did not wait for has an event too.
    lost = max(0, result["requests"] - result["bad"] - len(set(ids)))
    return {"target": target["name"], "workload": "delay", "rate": round(result["requests"] / (result["us"] / 1e6), 1),
            "requests": len(delays), "p50": round(percentiles[49], 2), "p99": round(percentiles[98], 2),
            "max": round(max(delays, default=0), 2), "cpu": round(server / count * 1e6, 1),
            "database_cpu": round(database / count * 1e6, 1),
            "bad": result["bad"] + lost + len(ids) - len(set(ids))}
