import { useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { callBackend, callVestibule, dropToken, vestibule } from './vestibule'

type Named = { id: string; name: string }
type Member = { id: string; organization: Named; user: { first_name: string; last_name: string }; roles: Named[] }
type Session = { active_signin: { active_organization_membership: { organization_id: string } | null } | null }

async function load() {
  const session = await callVestibule<Session>('/session')
  const own = await callVestibule<Member[]>('/me/organization-memberships')
  if (!session?.active_signin || !own) return null
  const active = session.active_signin.active_organization_membership?.organization_id ?? ''
  const members = active && (await callVestibule<{ data: Member[] }>(`/organizations/${active}/members?limit=100`))
  const purchases = active && (await callBackend('/api/purchases'))
  return { active, own, members: members ? members.data : [], maySeePurchases: purchases && purchases.ok }
}

function App() {
  const [view, setView] = useState<Awaited<ReturnType<typeof load>> | 'loading' | Error>('loading')
  const show = () => load().then(setView, setView)
  // Calls Vestibule, drops the token that is out of date then, and shows the result.
  const change = (path: string, form = {}) => callVestibule(path, form).then(dropToken).then(show, setView)
  useEffect(() => {
    void show()
    // All tabs share the session: another one may have switched the organization, or signed out.
    const reload = () => document.visibilityState === 'visible' && (dropToken(), show())
    document.addEventListener('visibilitychange', reload)
    return () => document.removeEventListener('visibilitychange', reload)
  }, [])

  if (view === 'loading') return <p>Loading…</p>
  if (view instanceof Error) return <p role="alert">{view.message}</p>
  if (!view) return <a href={`${vestibule}/sign-in?return_to=${encodeURIComponent(location.href)}`}>Sign in</a>
  const { active, own, members, maySeePurchases } = view
  const switchTo = (id: string) => change('/session/switch-organization', { organization_id: id })
  return (
    <>
      <h1>{own.find(({ organization }) => organization.id === active)?.organization.name}</h1>
      <ul>
        {members.map(({ id, user, roles }) => (
          <li key={id}>{`${user.first_name} ${user.last_name}, ${roles.map((role) => role.name).join(', ')}`}</li>
        ))}
      </ul>
      <p>{maySeePurchases ? 'You may see purchases.' : 'You may not see purchases.'}</p>
      <select aria-label="Organization" value={active} onChange={(event) => switchTo(event.target.value)}>
        <option value="">Choose an organization</option>
        {own.map(({ organization: { id, name } }) => <option key={id} value={id}>{name}</option>)}
      </select>{' '}
      <button onClick={() => change('/session/sign-out')}>Sign out</button>
    </>
  )
}

createRoot(document.getElementById('app')!).render(<App />)
