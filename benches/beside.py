"""What a list takes while others sign in: signing in hashes a password, which holds a processor for as long as hundreds
of lists take."""
import time
from pathlib import Path

import measure

READERS, SIGNING_IN = 16, 2
NAME = "beside-signin"


def measured(running, seconds):
    """Sign-ins alone, list50 alone, and list50 while sign-ins go on: times in µs."""
    sign_ins = {"name": "signin", "file": "signin.tsv"}
    lists = {"name": "list50", "file": "list50.tsv"}
    signing_in = measure.measure(running, sign_ins, SIGNING_IN, seconds)
    alone = measure.measure(running, lists, READERS, seconds)
    both, together = while_signing_in(running, lists, seconds)
    return {
        "target": running.target["name"], "work": NAME, "connections": READERS, "signin_cpu": signing_in["cpu"],
        "signin_database_cpu": signing_in["database_cpu"], "signin_rate": signing_in["rate"],
        "signin_rate_beside": round(both["requests"] / (both["us"] / 1e6), 1), "p50": alone["p50"], "p99": alone["p99"],
        "rate": alone["rate"], "p50_beside": together["p50"], "p99_beside": together["p99"],
        "rate_beside": together["rate"], "bad": signing_in["bad"] + alone["bad"] + together["bad"] + both["bad"],
        "requests": together["requests"]}


def while_signing_in(running, lists, seconds):
    """Sign-ins begin before the list is measured and end after it."""
    file = Path(running.target["requests"]) / "signin.tsv"
    signing_in = measure.begin(running, file, SIGNING_IN, seconds + 2)
    time.sleep(1)
    together = measure.measure(running, lists, READERS, seconds, warm_up=0)
    return measure.end(signing_in), together
