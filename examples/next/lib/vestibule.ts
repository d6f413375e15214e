// Calls Vestibule for a person, from the server.
import { headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { vestibule } from './session-token'

const appUrl = process.env.APP_URL ?? 'http://127.0.0.1:3000'

/** Returns the URL of a page of Vestibule that leads back here. */
export function hostedPage(path: string) {
  return `${vestibule}${path}?${new URLSearchParams({ return_to: `${appUrl}/` })}`
}

/** Calls Vestibule with the cookie of the current request. Redirects to the sign-in page if nobody is signed in. */
export async function callVestibule<T>(path: string): Promise<T> {
  const cookie = (await headers()).get('cookie') ?? ''
  const response = await fetch(vestibule + path, {
    headers: { accept: 'application/json', cookie },
    cache: 'no-store',
    signal: AbortSignal.timeout(5000),
  })
  if (response.status === 401) redirect(hostedPage('/sign-in'))
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()).data
}
