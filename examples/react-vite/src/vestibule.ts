// Calls Vestibule with the session cookie, and your backend with a session token.
import { decodeJwt } from 'jose'

export const vestibule: string = import.meta.env.VESTIBULE_URL ?? 'http://127.0.0.1:8080'

/** Calls Vestibule, by POST if there is a form. Returns null if nobody is signed in. */
export async function callVestibule<T>(path: string, form?: Record<string, string>): Promise<T | null> {
  const post = form && { method: 'POST', body: new URLSearchParams(form) }
  const response = await fetch(vestibule + path, { credentials: 'include', ...post })
  if (response.status === 401) return null
  const { data, errors } = await response.json()
  if (!response.ok) throw new Error(errors[0].message)
  return data
}

let sessionToken: Promise<string | null> | undefined

/** Drops the session token. Call it after a switch of the organization and after a sign-out. */
export function dropToken() {
  sessionToken = undefined
}

/** Fetches a token that serves all callers until ten seconds before it expires. */
function fetchToken() {
  const request = callVestibule<{ token: string }>('/session/token').then((issued) => {
    if (!issued) return null
    // The difference of the two claims is right even if the clock of this machine is wrong.
    const { exp = 0, iat = 0 } = decodeJwt(issued.token)
    setTimeout(drop, (exp - iat - 10) * 1000)
    return issued.token
  })
  const drop = () => {
    if (sessionToken === request) dropToken()
  }
  request.then((token) => token ?? drop(), drop)
  return request
}

/** Calls your backend. Returns null if nobody is signed in. */
export async function callBackend(path: string, init?: RequestInit) {
  const send = async () => {
    const token = await (sessionToken ??= fetchToken())
    return token ? fetch(path, { ...init, headers: { ...init?.headers, Authorization: `Bearer ${token}` } }) : null
  }
  const response = await send()
  if (response?.status !== 401) return response
  // The token expired while the computer slept, for example. Try once more with a new one.
  dropToken()
  return send()
}
