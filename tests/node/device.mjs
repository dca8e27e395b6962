// A device without a browser on openid-client: it registers itself, shows a code and polls.
// node device.mjs ISSUER INITIAL_ACCESS_TOKEN
import * as client from 'openid-client'
import { answer } from './answers.mjs'

const [issuer, initialAccessToken] = process.argv.slice(2)

let config
let waiting

await answer({
  register: async ({ metadata }) => {
    config = await client.dynamicClientRegistration(new URL(issuer), metadata, undefined, {
      execute: [client.allowInsecureRequests], // plain http: this machine only
      initialAccessToken,
    })
    client.enableNonRepudiationChecks(config)
    return config.clientMetadata()
  },
  ask: async ({ scope }) => (waiting = await client.initiateDeviceAuthorization(config, { scope })),
  poll: async () => {
    try {
      const tokens = await client.pollDeviceAuthorizationGrant(config, waiting)
      return { claims: tokens.claims(), tokens }
    } catch (refused) {
      return { error: refused.error ?? refused.message }
    }
  },
})
