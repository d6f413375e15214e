import react from '@vitejs/plugin-react'
import { defineConfig, type Connect, type Plugin } from 'vite'
import { listPurchases } from './server/purchases.ts'

// Runs the backend inside of Vite, so that one command starts both. In production any Node server runs it.
const api: Connect.NextHandleFunction = (request, response, next) => listPurchases(request, response).catch(next)
const backend: Plugin = {
  name: 'backend',
  configureServer: (server) => void server.middlewares.use('/api/purchases', api),
  configurePreviewServer: (server) => void server.middlewares.use('/api/purchases', api),
}
// The host of Vestibule's public URL: its cookie is for every port of that host, and for no other host.
const address = { host: '127.0.0.1', port: Number(process.env.PORT ?? 3000), strictPort: true }

// `envPrefix`: the bundle may contain this environment variable, and no other.
export default defineConfig({ plugins: [react(), backend], envPrefix: 'VESTIBULE_URL', server: address, preview: address })
