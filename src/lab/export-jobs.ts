/**
 * Intune's reports as export jobs: asked for, written after a while, fetched as a zip from a signed address that runs out.
 * Limits and life: Intune's own text on export jobs as others report it (48 jobs a minute and application), and Microsoft's
 * sample, whose address lives six hours.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { ManagedDevice } from './managed-devices.ts';
import { zipFile } from './zip-file.ts';
import type { ZipForm } from './zip-file.ts';

/** How a report writes the members of enums. */
export type ExportWords = 'names' | 'numbers';

/** A job as Graph shows it. */
export type ExportJob = Readonly<Record<string, unknown>> & { readonly id: string };

/** A refusal, for the slice to put into Graph's words. */
export interface ExportRefusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const PER_MINUTE = 48;
const MINUTE_MS = 60_000;
const LIFE_MS = 6 * 3_600_000;

type Cell = (device: ManagedDevice, words: ExportWords) => string;

/** Members of the enums that a report may write as numbers (v1.0 metadata of 2026-07-31). */
const NUMBER_OF: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  managementAgent: {
    eas: 1,
    mdm: 2,
    easMdm: 3,
    configurationManagerClientMdm: 10,
    jamf: 32,
    googleCloudDevicePolicyController: 64,
  },
  managementState: {
    managed: 0,
    retirePending: 1,
    retireFailed: 2,
    wipePending: 3,
    wipeFailed: 4,
    unhealthy: 5,
    deletePending: 6,
    retireIssued: 7,
    wipeIssued: 8,
    wipeCanceled: 9,
    retireCanceled: 10,
    discovered: 11,
  },
  complianceState: {
    unknown: 0,
    compliant: 1,
    noncompliant: 2,
    conflict: 3,
    error: 4,
    inGracePeriod: 254,
    configManager: 255,
  },
};

const plain =
  (property: keyof ManagedDevice): Cell =>
  (device) =>
    String(device[property]);
const time =
  (property: 'enrolledDateTime' | 'lastSyncDateTime' | 'complianceGracePeriodExpirationDateTime'): Cell =>
  (device) =>
    device[property].replace('T', ' ').replace(/(?:\.\d+)?Z$/, '.0000000');
const member =
  (property: 'managementAgent' | 'managementState' | 'complianceState'): Cell =>
  (device, words) =>
    words === 'names' ? device[property] : String(NUMBER_OF[property]?.[device[property]] ?? device[property]);

/** The columns that the lab's report has. */
const COLUMNS: Readonly<Record<string, Cell>> = {
  DeviceId: plain('id'),
  DeviceName: plain('deviceName'),
  OwnerType: plain('managedDeviceOwnerType'),
  CreatedDate: time('enrolledDateTime'),
  LastContact: time('lastSyncDateTime'),
  ManagementAgents: member('managementAgent'),
  ManagementState: member('managementState'),
  ReferenceId: plain('azureADDeviceId'),
  OS: plain('operatingSystem'),
  OSVersion: plain('osVersion'),
  EasID: plain('easDeviceId'),
  SerialNumber: plain('serialNumber'),
  Manufacturer: plain('manufacturer'),
  Model: plain('model'),
  IMEI: plain('imei'),
  InGracePeriodUntil: time('complianceGracePeriodExpirationDateTime'),
  UserId: plain('userId'),
  UPN: plain('userPrincipalName'),
  UserEmail: plain('emailAddress'),
  UserName: plain('userDisplayName'),
  CompliantState: member('complianceState'),
  JailBroken: plain('jailBroken'),
};

interface Held {
  readonly id: string;
  readonly select: readonly string[];
  looks: number;
  file: Buffer | null;
}

/** The jobs of one application. */
export class ExportJobs {
  readonly #devices: () => Iterable<ManagedDevice>;
  readonly #origin: string;
  readonly #now: () => number;
  readonly #key = randomBytes(32);
  readonly #jobs = new Map<string, Held>();
  #created: number[] = [];
  /** How the report writes enums. Default numbers, as this report does whatever it is asked for. */
  words: ExportWords = 'numbers';
  /** How its archive is written. */
  form: ZipForm = {};
  /** Columns that this tenant's report does not have. */
  readonly missing = new Set<string>();

  /** @param origin where the files are @param now ms since 1970 */
  constructor(devices: () => Iterable<ManagedDevice>, origin: string, now: () => number) {
    this.#devices = devices;
    this.#origin = origin;
    this.#now = now;
  }

  /** @param body what was posted, parsed */
  create(body: unknown): ExportJob | ExportRefusal {
    const { reportName, select, format } = (typeof body === 'object' && body !== null ? body : {}) as Record<
      string,
      unknown
    >;
    const refuse = (message: string): ExportRefusal => ({ status: 400, code: 'BadRequest', message });
    if (reportName !== 'Devices') return refuse(`The report ${String(reportName)} is not known.`);
    if (format !== 'csv') return refuse('The lab writes csv only.');
    if (!Array.isArray(select) || select.length === 0) return refuse('The lab writes no report without select.');
    const unknown = (select as unknown[]).find((name) => typeof name !== 'string' || !Object.hasOwn(COLUMNS, name));
    if (unknown !== undefined) return refuse(`Invalid column ${JSON.stringify(unknown)}.`);
    this.#created = this.#created.filter((at) => at > this.#now() - MINUTE_MS);
    if (this.#created.length >= PER_MINUTE)
      return { status: 429, code: 'TooManyRequests', message: 'Too many export jobs.', retryAfterSeconds: 60 };
    this.#created.push(this.#now());
    const id = `Devices_${randomBytes(8).toString('hex')}`;
    const held: Held = { id, select: select as string[], looks: 0, file: null };
    this.#jobs.set(id, held);
    return this.#shown(held, 'notStarted');
  }

  /** One look at a job: the second finds it done. */
  look(id: string): ExportJob | null {
    const job = this.#jobs.get(id);
    if (job === undefined) return null;
    job.looks += 1;
    if (job.looks < 2) return this.#shown(job, 'inProgress');
    job.file ??= zipFile(`${id}.csv`, this.#csv(job.select), this.form);
    return this.#shown(job, 'completed');
  }

  /** @returns the file behind an address; null: its signature is wrong, it has run out, or there is none */
  file(url: URL): Buffer | null {
    const id = /^\/reports\/([\w-]+)\.zip$/.exec(url.pathname)?.[1] ?? '';
    const expires = url.searchParams.get('se') ?? '';
    if (url.searchParams.get('sig') !== this.#signature(id, expires) || !(Date.parse(expires) > this.#now()))
      return null;
    return this.#jobs.get(id)?.file ?? null;
  }

  #shown(job: Held, status: string): ExportJob {
    const expires = new Date(this.#now() + LIFE_MS).toISOString();
    const address = `${this.#origin}/reports/${job.id}.zip?se=${expires}&sig=${this.#signature(job.id, expires)}`;
    const isDone = status === 'completed';
    return {
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#deviceManagement/reports/exportJobs/$entity',
      id: job.id,
      reportName: 'Devices',
      filter: '',
      select: job.select,
      format: 'csv',
      snapshotId: null,
      localizationType: 'localizedValuesAsAdditionalColumn',
      status,
      url: isDone ? address : null,
      expirationDateTime: isDone ? expires : '0001-01-01T00:00:00Z',
    };
  }

  #signature(id: string, expires: string): string {
    return createHmac('sha256', this.#key).update(`${id} ${expires}`).digest('base64url');
  }

  #csv(select: readonly string[]): string {
    const columns = select.filter((name) => !this.missing.has(name));
    const lines = [columns.join(',')];
    for (const device of this.#devices())
      lines.push(columns.map((name) => csvField(COLUMNS[name]!(device, this.words))).join(','));
    return `\uFEFF${lines.join('\r\n')}\r\n`;
  }
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
