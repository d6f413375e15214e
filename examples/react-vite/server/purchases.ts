// The backend: it trusts the session token of a request, and nothing else that the browser sends.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isAllowed, verifySessionToken } from './session-token.ts'

const purchases = [{ item: 'First flush Darjeeling', kilograms: 40 }]

export async function listPurchases(request: IncomingMessage, response: ServerResponse) {
  const token = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const claims = token ? await verifySessionToken(token) : null
  const answer = (status: number, body: object) => {
    response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    response.end(JSON.stringify(body))
  }
  if (!claims) return answer(401, { error: 'sign in first' })
  if (!claims.organization) return answer(403, { error: 'choose an organization first' })
  if (!isAllowed(claims, 'purchases:write')) return answer(403, { error: 'purchases:write is missing' })
  // Load only what belongs to this organization.
  answer(200, { organization: claims.organization, purchases })
}
