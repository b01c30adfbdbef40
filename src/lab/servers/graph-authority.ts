/** The sign-in side of the lab's Graph: OpenID metadata and the v2.0 token endpoint for client credentials. Development only. */
import { createHash, createHmac, randomBytes, timingSafeEqual, verify, X509Certificate, constants } from 'node:crypto';

/** What the authority knows. */
export interface AuthorityOptions {
  /** Origin of the server, e.g. `https://127.0.0.1:8443`. */
  readonly origin: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM of certificates registered with the application, for client assertions. */
  readonly certificates: readonly string[];
  /** Seconds a token lives. */
  readonly tokenLifetime: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Application permissions with consent, in the token as `roles`. */
  roles(): readonly string[];
}

/** A refusal of Entra's that is played: number of AADSTS and its text. */
interface PlayedRefusal {
  readonly number: number;
  readonly text: string;
}

/** An HTTP answer with JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** Issues and checks tokens. */
export class GraphAuthority {
  readonly options: AuthorityOptions;
  /** The secret the application has now; change it to play a secret that was replaced. */
  clientSecret: string;
  /** Refuses every sign-in so; null: signs in. */
  refusesWith: PlayedRefusal | null = null;
  /** Claims of tokens in place of those it would have; undefined takes one out. */
  claims: Readonly<Record<string, unknown>> = {};
  /** Tokens given out so far. */
  issued = 0;
  readonly #key = randomBytes(32);
  #generation = 0;

  constructor(options: AuthorityOptions) {
    this.options = options;
    this.clientSecret = options.clientSecret;
  }

  /** Answers a request below the authority, or null if the path is none of its own. */
  answer(method: string, path: string, contentType: string, body: string): JsonAnswer | null {
    const { tenantId } = this.options;
    const match = /^\/([^/]+)(\/v2\.0\/\.well-known\/openid-configuration|\/oauth2\/v2\.0\/token)$/.exec(path);
    if (match === null) return null;
    if (match[1] !== tenantId)
      return refusal(
        400,
        'invalid_request',
        90002,
        `Tenant '${match[1] ?? ''}' not found. Check to make sure you have the correct tenant ID.`,
      );
    if (!path.endsWith('/token')) return { status: 200, body: this.#metadata() };
    if (method !== 'POST')
      return refusal(
        400,
        'invalid_request',
        900561,
        'The endpoint only accepts POST requests. Received a GET request.',
      );
    if (!contentType.startsWith('application/x-www-form-urlencoded'))
      return refusal(
        400,
        'invalid_request',
        900144,
        "The request body must contain the following parameter: 'grant_type'.",
      );
    return this.#token(new URLSearchParams(body));
  }

  /** Why a bearer token is refused, or null if it is good. */
  refuse(authorization: string | undefined): string | null {
    const token = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization ?? '');
    if (token === null) return 'Access token is empty.';
    const [, header = '', payload = '', signature = ''] = token;
    const expected = createHmac('sha256', this.#key).update(`${header}.${payload}`).digest();
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return 'Access token validation failure. Invalid signature.';
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      exp: number;
      aud: string;
      generation: number;
    };
    if (claims.aud !== this.options.origin) return 'Access token validation failure. Invalid audience.';
    if (claims.exp * 1000 <= this.options.now() || claims.generation !== this.#generation)
      return 'Lifetime validation failed, the token is expired.';
    return null;
  }

  /** Every token given out so far is taken for expired from now on. */
  expireTokens(): void {
    this.#generation += 1;
  }

  get #authority(): string {
    return `${this.options.origin}/${this.options.tenantId}`;
  }

  #metadata(): JsonAnswer['body'] {
    return {
      issuer: `${this.#authority}/v2.0`,
      authorization_endpoint: `${this.#authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${this.#authority}/oauth2/v2.0/token`,
      jwks_uri: `${this.#authority}/discovery/v2.0/keys`,
      token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
      response_types_supported: ['code', 'token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  #token(form: URLSearchParams): JsonAnswer {
    const { clientId, origin } = this.options;
    if (this.refusesWith !== null)
      return refusal(401, 'invalid_client', this.refusesWith.number, this.refusesWith.text);
    if (form.get('grant_type') !== 'client_credentials')
      return refusal(400, 'unsupported_grant_type', 70003, 'The app requested an unsupported grant type.');
    if (form.get('client_id') !== clientId)
      return refusal(
        400,
        'unauthorized_client',
        700016,
        `Application with identifier '${form.get('client_id') ?? ''}' was not found in the directory 'Lab'.`,
      );
    const denied = this.#checkCredential(form);
    if (denied !== null) return denied;
    const scopes = (form.get('scope') ?? '')
      .split(' ')
      .filter((scope) => !['openid', 'profile', 'offline_access'].includes(scope));
    if (scopes.length !== 1 || scopes[0]?.endsWith('/.default') !== true)
      return refusal(
        400,
        'invalid_scope',
        1002012,
        `The provided value for scope ${scopes.join(' ')} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.`,
      );
    if (scopes[0] !== `${origin}/.default`)
      return refusal(
        400,
        'invalid_resource',
        500011,
        `The resource principal named ${scopes[0].slice(0, -9)} was not found in the tenant named Lab.`,
      );
    this.issued += 1;
    return {
      status: 200,
      body: {
        token_type: 'Bearer',
        expires_in: this.options.tokenLifetime,
        ext_expires_in: this.options.tokenLifetime,
        access_token: this.#sign(),
      },
    };
  }

  #checkCredential(form: URLSearchParams): JsonAnswer | null {
    const secret = form.get('client_secret');
    if (secret !== null) {
      if (secret === this.clientSecret) return null;
      return refusal(
        401,
        'invalid_client',
        7000215,
        `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${this.options.clientId}'.`,
      );
    }
    const assertion = form.get('client_assertion');
    if (assertion === null || form.get('client_assertion_type') !== ASSERTION_TYPE) {
      return refusal(
        401,
        'invalid_client',
        7000216,
        "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
      );
    }
    return this.#checkAssertion(assertion);
  }

  /** RFC 7523 3, with Entra's header: `x5t#S256` (or `x5t`) names the certificate, PS256 or RS256 signs. */
  #checkAssertion(assertion: string): JsonAnswer | null {
    const parts = assertion.split('.');
    const header = readJson(parts[0]);
    const claims = readJson(parts[1]);
    if (parts.length !== 3 || header === null || claims === null)
      return refusal(401, 'invalid_client', 50027, 'JWT token is invalid or malformed.');
    const certificate = this.options.certificates
      .map((pem) => new X509Certificate(pem))
      .find((candidate) => isNamedBy(candidate, header));
    const signed =
      certificate !== undefined &&
      isSignedBy(certificate, header['alg'], `${parts[0] ?? ''}.${parts[1] ?? ''}`, parts[2] ?? '');
    if (!signed)
      return refusal(
        401,
        'invalid_client',
        700027,
        'The certificate with identifier used to sign the client assertion is not registered on application.',
      );
    const { clientId } = this.options;
    if (claims['iss'] !== clientId || claims['sub'] !== clientId)
      return refusal(
        401,
        'invalid_client',
        700021,
        'Client assertion application identifier does not match the client_id parameter.',
      );
    if (claims['aud'] !== `${this.#authority}/oauth2/v2.0/token`)
      return refusal(401, 'invalid_client', 700023, 'Client assertion audience claim does not match Realm issuer.');
    const seconds = this.options.now() / 1000;
    // Five minutes of clock skew, as Entra allows.
    if (!(Number(claims['exp']) > seconds - 300) || Number(claims['nbf'] ?? 0) > seconds + 300)
      return refusal(401, 'invalid_client', 700024, 'Client assertion is not within its valid time range.');
    return null;
  }

  #sign(): string {
    const roles = this.options.roles();
    const now = Math.floor(this.options.now() / 1000);
    const claims = {
      aud: this.options.origin,
      iss: `${this.#authority}/v2.0`,
      appid: this.options.clientId,
      tid: this.options.tenantId,
      iat: now,
      exp: now + this.options.tokenLifetime,
      // Entra leaves the claim out where nothing was granted.
      ...(roles.length === 0 ? {} : { roles }),
      generation: this.#generation,
      jti: randomBytes(8).toString('hex'),
      ...this.claims,
    };
    const body = [{ alg: 'HS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${body}.${createHmac('sha256', this.#key).update(body).digest('base64url')}`;
  }
}

function isNamedBy(certificate: X509Certificate, header: Readonly<Record<string, unknown>>): boolean {
  const thumbprint = (algorithm: string): string => createHash(algorithm).update(certificate.raw).digest('base64url');
  return header['x5t#S256'] === thumbprint('sha256') || header['x5t'] === thumbprint('sha1');
}

function isSignedBy(certificate: X509Certificate, algorithm: unknown, text: string, signature: string): boolean {
  const padding =
    algorithm === 'PS256'
      ? constants.RSA_PKCS1_PSS_PADDING
      : algorithm === 'RS256'
        ? constants.RSA_PKCS1_PADDING
        : null;
  return (
    padding !== null &&
    verify('sha256', Buffer.from(text), { key: certificate.publicKey, padding }, Buffer.from(signature, 'base64url'))
  );
}

function readJson(part: string | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Entra's error body (learn.microsoft.com, "OAuth 2.0 client credentials flow", error response). */
function refusal(status: number, error: string, number: number, text: string): JsonAnswer {
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${number}: ${text} Trace ID: 00000000-0000-0000-0000-000000000000 Correlation ID: 00000000-0000-0000-0000-000000000000 Timestamp: 2026-01-01 00:00:00Z`,
      error_codes: [number],
      timestamp: '2026-01-01 00:00:00Z',
      trace_id: '00000000-0000-0000-0000-000000000000',
      correlation_id: '00000000-0000-0000-0000-000000000000',
      error_uri: `https://login.microsoftonline.com/error?code=${number}`,
    },
  };
}
