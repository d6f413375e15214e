// A page rendered on the server: the browser's cookie goes to Vestibule, which knows the session.
import { redirect } from 'next/navigation'
import { isAllowed, verifySessionToken, vestibule } from '../lib/session-token'
import { callVestibule, hostedPage } from '../lib/vestibule'

type Named = { id: string; name: string }
type Member = { id: string; organization: Named; user: { first_name: string; last_name: string }; roles: Named[] }

export default async function Page() {
  const { token } = await callVestibule<{ token: string }>('/session/token')
  const claims = await verifySessionToken(token)
  if (!claims) throw new Error('the session token is for another backend: check VESTIBULE_URL and VESTIBULE_AUDIENCE')
  if (!claims.organization) redirect(hostedPage('/choose-organization'))
  const path = `/organizations/${claims.organization}/members?limit=100`
  const { data: members } = await callVestibule<{ data: Member[] }>(path)
  return (
    <main>
      <h1>{members[0]?.organization.name}</h1>
      <ul>
        {members.map(({ id, user, roles }) => (
          <li key={id}>{`${user.first_name} ${user.last_name}, ${roles.map((role) => role.name).join(', ')}`}</li>
        ))}
      </ul>
      <p>{isAllowed(claims, 'purchases:write') ? 'You may see purchases.' : 'You may not see purchases.'}</p>
      <p>
        <a href={hostedPage('/choose-organization')}>Switch organization</a>
      </p>
      <form method="post" action={`${vestibule}/sign-out`}>
        <button>Sign out</button>
      </form>
    </main>
  )
}
