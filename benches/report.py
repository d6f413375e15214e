"""Prints the tables of a run, as docs/performance.md has them. Ratios are taken within a round; the median is printed."""
import statistics

import better_auth, mixed_load, workloads

ENGINES = ["sqlite", "postgres"]


def total_cpu(line):
    """CPU time of server and database."""
    return line["cpu"] + line["database_cpu"]


def rate(line):
    """Responses per second."""
    return line["rate"]


class Results:
    """The lines of measurements.jsonl."""

    def __init__(self, lines):
        # A window without responses says nothing about the cost of one.
        self.lines = [line for line in lines if line.get("requests") != 0]
        self.targets = list(dict.fromkeys(line["target"] for line in lines))

    def select(self, target, workload, connections=None):
        return [line for line in self.lines if line["target"] == target and line["workload"] == workload
                and connections in (None, line.get("connections"))]

    def by_round(self, figure, best, *selection):
        """A figure for each round: the best one, if a round has several."""
        figures_of = {}
        for line in self.select(*selection):
            figures_of.setdefault(line["round"], []).append(figure(line))
        return {number: best(figures) for number, figures in figures_of.items()}


def ratio(numerators, denominators):
    """The median ratio of the rounds that have both figures."""
    ratios = [numerators[number] / denominators[number] for number in numerators if denominators.get(number)]
    return f"{statistics.median(ratios):.2f}" if ratios else ""


def median(lines, name, digits=0):
    values = [line[name] for line in lines if name in line]
    return f"{statistics.median(values):.{digits}f}" if values else ""


def print_head(title, *columns):
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def print_row(*cells):
    print(f"| {' | '.join(str(cell) for cell in cells)} |")


def print_costs(results):
    print_head("CPU time per request", "workload", "target", "CPU µs", "+ database", "× baseline", "requests/s", "p50 µs",
               "p99 µs", "RSS MiB", "responses")
    for workload, connections in dict.fromkeys((line["workload"], line.get("connections")) for line in results.lines):
        if workload in ("start", mixed_load.NAME):
            continue
        baseline = results.by_round(total_cpu, min, "baseline", workload, connections)
        for target in results.targets:
            lines = results.select(target, workload, connections)
            if not lines:
                continue
            bad = sum(line["bad"] for line in lines)
            costs = results.by_round(total_cpu, min, target, workload, connections)
            print_row(f"{workload}, {connections} connections" + (f" ({bad} bad)" if bad else ""), target,
                      median(lines, "cpu", 1), median(lines, "database_cpu", 1), ratio(costs, baseline), median(lines, "rate"),
                      median(lines, "p50"), median(lines, "p99"), median(lines, "rss", 1),
                      sum(line["requests"] for line in lines))


def print_starts(results):
    print_head("At rest", "target", "start ms", "RSS MiB", "PSS MiB")
    for target in results.targets:
        if lines := results.select(target, "start"):
            print_row(target, median(lines, "start_ms", 1), median(lines, "rss", 1), median(lines, "pss", 1))


def print_writes(results):
    """Vestibule with 64 connections, against each other target with the number of connections that is best for it."""
    def rates(target, workload):
        return results.by_round(rate, max, target, workload)

    print_head("Writes: Vestibule ÷ others, requests/s", "workload", "target", "requests/s", "÷ pgbench",
               "÷ one write per commit", "÷ better-auth, same database")
    for workload in [*workloads.WRITES, *workloads.KEY_WRITES]:
        for target, *others in [("sqlite", "", "sqlite-one-write-per-commit", "better-auth-sqlite"),
                                ("postgres", "pgbench", "", "better-auth-postgres"), ("postgres-apart", "pgbench", "", "")]:
            ours = rates(target, workload)
            if ours:
                print_row(workload, target, f"{statistics.median(ours.values()):.0f}",
                          *(ratio(ours, rates(other, workload)) for other in others))


def print_by_key(results):
    """Requests with an API key, against requests with a session that do about the same."""
    print_head("By API key ÷ by session", "target", "permissions ÷ session, CPU", "create-user ÷ create, requests/s")
    for target in ENGINES:
        def figures(figure, workload):
            return results.by_round(figure, min, target, workload, workloads.DEFAULT_CONNECTIONS)

        if figures(total_cpu, "permissions"):
            print_row(target, ratio(figures(total_cpu, "permissions"), figures(total_cpu, "session")),
                      ratio(figures(rate, "create-user"), figures(rate, "create")))


def print_better_auth(results):
    """CPU time per request: Better Auth's where it takes the least, Vestibule's with 64 connections."""
    print_head("Better Auth ÷ Vestibule", "workload", "database", "better-auth CPU µs", "connections", "vestibule CPU µs",
               "connections", "better-auth ÷ vestibule")
    # The last one has the same number of connections on both sides.
    compared = [(workload, None, workloads.connections_of(workload)) for workload in better_auth.FILES]
    compared.append(("list50", 16, 16))
    for workload, their_connections, our_connections in compared:
        for engine in ENGINES:
            their_lines = results.select(f"better-auth-{engine}", workload, their_connections)
            theirs = results.by_round(total_cpu, min, f"better-auth-{engine}", workload, their_connections)
            ours = results.by_round(total_cpu, min, engine, workload, our_connections)
            if theirs and ours:
                best = min(their_lines, key=total_cpu)["connections"]
                print_row(workload, engine, f"{statistics.median(theirs.values()):.0f}", best,
                          f"{statistics.median(ours.values()):.1f}", our_connections, ratio(theirs, ours))


def print_mixed_load(results):
    print_head(f"list50 on {mixed_load.READERS} connections, alone and during sign-ins on {mixed_load.SIGN_INS}", "target",
               "p50 µs", "during", "p99 µs", "during", "p99 during ÷ alone", "lists/s", "during", "CPU µs per sign-in",
               "+ database", "sign-ins/s", "during")
    for target in results.targets:
        if lines := results.select(target, mixed_load.NAME):
            alone = results.by_round(lambda line: line["p99"], min, target, mixed_load.NAME)
            during = results.by_round(lambda line: line["p99_during"], min, target, mixed_load.NAME)
            print_row(target, median(lines, "p50"), median(lines, "p50_during"), median(lines, "p99"),
                      median(lines, "p99_during"), ratio(during, alone), median(lines, "rate"),
                      median(lines, "rate_during"), median(lines, "signin_cpu"), median(lines, "signin_database_cpu"),
                      median(lines, "signin_rate"), median(lines, "signin_rate_during"))


def print_tables(lines):
    results = Results(lines)
    measured = {line["workload"] for line in results.lines}
    print_costs(results), print_starts(results)
    if measured & {*workloads.WRITES, *workloads.KEY_WRITES}:
        print_writes(results)
    if measured & {*workloads.KEY_READS, *workloads.KEY_WRITES}:
        print_by_key(results)
    if any(target.startswith("better-auth") for target in results.targets):
        print_better_auth(results)
    if mixed_load.NAME in measured:
        print_mixed_load(results)
