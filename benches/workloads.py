"""The workloads, named after their request files, and how many connections send each."""
READS = ["session", "list1", "list10", "list50", "list50-uncached", "list500", "members"]
WRITES = ["create", "discard", "accept"]
# By API key, at the address of the API for backends.
KEY_READS = ["permissions", "members100", "members100-uncached"]
KEY_WRITES = ["create-user", "add-member"]
# Workloads that use up their requests. Each round, and each window of a round, sends its own part of the file.
CONSUMING = {"discard", "accept", "add-member"}
DEFAULT_CONNECTIONS = 64
# Workloads with another number of connections.
CONNECTIONS = {"signin": 4, "bulk": 1}


def connections_of(workload):
    return CONNECTIONS.get(workload, DEFAULT_CONNECTIONS)


def plan(target, is_last_round):
    """The workloads of a Vestibule target in one round, with their connections. A bulk creates thousands of invitations,
    so it runs in the last round only."""
    if "workloads" in target:
        return [(workload, connections_of(workload)) for workload in target["workloads"]]
    planned = [(workload, connections_of(workload)) for workload in [*READS, *KEY_READS]]
    planned += [("list50", 1), ("list50", 16), ("list50", 256)]
    planned += [(workload, connections_of(workload)) for workload in [*WRITES, *KEY_WRITES, "signin"]]
    return planned + [("bulk", connections_of("bulk"))] if is_last_round else planned


def part(file, index, count):
    """Writes one of `count` equal parts of a request file that can be sent only once, and returns its path."""
    lines = file.read_text().splitlines(keepends=True)
    size = len(lines) // count
    part_file = file.with_name(f"{file.stem}.{index}.tsv")
    part_file.write_text("".join(lines[index * size:(index + 1) * size]))
    return part_file
