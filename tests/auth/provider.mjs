// An authorization server at a free port: node-oidc-provider, with its own pages for sign-in and consent.
//
// It prints its issuer. Tokens are JWTs (RFC 9068) for the resource that a client names (RFC 8707).
// Clients register themselves (RFC 7591), or their id is the URL of their metadata.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [scopes, clientUrl, redirectUri] = process.argv.slice(2);
const documents = {
  [clientUrl]: {
    client_id: clientUrl,
    client_name: 'A client with a document',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  },
};

function signingKey(kid) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' };
}

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    jwks: { keys: [signingKey('first')] },
    cookies: { keys: ['a secret of a test'] },
    scopes: ['openid', 'offline_access', ...scopes.split(' ')],
    features: {
      clientIdMetadataDocument: { enabled: true, ack: 'draft-02' },
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (context, resource) => ({
          scope: scopes,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 600,
          jwt: { sign: { alg: 'RS256' } },
        }),
        useGrantedResource: () => true,
      },
    },
    // Documents are not served by anybody, because the provider connects to no address of this machine.
    fetch: async (url) =>
      url in documents ? Response.json(documents[url]) : new Response(null, { status: 404 }),
    issueRefreshToken: (context, client) => client.grantTypeAllowed('refresh_token'),
    pkce: { required: () => true },
    rotateRefreshToken: true,
    findAccount: (context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  // The SDK's client registers with the scopes of its first request. That it may ask for more later is
  // up to the server (RFC 7591, 2), and this one is as generous as most.
  provider.use(async (context, next) => {
    if (context.path === '/reg' && context.method === 'POST') {
      let text = '';
      for await (const part of context.req) text += part;
      const { scope, ...metadata } = JSON.parse(text);
      context.req.body = metadata;
    }
    await next();
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
