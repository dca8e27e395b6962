// An app without a secret on openid-client: it signs its assertions, and its requests (JAR), and pushes them (PAR).
// node signing.mjs ISSUER CLIENT_ID REDIRECT_URI ALG PRIVATE_JWK
import * as client from 'openid-client'
import { importJWK } from 'jose'
import { answer } from './answers.mjs'

const [issuer, clientId, redirectUri, alg, jwk] = process.argv.slice(2)
const { kid, ...privateJwk } = JSON.parse(jwk)
const key = { key: await importJWK({ ...privateJwk, extractable: false }, alg), kid }

const config = await client.discovery(new URL(issuer), clientId, undefined, client.PrivateKeyJwt(key), {
  execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks], // plain http: this machine only
})

let started // what the app keeps in the person's session until they come back
let tokens

async function parameters(scope) {
  started = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
  }
  return {
    redirect_uri: redirectUri,
    scope,
    state: started.expectedState,
    nonce: started.expectedNonce,
    code_challenge: await client.calculatePKCECodeChallenge(started.pkceCodeVerifier),
    code_challenge_method: 'S256',
  }
}

const WAYS = {
  plain: (wanted) => client.buildAuthorizationUrl(config, wanted),
  signed: (wanted) => client.buildAuthorizationUrlWithJAR(config, wanted, key),
  pushed: (wanted) => client.buildAuthorizationUrlWithPAR(config, wanted),
  'signed and pushed': async (wanted) => {
    const signed = await client.buildAuthorizationUrlWithJAR(config, wanted, key)
    return client.buildAuthorizationUrlWithPAR(config, signed.searchParams)
  },
}

await answer({
  start: async ({ scope, way }) => ({ url: (await WAYS[way](await parameters(scope))).href }),
  finish: async ({ url }) => {
    tokens = await client.authorizationCodeGrant(config, new URL(url), started)
    return { claims: tokens.claims(), tokens }
  },
  introspect: () => client.tokenIntrospection(config, tokens.access_token),
  credentials: ({ scope }) => client.clientCredentialsGrant(config, { scope }),
})
