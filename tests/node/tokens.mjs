// Another provider: makes tokens by jose, with keys of its own.
// node tokens.mjs ISSUER
import { CompactEncrypt, SignJWT, exportJWK, exportSPKI, generateKeyPair, generateSecret } from 'jose'
import { answer } from './answers.mjs'

const [issuer] = process.argv.slice(2)

const token = ({ alg, kid, claims, key }) =>
  new SignJWT(claims).setProtectedHeader({ alg, typ: 'JWT', ...(kid && { kid }) })
    .setIssuer(issuer).setAudience('notes').setSubject('alice').setIssuedAt().setExpirationTime('10m').sign(key)

await answer({
  sign: async ({ alg, kid, claims = {} }) => {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    const jwk = { ...(await exportJWK(publicKey)), ...(kid && { kid }), alg }
    return { token: await token({ alg, kid, claims, key: privateKey }), jwk, pem: await exportSPKI(publicKey) }
  },
  share: async ({ alg, secret }) => ({ token: await token({ alg, claims: {}, key: new TextEncoder().encode(secret) }) }),
  encrypt: async () => {
    const key = await generateSecret('A256GCMKW', { extractable: true })
    const jwe = new CompactEncrypt(new TextEncoder().encode('{"sub":"alice"}'))
    return { token: await jwe.setProtectedHeader({ alg: 'A256GCMKW', enc: 'A256GCM', typ: 'JWT' }).encrypt(key) }
  },
})
