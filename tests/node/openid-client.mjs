// A confidential web app on openid-client, which also verifies ID token signatures with the JWKS.
// node openid-client.mjs ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI
import * as client from 'openid-client'
import { answer } from './answers.mjs'

const [issuer, clientId, clientSecret, redirectUri] = process.argv.slice(2)

const config = await client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks], // plain http: this machine only
})

let started // what the app keeps in the person's session until they come back
let tokens

await answer({
  start: async ({ scope }) => {
    started = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
    }
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      state: started.expectedState,
      nonce: started.expectedNonce,
      code_challenge: await client.calculatePKCECodeChallenge(started.pkceCodeVerifier),
      code_challenge_method: 'S256',
      prompt: 'consent', // OIDC Core 11: offline_access needs it
    })
    return { url }
  },
  finish: async ({ url }) => {
    tokens = await client.authorizationCodeGrant(config, new URL(url), started)
    return { claims: tokens.claims(), tokens }
  },
  refresh: async ({ alterIdToken }) => {
    if (alterIdToken !== undefined) config[client.customFetch] = altering('id_token', alterIdToken)
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token)
    return { claims: tokens.claims(), tokens }
  },
  userinfo: () => client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub),
  introspect: () => client.tokenIntrospection(config, tokens.access_token),
  revoke: () => client.tokenRevocation(config, tokens.refresh_token),
  logout: ({ back }) => ({
    url: client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: back,
      state: 'bye',
    }).href,
  }),
})

// A man in the middle: one character of one member of the token answer is another one.
function altering(member, part) {
  return async (...request) => {
    const response = await fetch(...request)
    if (!request[0].includes('/token')) return response
    const body = await response.json()
    const parts = body[member].split('.')
    const at = Math.floor(parts[part].length / 2)
    const other = parts[part][at] === 'A' ? 'B' : 'A'
    parts[part] = parts[part].slice(0, at) + other + parts[part].slice(at + 1)
    body[member] = parts.join('.')
    return Response.json(body)
  }
}
