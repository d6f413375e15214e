"""Prints the tables of benches/sso, as docs/performance.md has them. Ratios are taken within a round."""
import statistics

from events_report import ENGINES, Results, bad, cpu
from factors_report import judged, print_ratios_of_reads
from report import median, print_head, print_row, rate, ratio, total_cpu

# CPU of the server, in µs.
MAX_CALLBACK_CPU = 3000
STEPS = ["begin", "finish"]


def print_sign_ins(results):
    print_head("Sign-ins with a provider: CPU", "database", "sign-in", "begin, µs + database", "callback", "target", "both",
               "÷ passkey", "callbacks per second", "p50 ms", "p99 ms")
    for engine, title in ENGINES.items():
        passkey = results.costs(engine, "signins", "passkey")
        if lines := results.select(engine=engine, workload="passkey"):
            print_row(title + bad(lines), "passkey", "", "", "", cpu(lines), "1", "", "", "")
        for name in ("social", "enterprise"):
            begun, finished = (results.select(engine=engine, workload=f"{name}-{step}") for step in STEPS)
            if not finished:
                continue
            is_met = statistics.median(line["cpu"] for line in finished) <= MAX_CALLBACK_CPU
            both = [{"cpu": one["cpu"] + other["cpu"], "database_cpu": one["database_cpu"] + other["database_cpu"],
                     "requests": other["requests"], "round": other["round"]} for one, other in zip(begun, finished)]
            print_row(title + bad(begun + finished), name, cpu(begun), cpu(finished), f"{MAX_CALLBACK_CPU}{judged(is_met)}",
                      cpu(both), ratio({line["round"]: total_cpu(line) for line in both}, passkey), median(finished, "rate"),
                      *(f"{statistics.median(line[name] for line in finished) / 1000:.1f}" for name in ("p50", "p99")))


def print_hanging(results):
    print_head("Beside 50 callbacks that hang", "database", "requests", "per second without", "with", "with ÷ without",
               "CPU with ÷ without", "p99 ms without", "with")
    for engine, title in ENGINES.items():
        for workload in dict.fromkeys(line["workload"] for line in results.select(engine=engine)):
            lines = results.select(engine=engine, workload=workload)
            alone, beside = ([line for line in lines if bool(line["hanging"]) == hangs] for hangs in (False, True))
            rates, costs = ([{line["round"]: figure(line) for line in side} for side in (beside, alone)]
                            for figure in (rate, total_cpu))
            waits = (f"{statistics.median(line['p99'] for line in side) / 1000:.1f}" for side in (alone, beside))
            print_row(title, workload + bad(alone + beside), median(alone, "rate"), median(beside, "rate"), ratio(*rates),
                      ratio(*costs), *waits)


def print_tables(lines):
    parts = {line["part"] for line in lines}
    if "signins" in parts:
        print_sign_ins(Results(lines, "signins"))
    if "requirement" in parts:
        print_ratios_of_reads(Results(lines, "requirement"), "A required connection: CPU per request")
    if "hanging" in parts:
        print_hanging(Results(lines, "hanging"))
