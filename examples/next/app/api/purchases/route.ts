// The API, for callers that send a session token.
import { isAllowed, verifySessionToken } from '../../../lib/session-token'

const purchases = [{ item: 'First flush Darjeeling', kilograms: 40 }]

export async function GET(request: Request) {
  const token = /^bearer (\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
  const claims = token ? await verifySessionToken(token) : null
  if (!claims) return Response.json({ error: 'sign in first' }, { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } })
  if (!claims.organization) return Response.json({ error: 'choose an organization first' }, { status: 403 })
  if (!isAllowed(claims, 'purchases:write')) {
    return Response.json({ error: 'purchases:write is missing' }, { status: 403 })
  }
  // Load only what belongs to this organization.
  return Response.json({ organization: claims.organization, purchases }, { headers: { 'Cache-Control': 'no-store' } })
}
