"""Prints the tables of benches/factors, as docs/performance.md has them. Ratios are taken within a round."""
import statistics

from events_report import ENGINES, Results, bad, cpu
from report import median, print_head, print_row, ratio, total_cpu

MIN_HASHING_SHARE, MAX_PASSKEY_CPU = 0.95, 2000


def milliseconds(lines, *names):
    return " + ".join(f"{statistics.median(line[name] for line in lines) / 1000:.2f}" for name in names)


def share(lines, total):
    """The share of hashing, in percent."""
    return statistics.median(line["hashing"] / total(line) for line in lines) * 100


def judged(is_met):
    return "" if is_met else ", **missed**"


def print_codes(results):
    print_head("Sign-ins: CPU", "database", "sign-in", "server + database, ms", "hashing, ms", "÷ server", "target",
               "÷ server and database", "÷ password", "hashing ÷ password's", "per second")
    for engine, title in ENGINES.items():
        base = results.costs(engine, "factors", "password")
        hashing = {line["round"]: line["hashing"] for line in
                   results.select(target=f"{engine}-factors", workload="password")}
        for name, workload in (("reference", "password"), ("factors", "password"), ("factors", "code")):
            lines = results.select(target=f"{engine}-{name}", workload=workload)
            if not lines:
                continue
            of_server = share(lines, lambda line: line["cpu"])
            ended = sum(line["ended_threads"] for line in lines)
            print_row(title + bad(lines), workload + (", reference" if name == "reference" else ""),
                      milliseconds(lines, "cpu", *["database_cpu"] * (engine == "postgres")), milliseconds(lines, "hashing"),
                      f"{of_server:.1f} %" + (f" ({ended} threads ended)" if ended else ""),
                      f"{MIN_HASHING_SHARE * 100:.0f} %" + judged(of_server >= MIN_HASHING_SHARE * 100),
                      f"{share(lines, total_cpu):.1f} %", ratio(results.costs(engine, name, workload), base),
                      ratio({line["round"]: line["hashing"] for line in lines}, hashing), median(lines, "rate", 1))


def print_passkeys(results):
    print_head("Sign-ins with a passkey, both requests", "database", "CPU µs + database", "target", "per second", "p50 µs",
               "p99 µs", "sign-ins")
    for engine, title in ENGINES.items():
        if lines := results.select(engine=engine, workload="passkey"):
            is_met = statistics.median(map(total_cpu, lines)) <= MAX_PASSKEY_CPU
            print_row(title + bad(lines), cpu(lines), f"{MAX_PASSKEY_CPU}{judged(is_met)}", median(lines, "rate"),
                      median(lines, "p50"), median(lines, "p99"), sum(line["requests"] for line in lines))


def print_ratios_of_reads(results, heading):
    """Medians of the ratios of the rounds, and in parentheses the ratio of the lowest costs, which noise only increases."""
    compared = [("free", "reference"), ("required", "reference"), ("required", "free")]
    print_head(heading, "database", "read", "reference, µs + database", "free", "required",
               *(f"{name} ÷ {base}" for name, base in compared), "rounds")
    for engine, title in ENGINES.items():
        for workload in dict.fromkeys(line["workload"] for line in results.select(engine=engine)):
            names = ("reference", "free", "required")
            lines = {name: results.select(target=f"{engine}-{name}", workload=workload) for name in names}
            costs = {name: results.costs(engine, name, workload) for name in names}
            ratios = [f"{ratio(costs[name], costs[base])} ({min(costs[name].values()) / min(costs[base].values()):.2f})"
                      if costs[base] else "" for name, base in compared]
            print_row(title, workload + bad(sum(lines.values(), [])), *(cpu(lines[name]) for name in names), *ratios,
                      len(costs["required"]))


def print_tables(lines):
    parts = {line["part"] for line in lines}
    if "codes" in parts:
        print_codes(Results(lines, "codes"))
    if "passkeys" in parts:
        print_passkeys(Results(lines, "passkeys"))
    if "requirement" in parts:
        print_ratios_of_reads(Results(lines, "requirement"), "The requirement of second factors: CPU per request")
