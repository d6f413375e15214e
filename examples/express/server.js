// A page rendered on the server, and an API that checks session tokens.
import express from 'express'
import { isAllowed, verifySessionToken, vestibule } from './session-token.js'

const port = Number(process.env.PORT ?? 3000)
const appUrl = process.env.APP_URL ?? `http://127.0.0.1:${port}`
const purchases = [{ item: 'First flush Darjeeling', kilograms: 40 }]
const app = express()

// The API, for callers that send a session token.
app.get('/api/purchases', async (request, response) => {
  const [scheme, token] = (request.get('authorization') ?? '').split(' ')
  const claims = scheme.toLowerCase() === 'bearer' && token ? await verifySessionToken(token) : null
  if (!claims) return response.status(401).set('WWW-Authenticate', 'Bearer').json({ error: 'sign in first' })
  if (!claims.organization) return response.status(403).json({ error: 'choose an organization first' })
  if (!isAllowed(claims, 'purchases:write')) return response.status(403).json({ error: 'purchases:write is missing' })
  // Load only what belongs to this organization.
  response.set('Cache-Control', 'no-store').json({ organization: claims.organization, purchases })
})

// The page, for browsers: their cookie goes to Vestibule, which knows the session.
app.get('/', async (request, response) => {
  const session = await callVestibule('/session/token', request)
  if (!session) return response.redirect(303, hostedPage('/sign-in'))
  const claims = await verifySessionToken(session.token)
  if (!claims) throw new Error('the session token is for another backend: check VESTIBULE_URL and VESTIBULE_AUDIENCE')
  if (!claims.organization) return response.redirect(303, hostedPage('/choose-organization'))
  const members = await callVestibule(`/organizations/${claims.organization}/members?limit=100`, request)
  if (!members) return response.redirect(303, hostedPage('/sign-in'))
  response.set('Cache-Control', 'no-store').send(renderPage(members.data, isAllowed(claims, 'purchases:write')))
})

/** Calls Vestibule as the person whose browser sent the request. Returns null if nobody is signed in. */
async function callVestibule(path, request) {
  const headers = { accept: 'application/json', cookie: request.get('cookie') ?? '' }
  const response = await fetch(new URL(path, vestibule), { headers, signal: AbortSignal.timeout(5000) })
  if (response.status === 401) return null
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return (await response.json()).data
}

/** Returns the URL of a page of Vestibule that leads back here. */
function hostedPage(path) {
  return `${vestibule}${path}?${new URLSearchParams({ return_to: `${appUrl}/` })}`
}

function renderPage(members, mayPurchase) {
  const rows = members.map(({ user, roles }) => {
    const name = escape(`${user.first_name} ${user.last_name}`)
    return `<li>${name}, ${escape(roles.map((role) => role.name).join(', '))}</li>`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Members</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }</style>
<main>
<h1>${escape(members[0].organization.name)}</h1>
<ul>${rows.join('\n')}</ul>
<p>${mayPurchase ? 'You may see purchases.' : 'You may not see purchases.'}</p>
<p><a href="${escape(hostedPage('/choose-organization'))}">Switch organization</a></p>
<form method="post" action="${escape(vestibule)}/sign-out"><button>Sign out</button></form>
</main>
</html>`
}

/** Escapes text for HTML: names come from users. */
function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

app.listen(port, '127.0.0.1', () => console.log(`Listening on ${appUrl}`))
