// npm oidc-provider, RS256 and all in memory, for `make bench`: node server.mjs PORT CLIENT_ID CLIENT_SECRET REDIRECT_URI JWKS
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, client_id, client_secret, redirect_uri, jwks] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const resource = 'urn:bench:api'; // named by a request, the access token is an RS256 JWT as Signet's is; otherwise opaque
const scope = 'openid profile email offline_access';
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });

const provider = new Provider(issuer, {
  clients: [{
    client_id,
    client_secret,
    redirect_uris: [redirect_uri],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_method: 'client_secret_basic',
  }, {
    client_id: 'machine',
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: JSON.parse(jwks),
  }],
  jwks: { keys: [{ ...key, kid: 'bench', alg: 'RS256', use: 'sig' }] },
  cookies: { keys: ['bench'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'given_name', 'family_name', 'preferred_username'] },
  conformIdTokenClaims: false, // claims asked for by scope are in the ID token too, as Signet does
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    dPoP: { enabled: true },
    pushedAuthorizationRequests: { enabled: true },
    introspection: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: () => ({ scope: 'api', accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
      useGrantedResource: () => true,
    },
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (ctx, sub) => ({
    accountId: sub,
    claims: () => ({
      sub, name: 'Alice Liddell', given_name: 'Alice', family_name: 'Liddell', preferred_username: sub,
      email: `${sub}@example.com`, email_verified: true,
    }),
  }),
});

// Stands in for the login and the consent page: whoever comes is Alice, and she agrees.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params, session } = await provider.interactionDetails(ctx.req, ctx.res);
  const accountId = session?.accountId ?? 'alice';
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(scope);
  grant.addResourceScope(resource, 'api');
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  ctx.respond = false;
  return provider.interactionFinished(ctx.req, ctx.res, result);
});

provider.on('server_error', (ctx, error) => console.error(error));
provider.listen(Number(port), '127.0.0.1');
