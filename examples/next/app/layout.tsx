import type { ReactNode } from 'react'

export const metadata = { title: 'Members' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" style={{ colorScheme: 'light dark', font: '1rem/1.5 system-ui, sans-serif' }}>
      <body style={{ maxWidth: '40rem', margin: '2rem auto', padding: '0 1rem' }}>{children}</body>
    </html>
  )
}
