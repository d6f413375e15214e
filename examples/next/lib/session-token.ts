// Checks session tokens, the short-lived JWTs that Vestibule issues to signed-in people.
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose'

export const vestibule = process.env.VESTIBULE_URL ?? 'http://127.0.0.1:8080'
const audience = process.env.VESTIBULE_AUDIENCE ?? vestibule

type Permissions = { organization: string[]; workspace: string[] }
export type SessionClaims = JWTPayload & { sub: string; organization: string | null; permissions: Permissions }

// Caches the keys for ten minutes, and fetches them again for an unknown key, at most every 30 seconds.
const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', vestibule))
// The keys could not be fetched: the token may be valid.
const outages = ['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']

/** Returns the claims of a valid session token, or null for any other string. */
export async function verifySessionToken(token: string) {
  try {
    const options = { issuer: vestibule, audience, algorithms: ['ES256'], requiredClaims: ['exp', 'sub'] }
    return (await jwtVerify<SessionClaims>(token, keys, options)).payload
  } catch (error) {
    if (error instanceof errors.JOSEError && !outages.includes(error.code)) return null
    throw error
  }
}

/** Returns whether the person has a permission in their active organization. Admins have every permission. */
export function isAllowed(claims: SessionClaims, permission: string) {
  const { organization } = claims.permissions
  return organization.includes(permission) || organization.includes('organization:admin')
}
