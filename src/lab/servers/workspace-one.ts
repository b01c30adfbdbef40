/**
 * The lab's Workspace ONE UEM: a token for an OAuth client, or an administrator's name and password, and the device search. It
 * wants the tenant code with each request. Development only.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { LabMdm } from '../managed-devices.ts';
import type { Organization } from '../organization.ts';
import { wholeNumber } from '../page-of.ts';
import { searchDevices } from '../workspace-one-slice.ts';
import type { ServerCertificate } from './certificates.ts';
import { startMdmApi } from './mdm-api.ts';
import type { MdmAnswer, MdmApi, MdmRequest, MdmServer } from './mdm-api.ts';
import type { MdmTarget } from './mdm-faults.ts';
import { bearerOf, isBasicOf, MdmTokens } from './mdm-tokens.ts';

/** A running server. */
export interface WorkspaceOneServer extends MdmServer {
  /** In production on a host of its own, one for each region. */
  readonly tokenUrl: string;
  readonly tenantCode: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly username: string;
  readonly password: string;
}

const TOKEN_PATH = '/connect/token';
/** Its servers do not look at case. */
const SEARCH_PATH = '/api/mdm/devices/search';
const TOKEN_SECONDS = 3600;

/** Starts the server. @param options.mdm whose devices it has */
export async function startWorkspaceOneServer(
  organization: Organization,
  options: { readonly certificate: ServerCertificate; readonly mdm: LabMdm },
): Promise<WorkspaceOneServer> {
  const api = new WorkspaceOne(organization, options.mdm);
  const server = await startMdmApi(api, options);
  const { tenantCode, clientId, clientSecret, username, password } = api;
  return {
    ...server,
    tokenUrl: `${server.url}${TOKEN_PATH}`,
    tenantCode,
    clientId,
    clientSecret,
    username,
    password,
  };
}

class WorkspaceOne implements MdmApi {
  readonly tenantCode = randomBytes(24).toString('base64');
  readonly clientId = randomUUID().replaceAll('-', '');
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
    if (path === TOKEN_PATH) return 'token';
    return path.toLowerCase() === SEARCH_PATH ? wholeNumber(query.get('page'), 0) + 1 : null;
  }

  answer(request: MdmRequest, totalOff: number): MdmAnswer {
    const target = this.targetOf(request);
    if (target === null) return refusal(404, 404, 'The requested resource was not found.');
    if (request.method !== (target === 'token' ? 'POST' : 'GET')) return refusal(405, 405, 'Method not allowed.');
    if (target === 'token') return this.#token(new URLSearchParams(request.body));
    const { authorization, 'aw-tenant-code': code = '' } = request.headers;
    if (code !== this.tenantCode)
      return refusal(403, 1013, `Tenant code ${String(code)} does not identify an Organization Group.`);
    if (!this.#tokens.holds(bearerOf(authorization)) && !isBasicOf(authorization, this.username, this.password))
      return refusal(401, 1005, 'An error occurred while validating remote service client credentials.');
    const page = searchDevices(this.#organization, request.query, this.#mdm);
    return page === null ? { status: 204, body: '' } : { status: 200, body: { ...page, Total: page.Total + totalOff } };
  }

  expireTokens(): void {
    this.#tokens.expire();
  }

  #token(form: URLSearchParams): MdmAnswer {
    const isKnown =
      form.get('grant_type') === 'client_credentials' &&
      form.get('client_id') === this.clientId &&
      form.get('client_secret') === this.clientSecret;
    if (!isKnown) return { status: 400, body: { error: 'invalid_client' } };
    const token = { access_token: this.#tokens.issue(TOKEN_SECONDS), expires_in: TOKEN_SECONDS, token_type: 'Bearer' };
    return { status: 200, body: token };
  }
}

function refusal(status: number, errorCode: number, message: string): MdmAnswer {
  return { status, body: { errorCode, message, activityId: randomUUID() } };
}
