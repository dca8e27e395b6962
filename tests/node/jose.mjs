// A service that checks tokens with jose's remote JWKS, caching it as long as it is told.
// node jose.mjs ISSUER [CACHE_SECONDS], which then holds for a key that it does not know as well
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { answer } from './answers.mjs'

const [issuer, cacheSeconds] = process.argv.slice(2)
const cache = cacheSeconds ? { cacheMaxAge: cacheSeconds * 1000, cooldownDuration: cacheSeconds * 1000 } : {}
const jwks = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), cache)

// A test moves the clock of this process together with the server's.
const RealDate = Date
let offset = 0
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length ? parts : [RealDate.now() + offset]))
  }

  static now() {
    return RealDate.now() + offset
  }
}

await answer({
  verify: async ({ token, audience, typ }) => {
    const { payload, protectedHeader } = await jwtVerify(token, jwks, { issuer, audience, typ, algorithms: ['RS256'] })
    return { claims: payload, header: protectedHeader }
  },
  clock: ({ seconds }) => {
    offset = seconds * 1000
  },
})
