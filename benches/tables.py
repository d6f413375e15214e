"""The tables of a run, as docs/performance.md has them. A ratio is taken within a round before its median is."""
import statistics

import beside, peers, works

ENGINES = ["sqlite", "postgres"]


def processor(line):
    """Server and database."""
    return line["cpu"] + line["database_cpu"]


class Results:
    """The lines of measurements.jsonl."""

    def __init__(self, lines):
        # A window in which nothing was answered says nothing of what an answer costs.
        self.lines = [line for line in lines if line.get("requests") != 0]
        self.targets = list(dict.fromkeys(line["target"] for line in lines))

    def of(self, target, work, connections=None):
        return [line for line in self.lines if line["target"] == target and line["work"] == work
                and connections in (None, line.get("connections"))]

    def by_round(self, figure, best, *which):
        """A figure of each round; where a round has several, the best."""
        found = {}
        for line in self.of(*which):
            found.setdefault(line["round"], []).append(figure(line))
        return {number: best(figures) for number, figures in found.items()}


def ratio(above, below):
    """The median over the rounds that have both."""
    both = [above[number] / below[number] for number in above if below.get(number)]
    return f"{statistics.median(both):.2f}" if both else ""


def middle(lines, name, digits=0):
    known = [line[name] for line in lines if name in line]
    return f"{statistics.median(known):.{digits}f}" if known else ""


def head(title, *columns):
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def row(*cells):
    print(f"| {' | '.join(str(cell) for cell in cells)} |")


def costs(results):
    head("What each work costs", "work", "target", "CPU µs", "+ database", "× limit", "a second", "p50 µs", "p99 µs",
         "RSS MiB", "answers")
    for work, connections in dict.fromkeys((line["work"], line.get("connections")) for line in results.lines):
        if work in ("start", beside.NAME):
            continue
        limit = results.by_round(processor, min, "limit", work, connections)
        for target in results.targets:
            lines = results.of(target, work, connections)
            if not lines:
                continue
            wrong = sum(line["bad"] for line in lines)
            row(f"{work}, {connections} at once" + (f" ({wrong} bad)" if wrong else ""), target, middle(lines, "cpu", 1),
                middle(lines, "database_cpu", 1), ratio(results.by_round(processor, min, target, work, connections), limit),
                middle(lines, "rate"), middle(lines, "p50"), middle(lines, "p99"), middle(lines, "rss", 1),
                sum(line["requests"] for line in lines))


def starts(results):
    head("At rest", "target", "start ms", "RSS MiB", "PSS MiB")
    for target in results.targets:
        if lines := results.of(target, "start"):
            row(target, middle(lines, "start_ms", 1), middle(lines, "rss", 1), middle(lines, "pss", 1))


def writes(results):
    """Ours at 64 at once, against each at the number of connections where it does the most."""
    def rates(target, work):
        return results.by_round(lambda line: line["rate"], max, target, work)

    head("Writes, ours ÷ theirs, a second", "work", "target", "a second", "÷ pgbench", "÷ one commit a write",
         "÷ better-auth, same database")
    for work in works.WRITES:
        for target, *others in [("sqlite", "", "sqlite-one-commit", "better-auth-sqlite"),
                                ("postgres", "pgbench", "", "better-auth-postgres"), ("postgres-apart", "pgbench", "", "")]:
            ours = rates(target, work)
            if ours:
                row(work, target, f"{statistics.median(ours.values()):.0f}",
                    *(ratio(ours, rates(other, work)) for other in others))


def peer_over_ours(results):
    """Processor time a request: the peer's where it takes the least, ours where 64 ask at once."""
    head("Peer ÷ ours", "work", "database", "peer CPU µs", "at once", "ours CPU µs", "at once", "peer ÷ ours")
    # Like for like, too.
    compared = [(work, None, works.at_once(work)) for work in peers.NAMES] + [("list50", 16, 16)]
    for work, theirs_at_once, ours_at_once in compared:
        for engine in ENGINES:
            their_lines = results.of(f"better-auth-{engine}", work, theirs_at_once)
            theirs = results.by_round(processor, min, f"better-auth-{engine}", work, theirs_at_once)
            ours = results.by_round(processor, min, engine, work, ours_at_once)
            if theirs and ours:
                best = min(their_lines, key=processor)["connections"]
                row(work, engine, f"{statistics.median(theirs.values()):.0f}", best,
                    f"{statistics.median(ours.values()):.1f}", ours_at_once, ratio(theirs, ours))


def beside_sign_ins(results):
    head(f"list50 with {beside.READERS} connections, alone and while {beside.SIGNING_IN} others sign in", "target",
         "p50 µs", "beside", "p99 µs", "beside", "p99 beside ÷ alone", "lists a second", "beside", "CPU µs a sign-in",
         "+ database", "sign-ins a second", "beside")
    for target in results.targets:
        if lines := results.of(target, beside.NAME):
            p99 = results.by_round(lambda line: line["p99"], min, target, beside.NAME)
            with_them = results.by_round(lambda line: line["p99_beside"], min, target, beside.NAME)
            row(target, middle(lines, "p50"), middle(lines, "p50_beside"), middle(lines, "p99"), middle(lines, "p99_beside"),
                ratio(with_them, p99), middle(lines, "rate"), middle(lines, "rate_beside"), middle(lines, "signin_cpu"),
                middle(lines, "signin_database_cpu"), middle(lines, "signin_rate"), middle(lines, "signin_rate_beside"))


def tables(lines):
    results = Results(lines)
    measured = {line["work"] for line in results.lines}
    costs(results), starts(results)
    if measured & set(works.WRITES):
        writes(results)
    if any(target.startswith("better-auth") for target in results.targets):
        peer_over_ours(results)
    if beside.NAME in measured:
        beside_sign_ins(results)
