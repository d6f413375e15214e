"""What is played against whom: the works by the name of their file of requests, and how many do them at once."""
READS = ["session", "list1", "list10", "list50", "list50-anew", "list500", "members"]
WRITES = ["create", "discard", "accept"]
# What uses its requests up: each round, and each window of a round, has a part of them.
ONCE = {"discard", "accept"}
# Where not 64 do it at once.
FEWER = {"signin": 4, "bulk": 1}


def at_once(work):
    return FEWER.get(work, 64)


def plan(target, last):
    """What a target of ours is asked in a round, with how many connections. A bulk makes thousands, so it comes once."""
    if "works" in target:
        return [(work, at_once(work)) for work in target["works"]]
    works = [(work, at_once(work)) for work in READS]
    works += [("list50", 1), ("list50", 16), ("list50", 256)]
    works += [(work, at_once(work)) for work in [*WRITES, "signin"]]
    return works + [("bulk", at_once("bulk"))] if last else works


def part(file, index, of):
    """One of so many parts of a file of requests that can be played once only."""
    lines = file.read_text().splitlines(keepends=True)
    size = len(lines) // of
    made = file.with_name(f"{file.stem}.{index}.tsv")
    made.write_text("".join(lines[index * size:(index + 1) * size]))
    return made
