// A provider of the npm world on loopback, with its own development pages to sign in and to agree.
// node oidc-provider.mjs REDIRECT_URI CLIENT_ID CLIENT_SECRET
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'
import { answer } from './answers.mjs'

const [redirectUri, clientId, clientSecret] = process.argv.slice(2)
const server = createServer()
await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
  claims: { email: ['email', 'email_verified'], profile: ['name', 'preferred_username'] },
  cookies: { keys: ['for a test and nothing else'] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, name: 'Nora Node', preferred_username: id, email: `${id}@node.example`, email_verified: true,
    }),
  }),
  pkce: { required: () => true },
})
server.on('request', provider.callback())

await answer({ issuer: async () => ({ issuer }) })
server.close()
server.closeAllConnections()
