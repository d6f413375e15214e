"""Prints the tables of benches/events, as docs/performance.md has them. Ratios are taken within a round."""
import statistics

import audit_pages
from report import median, print_head, print_row, ratio, total_cpu

ENGINES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}


class Results:
    """The lines of a part."""

    def __init__(self, lines, part):
        self.lines = [line for line in lines if line["part"] == part]

    def select(self, **fields):
        return [line for line in self.lines if all(line.get(name) == value for name, value in fields.items())]

    def costs(self, engine, name, workload):
        """CPU time of server and database, by round."""
        return {line["round"]: total_cpu(line) for line in self.select(target=f"{engine}-{name}", workload=workload)}


def cpu(lines):
    if any(line["requests"] == 0 for line in lines):
        return "no response in time"
    return f"{median(lines, 'cpu', 1)} + {median(lines, 'database_cpu', 1)}" if lines else ""


def bad(lines):
    count = sum(line["bad"] for line in lines)
    return f" ({count} bad)" if count else ""


def print_deliveries(results):
    print_head("Deliveries of a full queue", "database", "endpoints", "per second", "lowest", "CPU µs + database",
               "processors", "connections", "RSS MiB")
    for engine, title in ENGINES.items():
        drained = results.select(engine=engine, workload="deliver")
        for endpoints in sorted({line["endpoints"] for line in drained}):
            lines = [line for line in drained if line["endpoints"] == endpoints]
            print_row(title + bad(lines), endpoints, median(lines, "rate"), f"{min(line['rate'] for line in lines):.0f}",
                      cpu(lines), median(lines, "busy", 2), median(lines, "connections"), median(lines, "rss", 1))
    print_head("From an event to its receipt", "database", "events per second", "p50 ms", "p99 ms", "highest p99 ms", "max ms",
               "CPU µs + database, with creating")
    for engine, title in ENGINES.items():
        if lines := results.select(engine=engine, workload="delay"):
            print_row(title + bad(lines), median(lines, "rate"), median(lines, "p50", 1), median(lines, "p99", 1),
                      f"{max(line['p99'] for line in lines):.1f}", f"{max(line['max'] for line in lines):.0f}", cpu(lines))


def print_ratios(results, title, base, others):
    """The CPU time of targets, and its ratio to that of `base`."""
    print_head(title, "database", "workload", "target", "CPU µs + database", f"÷ {base}", "of each round", "per second")
    for engine, engine_title in ENGINES.items():
        for workload in dict.fromkeys(line["workload"] for line in results.select(engine=engine)):
            before = results.costs(engine, base, workload)
            for name in [base, *others]:
                lines = results.select(target=f"{engine}-{name}", workload=workload)
                costs = results.costs(engine, name, workload)
                each = [f"{costs[number] / before[number]:.2f}" for number in sorted(costs) if before.get(number)]
                if lines:
                    print_row(engine_title, workload + bad(lines), name, cpu(lines), ratio(costs, before), "; ".join(each),
                              median(lines, "rate"))


def print_audit(results):
    print_head("Pages of 50 of the audit log: many entries ÷ few", "database", "filter", "many: CPU µs + database",
               "few: CPU µs + database", "÷", "p50 ÷")
    for engine, title in ENGINES.items():
        for name in audit_pages.FILTERS:
            many, few = (results.select(engine=engine, workload=audit_pages.workload(name, size)) for size in ("many", "few"))
            if many and few:
                costs = [{line["round"]: total_cpu(line) for line in lines} for lines in (many, few)]
                medians = [statistics.median(line["p50"] for line in lines) for lines in (many, few)]
                if not all(medians):
                    print_row(title, name, cpu(many), cpu(few), "", "")
                    continue
                print_row(title, name + bad(many + few), cpu(many), cpu(few), ratio(*costs), f"{medians[0] / medians[1]:.2f}")
    for line in results.select(workload="seed"):
        print(f"\nInserting the entries took {line['seconds']} seconds on {ENGINES[line['engine']]}.")


def print_tables(lines):
    parts = {line["part"] for line in lines}
    if "webhooks" in parts:
        print_deliveries(Results(lines, "webhooks"))
    if "emitting" in parts:
        print_ratios(Results(lines, "emitting"), "Emitting events", "reference", ["unsealed", "events", "endpoint"])
    if "audit" in parts:
        print_audit(Results(lines, "audit"))
    if "metrics" in parts:
        print_ratios(Results(lines, "metrics"), "Metrics", "reference", ["unread", "metrics"])
