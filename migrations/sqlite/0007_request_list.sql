-- Lists of join requests by state. The file of the other engine makes the same change.

CREATE INDEX join_requests_by_status ON join_requests (organization_id, status, id);
