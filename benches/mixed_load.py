"""How sign-ins affect reads: a sign-in hashes a password, which takes a processor as long as hundreds of lists do."""
import time
from pathlib import Path

import measure

READERS, SIGN_INS = 16, 2
NAME = "list50-during-signin"


def measured(running, seconds):
    """Measures sign-ins alone, list50 alone, and list50 during sign-ins. Latencies are in µs."""
    sign_ins = {"name": "signin", "file": "signin.tsv"}
    lists = {"name": "list50", "file": "list50.tsv"}
    sign_ins_alone = measure.measure(running, sign_ins, SIGN_INS, seconds)
    lists_alone = measure.measure(running, lists, READERS, seconds)
    sign_ins_during, lists_during = measure_both(running, lists, seconds)
    bad = sum(result["bad"] for result in (sign_ins_alone, lists_alone, lists_during, sign_ins_during))
    return {
        "target": running.target["name"], "workload": NAME, "connections": READERS, "signin_cpu": sign_ins_alone["cpu"],
        "signin_database_cpu": sign_ins_alone["database_cpu"], "signin_rate": sign_ins_alone["rate"],
        "signin_rate_during": round(sign_ins_during["requests"] / (sign_ins_during["us"] / 1e6), 1),
        "p50": lists_alone["p50"], "p99": lists_alone["p99"], "rate": lists_alone["rate"],
        "p50_during": lists_during["p50"], "p99_during": lists_during["p99"], "rate_during": lists_during["rate"],
        "bad": bad, "requests": lists_during["requests"]}


def measure_both(running, lists, seconds):
    """Sends sign-ins from before the measurement of the lists until after it."""
    file = Path(running.target["requests"]) / "signin.tsv"
    sign_ins = measure.start_wrk(running, file, SIGN_INS, seconds + 2)
    time.sleep(1)
    lists_during = measure.measure(running, lists, READERS, seconds, warm_up=0)
    return measure.finish_wrk(sign_ins), lists_during
