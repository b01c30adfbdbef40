/** The lab's file of an MDM: a CSV over https, for an account. Development only. */
import { randomBytes } from 'node:crypto';
import { csvExport } from '../csv-export.ts';
import type { LabMdm } from '../managed-devices.ts';
import type { Organization } from '../organization.ts';
import type { ServerCertificate } from './certificates.ts';
import { startMdmApi } from './mdm-api.ts';
import type { MdmAnswer, MdmApi, MdmRequest, MdmServer } from './mdm-api.ts';
import type { MdmTarget } from './mdm-faults.ts';
import { isBasicOf } from './mdm-tokens.ts';

/** A running server. */
export interface CsvServer extends MdmServer {
  readonly fileUrl: string;
  readonly username: string;
  readonly password: string;
}

const FILE_PATH = '/exports/devices.csv';

/** Starts the server. @param options.mdm whose devices the file has */
export async function startCsvServer(
  organization: Organization,
  options: { readonly certificate: ServerCertificate; readonly mdm: LabMdm },
): Promise<CsvServer> {
  const api = new CsvFile(organization, options.mdm);
  const server = await startMdmApi(api, options);
  const { username, password } = api;
  return { ...server, fileUrl: `${server.url}${FILE_PATH}`, username, password };
}

class CsvFile implements MdmApi {
  readonly username = 'export-reader';
  readonly password = randomBytes(12).toString('base64url');
  readonly #organization: Organization;
  readonly #mdm: LabMdm;

  constructor(organization: Organization, mdm: LabMdm) {
    this.#organization = organization;
    this.#mdm = mdm;
  }

  /** The file is its only page. */
  targetOf({ path }: MdmRequest): MdmTarget | null {
    return path === FILE_PATH ? 1 : null;
  }

  answer(request: MdmRequest): MdmAnswer {
    if (this.targetOf(request) === null) return { status: 404, body: 'Not Found' };
    if (!isBasicOf(request.headers.authorization, this.username, this.password))
      return { status: 401, body: 'Unauthorized', headers: { 'WWW-Authenticate': 'Basic realm="exports"' } };
    const headers = {
      'Content-Type': 'text/csv; charset=utf-8',
      'Last-Modified': new Date(this.#organization.now()).toUTCString(),
    };
    return { status: 200, body: csvExport(this.#organization, this.#mdm), headers };
  }

  /** It has none. */
  expireTokens(): void {}
}
