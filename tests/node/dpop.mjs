// A public app on openid-client, which binds its tokens to a key of its own (DPoP) and keeps track of nonces.
// node dpop.mjs ISSUER CLIENT_ID REDIRECT_URI ALGORITHM
import * as client from 'openid-client'
import { answer } from './answers.mjs'

const [issuer, clientId, redirectUri, algorithm] = process.argv.slice(2)

const config = await client.discovery(new URL(issuer), clientId, undefined, client.None(), {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks], // plain http: this machine only
})
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair(algorithm))
const stranger = client.getDPoPHandle(config, await client.randomDPoPKeyPair(algorithm))

let started // what the app keeps until the person comes back
let tokens

// How often the provider was asked: once more where it wanted a nonce first.
let requests = 0
config[client.customFetch] = (...request) => {
  requests += 1
  return fetch(...request)
}

async function parameters(scope) {
  started = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState() }
  return {
    redirect_uri: redirectUri,
    scope,
    state: started.expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(started.pkceCodeVerifier),
    code_challenge_method: 'S256',
    prompt: 'consent', // OIDC Core 11: offline_access needs it
  }
}

await answer({
  start: async ({ scope }) => {
    const dpop_jkt = await DPoP.calculateThumbprint()
    return { url: client.buildAuthorizationUrl(config, { ...(await parameters(scope)), dpop_jkt }) }
  },
  push: async ({ scope }) => ({
    url: await client.buildAuthorizationUrlWithPAR(config, await parameters(scope), { DPoP }),
  }),
  finish: async ({ url }) => {
    tokens = await client.authorizationCodeGrant(config, new URL(url), started, undefined, { DPoP })
    return { claims: tokens.claims(), tokens, jkt: await DPoP.calculateThumbprint() }
  },
  steal: ({ url }) =>
    client.authorizationCodeGrant(config, new URL(url), started, undefined, { DPoP: stranger }),
  refresh: async () => {
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
    return { tokens }
  },
  stealRefresh: () => client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP: stranger }),
  userinfo: () => client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP }),
  stealUserinfo: () =>
    client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, { DPoP: stranger }),
  requests: () => ({ requests }),
})
