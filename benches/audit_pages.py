"""Pages of the audit log of an organization with many entries, and of one with few.

The entries are inserted by SQL, over the same 300 days in both organizations. A filter that is called rare finds 60 of them in
both: more than a page has.
"""
import time
from pathlib import Path

FEW = 1_000
DAYS = 300
RARE = 60
# The ids of Vestibule begin with the milliseconds since 2025-01-01.
ID_EPOCH_MS, ID_TIME_SHIFT = 1_735_689_600_000, 22
FREQUENT_ACTOR, OTHER_ACTOR, RARE_ACTOR, RARE_TARGET = 7_000_001, 7_000_002, 7_000_003, 7_000_004
FREQUENT_ACTION, OTHER_ACTION, RARE_ACTION = ("organization.invitation.created", "organization.member.added",
                                              "organization.updated")
# Organizations that seed.py made, which have the same admin.
ORGANIZATIONS = {"many": "list1", "few": "list10"}


def at(day):
    """The time a number of days after the first entry."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(first_ms() / 1000 + day * 86400))


def first_ms():
    # By the day, so that it is the same in a run.
    return (int(time.time()) // 86400 - DAYS) * 86_400_000


FILTERS = {
    "all": "",
    "actor": f"actor_id={FREQUENT_ACTOR}",
    "rare-actor": f"actor_id={RARE_ACTOR}",
    "action": f"action={FREQUENT_ACTION}",
    "rare-action": f"action={RARE_ACTION}",
    "rare-target": f"target_id={RARE_TARGET}",
    "period": f"from={at(DAYS / 4)}&to={at(DAYS / 2)}",
    "actor-period": f"actor_id={FREQUENT_ACTOR}&from={at(DAYS / 4)}&to={at(DAYS / 2)}",
    "actor-action": f"actor_id={FREQUENT_ACTOR}&action={FREQUENT_ACTION}",
    # It finds 30 entries, among all of the actor.
    "actor-rare-action": f"actor_id={FREQUENT_ACTOR}&action={RARE_ACTION}",
    "none-found": "action=organization.deleted",
}


def workload(filter, size):
    return f"audit-{filter}-{size}"


def insert_statements(entries, is_postgres):
    """SQL that inserts `entries` into the first organization and FEW into the other."""
    def blob(length):
        return f"decode(repeat('5a', {length}), 'hex')" if is_postgres else f"zeroblob({length})"

    def insert(organization, count):
        step_ms, rare = DAYS * 86_400_000 // count, count // RARE
        organization_id = f"(SELECT id FROM organizations WHERE name = '{organization}')"
        payload = ('{"version":1,"entity_type":"organization_invitation","entity_id":"253159671345451008","organization_id":'
                   '"253159671345451009","invitation_id":"253159671345451010","role_id":"253159671345451011",'
                   '"expires_at":"2026-12-22T10:30:00Z","is_mailed":true}')
        personal = '{"email":"sam@example.com","client_address":"192.0.2.7","user_agent":"Mozilla/5.0 (X11; Linux x86_64)"}'
        # Targets are different numbers in the two organizations, since an index has them first.
        target = 10**15 if organization == ORGANIZATIONS["many"] else 2 * 10**15
        at = f"({first_ms()} + n * {step_ms})"
        return f"""INSERT INTO audit_entries (organization_id, id, created_at, action, actor_kind, actor_id, target_kind, target_id,
                                              request_id, payload, personal, salt, commitment, sequence, hash)
            WITH RECURSIVE numbers(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {count})
            SELECT {organization_id}, (({at} - {ID_EPOCH_MS}) << {ID_TIME_SHIFT}) + 4096, {at} * 1000,
                   CASE WHEN n % {rare} IN (2, 3) THEN '{RARE_ACTION}' WHEN n % 3 = 0 THEN '{OTHER_ACTION}'
                        ELSE '{FREQUENT_ACTION}' END,
                   'user', CASE WHEN n % {rare} = 0 THEN {RARE_ACTOR} WHEN n % 2 = 0 THEN {FREQUENT_ACTOR}
                                ELSE {OTHER_ACTOR} END,
                   'organization_invitation', CASE WHEN n % {rare} = 1 THEN {RARE_TARGET} ELSE {target} + n END,
                   {10**12} + n, '{payload}', '{personal}', {blob(16)}, {blob(32)}, n + 1, {blob(32)}
              FROM numbers"""

    return [insert(ORGANIZATIONS["many"], entries), insert(ORGANIZATIONS["few"], FEW)]


def write_requests(requests, organization_ids):
    """Writes a request file for each filter and organization, and returns their workloads."""
    cookie = (Path(requests) / "session.tsv").read_text().split("\t")[2]
    names = []
    for filter, query in FILTERS.items():
        for size, organization in organization_ids.items():
            path = f"/organizations/{organization}/audit-log" + (f"?{query}" if query else "")
            (Path(requests) / f"{workload(filter, size)}.tsv").write_text(f"GET\t{path}\t{cookie}\t\n")
            names.append(workload(filter, size))
    return names
