/**
 * The lab's Jamf Pro: a token for an API client or for a user, and the list of mobile devices. An MDM that tells no compliance.
 * Development only.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { mobileDevicesDetail } from '../jamf-slice.ts';
import type { LabMdm } from '../managed-devices.ts';
import type { Organization } from '../organization.ts';
import { wholeNumber } from '../page-of.ts';
import type { ServerCertificate } from './certificates.ts';
import { startMdmApi } from './mdm-api.ts';
import type { MdmAnswer, MdmApi, MdmRequest, MdmServer } from './mdm-api.ts';
import type { MdmTarget } from './mdm-faults.ts';
import { bearerOf, isBasicOf, MdmTokens } from './mdm-tokens.ts';

/** A running server. */
export interface JamfServer extends MdmServer {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
}

const CLIENT_TOKEN_PATH = '/api/oauth/token';
const USER_TOKEN_PATH = '/api/v1/auth/token';
const DEVICES_PATH = '/api/v2/mobile-devices/detail';
/** A token lives a minute, as that of a new API client; a user's half an hour. */
const CLIENT_TOKEN_SECONDS = 60;
const USER_TOKEN_SECONDS = 1800;

/** Starts the server. @param options.mdm whose devices it has */
export async function startJamfServer(
  organization: Organization,
  options: { readonly certificate: ServerCertificate; readonly mdm: LabMdm },
): Promise<JamfServer> {
  const api = new Jamf(organization, options.mdm);
  const { clientId, clientSecret, username, password } = api;
  return { ...(await startMdmApi(api, options)), clientId, clientSecret, username, password };
}

class Jamf implements MdmApi {
  readonly clientId = randomUUID();
  readonly clientSecret = randomBytes(24).toString('base64url');
  readonly username = 'api-reader';
  readonly password = randomBytes(12).toString('base64url');
  readonly #organization: Organization;
  readonly #mdm: LabMdm;
  readonly #tokens: MdmTokens;

  constructor(organization: Organization, mdm: LabMdm) {
    this.#organization = organization;
    this.#mdm = mdm;
    this.#tokens = new MdmTokens(() => organization.now());
  }

  targetOf({ path, query }: MdmRequest): MdmTarget | null {
    if (path === CLIENT_TOKEN_PATH || path === USER_TOKEN_PATH) return 'token';
    return path === DEVICES_PATH ? wholeNumber(query.get('page'), 0) + 1 : null;
  }

  answer(request: MdmRequest, totalOff: number): MdmAnswer {
    const target = this.targetOf(request);
    if (target === null) return refusal(404, 'NOT_FOUND');
    if (request.method !== (target === 'token' ? 'POST' : 'GET')) return refusal(405, 'METHOD_NOT_ALLOWED');
    if (request.path === CLIENT_TOKEN_PATH) return this.#clientToken(new URLSearchParams(request.body));
    if (request.path === USER_TOKEN_PATH) return this.#userToken(request.headers.authorization);
    if (!this.#tokens.holds(bearerOf(request.headers.authorization))) return refusal(401, 'INVALID_TOKEN');
    const page = mobileDevicesDetail(this.#organization, request.query, this.#mdm);
    return { status: 200, body: { ...page, totalCount: page.totalCount + totalOff } };
  }

  expireTokens(): void {
    this.#tokens.expire();
  }

  #clientToken(form: URLSearchParams): MdmAnswer {
    const isKnown =
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_id') === this.clientId &&
      form.get('client_secret') === this.clientSecret;
    if (!isKnown) return { status: 401, body: { error: 'invalid_client' } };
    const token = this.#tokens.issue(CLIENT_TOKEN_SECONDS);
    const expires = { token_type: 'Bearer', expires_in: CLIENT_TOKEN_SECONDS - 1 };
    return { status: 200, body: { access_token: token, scope: 'api-role:1', ...expires } };
  }

  #userToken(authorization: string | undefined): MdmAnswer {
    if (!isBasicOf(authorization, this.username, this.password)) return refusal(401, 'INVALID_CREDENTIALS');
    const expires = new Date(this.#organization.now() + USER_TOKEN_SECONDS * 1000).toISOString();
    return { status: 200, body: { token: this.#tokens.issue(USER_TOKEN_SECONDS), expires } };
  }
}

function refusal(httpStatus: number, code: string): MdmAnswer {
  return {
    status: httpStatus,
    body: { httpStatus, errors: [{ code, description: code, id: '0', field: null }] },
  };
}
