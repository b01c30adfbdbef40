/**
 * The lab's IBM MaaS360: the authentication web service, which refuses within an answer 200, and the device search. Development
 * only.
 */
import { randomBytes } from 'node:crypto';
import { basicSearch } from '../maas360-slice.ts';
import type { LabMdm } from '../managed-devices.ts';
import type { Organization } from '../organization.ts';
import { wholeNumber } from '../page-of.ts';
import type { ServerCertificate } from './certificates.ts';
import { startMdmApi } from './mdm-api.ts';
import type { MdmAnswer, MdmApi, MdmRequest, MdmServer } from './mdm-api.ts';
import type { MdmTarget } from './mdm-faults.ts';
import { MdmTokens } from './mdm-tokens.ts';

/** A running server. */
export interface Maas360Server extends MdmServer {
  readonly billingId: string;
  readonly appId: string;
  readonly appVersion: string;
  readonly platformId: string;
  readonly appAccessKey: string;
  readonly username: string;
  readonly password: string;
}

/** A token holds for an hour (https://www.ibm.com/support/pages/web-services-integration). */
const TOKEN_SECONDS = 3600;

/** Starts the server. @param options.mdm whose devices it has */
export async function startMaas360Server(
  organization: Organization,
  options: { readonly certificate: ServerCertificate; readonly mdm: LabMdm },
): Promise<Maas360Server> {
  const api = new Maas360(organization, options.mdm);
  return { ...(await startMdmApi(api, options)), ...api.account };
}

class Maas360 implements MdmApi {
  readonly account = {
    billingId: '30012345',
    appId: 'com.30012345.connector',
    appVersion: '1.0',
    platformId: '3',
    appAccessKey: randomBytes(8).toString('base64url'),
    username: 'api-reader',
    password: randomBytes(12).toString('base64url'),
  };
  readonly #organization: Organization;
  readonly #mdm: LabMdm;
  readonly #tokens: MdmTokens;

  constructor(organization: Organization, mdm: LabMdm) {
    this.#organization = organization;
    this.#mdm = mdm;
    this.#tokens = new MdmTokens(() => organization.now());
  }

  targetOf({ path, query }: MdmRequest): MdmTarget | null {
    const { billingId } = this.account;
    if (path === `/auth-apis/auth/1.0/authenticate/${billingId}`) return 'token';
    if (path !== `/device-apis/devices/2.0/search/customer/${billingId}`) return null;
    return wholeNumber(query.get('pageNumber'), 1);
  }

  answer(request: MdmRequest, totalOff: number): MdmAnswer {
    const target = this.targetOf(request);
    if (target === null) return { status: 404, body: 'Not Found' };
    if (request.method !== (target === 'token' ? 'POST' : 'GET')) return { status: 405, body: 'Method Not Allowed' };
    if (target === 'token') return this.#token(request.body);
    const token = /^MaaS token="([^"]+)"$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!this.#tokens.holds(token)) return { status: 401, body: 'Unauthorized' };
    const page = basicSearch(this.#organization, request.query, this.#mdm);
    if (page === null) return { status: 400, body: 'Bad Request' };
    return { status: 200, body: { devices: { ...page.devices, count: page.devices.count + totalOff } } };
  }

  expireTokens(): void {
    this.#tokens.expire();
  }

  #token(body: string): MdmAnswer {
    const { billingId, appId, appVersion, platformId, appAccessKey, username, password } = this.account;
    const wanted = {
      billingID: billingId,
      platformID: platformId,
      appID: appId,
      appVersion,
      appAccessKey,
      userName: username,
      password,
    };
    const given = signInOf(body);
    if (!Object.entries(wanted).every(([name, value]) => String(given[name]) === value))
      return { status: 200, body: { authResponse: { errorCode: 1002, errorDesc: 'Invalid login credentials.' } } };
    return { status: 200, body: { authResponse: { authToken: this.#tokens.issue(TOKEN_SECONDS), errorCode: 0 } } };
  }
}

function signInOf(body: string): Readonly<Record<string, unknown>> {
  try {
    const { authRequest } = JSON.parse(body) as {
      authRequest?: { maaS360AdminAuth?: Readonly<Record<string, unknown>> };
    };
    return authRequest?.maaS360AdminAuth ?? {};
  } catch {
    return {};
  }
}
