// A confidential web app on openid-client that has its tokens signed by an algorithm of its choice, and encrypted to
// a key of its own if it has one; and jose, for tokens that were handed on.
// node protected.mjs ISSUER REGISTRATION_JSON REDIRECT_URI [PRIVATE_JWK_JSON]
import * as client from 'openid-client'
import * as jose from 'jose'
import { answer } from './answers.mjs'

const [issuer, registration, redirectUri, jwk] = process.argv.slice(2)
const { client_id, client_secret, ...metadata } = JSON.parse(registration)
const jwks = jose.createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`))
const key = jwk && (await jose.importJWK(JSON.parse(jwk)))

const config = await client.discovery(
  new URL(issuer),
  client_id,
  {
    client_secret,
    id_token_signed_response_alg: metadata.id_token_signed_response_alg,
    userinfo_signed_response_alg: metadata.userinfo_signed_response_alg,
  },
  undefined,
  { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] }, // plain http: this machine only
)
if (key) {
  const { alg, kid } = JSON.parse(jwk)
  client.enableDecryptingResponses(config, ['A128CBC-HS256', 'A256GCM'], { key, alg, kid })
}

let started
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
    })
    return { url }
  },
  finish: async ({ url }) => {
    tokens = await client.authorizationCodeGrant(config, new URL(url), started)
    return { claims: tokens.claims(), tokens }
  },
  userinfo: () => client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub),
  // By jose alone: the key is JWKS's, or the secret.
  verify: async ({ token, algorithm }) => {
    const by = algorithm === 'HS256' ? new TextEncoder().encode(client_secret) : jwks
    const { payload, protectedHeader } = await jose.jwtVerify(token, by, { issuer, audience: client_id, algorithms: [algorithm] })
    return { claims: payload, header: protectedHeader }
  },
  decrypt: async ({ token }) => {
    const { plaintext, protectedHeader } = await jose.compactDecrypt(token, key, {
      keyManagementAlgorithms: ['RSA-OAEP-256', 'ECDH-ES+A256KW'],
      contentEncryptionAlgorithms: ['A128CBC-HS256', 'A256GCM'],
    })
    return { text: new TextDecoder().decode(plaintext), header: protectedHeader }
  },
})
