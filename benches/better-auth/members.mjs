// Adding a member by API key. better-auth has it only as a function for the server, so an application on it would have to
// write this handler.
import { timingSafeEqual } from "node:crypto";
import { API_KEY } from "./auth.mjs";

const expected = Buffer.from(`Bearer ${API_KEY}`);

function isAuthorized(req) {
  const given = Buffer.from(req.headers.authorization ?? "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export function membersHandler({ auth }) {
  return async (req, res, organizationId) => {
    if (!isAuthorized(req)) return res.writeHead(401).end();
    const chunks = [];
    for await (const chunk of req) chunks.push(chunk);
    const { userId, role } = JSON.parse(Buffer.concat(chunks));
    const member = await auth.api.addMember({ body: { userId, role, organizationId } });
    const body = JSON.stringify(member);
    res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }).end(body);
  };
}
