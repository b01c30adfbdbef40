/**
 * The slice of Microsoft Graph v1.0 that the connector reads, answered from the simulated organization: managed devices,
 * groups and users, with paging, `$select` and the granted part of `$filter`. In process, no sockets: the lab's server puts
 * HTTPS, tokens and faults in front of it, the simulated transport calls it directly. What Graph does not grant, it refuses.
 */
import { transitiveMembers, type LabGroup } from './directory.ts';
import { devicesDelta } from './graph-delta.ts';
import {
  compileFilter,
  FilterError,
  MANAGED_DEVICE_GRANTS,
  type FilterGrants,
  type OrFilters,
} from './graph-filter.ts';
import { Refusal } from './graph-answer.ts';
import type { SliceAnswer, SliceRequest } from './graph-answer.ts';
import type { Mailbox } from './mailboxes.ts';
import { ExportJobs } from './export-jobs.ts';
import type { ExportJob, ExportRefusal } from './export-jobs.ts';
import { newManagedDevice } from './managed-devices.ts';
import type { LabMdm, ManagedDevice } from './managed-devices.ts';
import type { Organization } from './organization.ts';

export type { SliceAnswer, SliceRequest };

export interface SliceOptions {
  /** Rows of a page of managed devices and the most that `$top` gives. Default 1000, as Intune's. */
  readonly pageSize?: number;
  /** Most rows that `$top` gives of group members. Default 999; without `$top` a page has 100, as in Graph. */
  readonly memberPageSize?: number;
  /** Rows of a page of changed devices. Default 200. */
  readonly deltaPageSize?: number;
  /** What it makes of conditions on managed devices that are joined by `or`. Default refused. */
  readonly orFilters?: OrFilters;
  /** Whose devices it has. Default intune. */
  readonly mdm?: LabMdm;
  /** What the application does not see, as with scope tags: lists and single devices lack it, the overview counts it. */
  readonly hides?: (device: ManagedDevice) => boolean;
  /** Where its reports are. Default a host that cannot exist. */
  readonly blobOrigin?: string;
  /** Milliseconds since 1970. Default the organization's clock. */
  readonly now?: () => number;
}

type Row = Readonly<Record<string, unknown>>;

/** One collection as the paging sees it. */
interface Collection {
  readonly rows: Iterable<Row>;
  readonly properties: ReadonlySet<string>;
  /** What a list gives when nothing is selected. */
  readonly defaults?: readonly string[];
  readonly grants: FilterGrants;
  readonly orFilters?: OrFilters;
  readonly pageSize: number;
  readonly maxTop: number;
  /** Directory objects count on request and on the first page only; Intune always does. */
  readonly counts: 'always' | 'on-request';
}

const OPTIONS = new Set(['$select', '$filter', '$top', '$skip', '$skiptoken', '$count']);
const MANAGED_DEVICE_PROPERTIES = new Set(
  Object.keys(
    newManagedDevice(
      { upn: '', platform: 'other', model: '', name: '', serial: '' },
      { id: '', azureADDeviceId: '', userId: '', emailAddress: '', userDisplayName: '', now: 0 },
    ),
  ),
);
const OVERVIEW_PROPERTIES = new Set(['id', 'enrolledDeviceCount', 'mdmEnrolledCount', 'dualEnrolledDeviceCount']);
const USER_PROPERTIES = new Set([
  'id',
  'displayName',
  'userPrincipalName',
  'mail',
  'mailNickname',
  'proxyAddresses',
  'accountEnabled',
]);
const USER_DEFAULTS = ['id', 'displayName', 'userPrincipalName', 'mail'];
const GROUP_PROPERTIES = new Set(['id', 'displayName', 'mail', 'mailNickname']);

/** The application permission a path needs, or null for a path that is not in the slice. */
export function requiredPermission(path: string): string | null {
  if (/^\/deviceManagement\//i.test(path)) return 'DeviceManagementManagedDevices.Read.All';
  if (/^\/devices\//i.test(path)) return 'Device.Read.All';
  if (/^\/groups(\/|$)/i.test(path)) return 'GroupMember.Read.All';
  return /^\/users(\/|$)/i.test(path) ? 'User.Read.All' : null;
}

/** Answers requests from the organization as it is at that moment. */
export class GraphSlice {
  readonly #organization: Organization;
  readonly #options: Required<Omit<SliceOptions, 'blobOrigin' | 'now'>>;
  /** Its reports. */
  readonly exports: ExportJobs;

  constructor(organization: Organization, options: SliceOptions = {}) {
    this.#organization = organization;
    this.#options = {
      pageSize: options.pageSize ?? 1000,
      memberPageSize: options.memberPageSize ?? 999,
      deltaPageSize: options.deltaPageSize ?? 200,
      orFilters: options.orFilters ?? 'refused',
      mdm: options.mdm ?? 'intune',
      hides: options.hides ?? (() => false),
    };
    this.exports = new ExportJobs(
      () => this.#devices.values(),
      options.blobOrigin ?? 'https://reports.invalid',
      options.now ?? (() => organization.now()),
    );
  }

  get #devices(): ReadonlyMap<string, ManagedDevice> {
    return this.#organization.enrolledIn(this.#options.mdm);
  }

  answer(request: SliceRequest): SliceAnswer {
    try {
      return this.#route(request);
    } catch (error) {
      if (error instanceof Refusal) return graphError(error.status, error.code, error.message);
      if (error instanceof FilterError) return graphError(400, 'BadRequest', error.message);
      throw error;
    }
  }

  /** What is posted: an export job, and nothing else. @param body as text */
  post(request: SliceRequest, body: string): SliceAnswer & { readonly retryAfterSeconds?: number } {
    if (!/^\/v1\.0\/deviceManagement\/reports\/exportJobs$/i.test(request.url.pathname))
      return graphError(405, 'Request_BadRequest', 'The lab answers GET only.');
    const job: ExportJob | ExportRefusal = this.exports.create(parsedOrNull(body));
    if ('id' in job) return { status: 201, body: job, page: null };
    const { status, code, message, retryAfterSeconds } = job as ExportRefusal;
    const refused = graphError(status, code, intuneMessage(message));
    return retryAfterSeconds === undefined ? refused : { ...refused, retryAfterSeconds };
  }

  #exportJob(id: string | undefined): SliceAnswer {
    const job = this.exports.look(id ?? '');
    if (job === null) throw new Refusal(404, 'ResourceNotFound', intuneMessage('The export job was not found.'));
    return { status: 200, body: job, page: null };
  }

  #route(request: SliceRequest): SliceAnswer {
    const path = request.url.pathname.replace(/^\/(v1\.0|beta)(?=\/)/, '');
    const segments = path.split('/').slice(1).map(decodeURIComponent);
    const [first, second, third] = segments.map((segment) => segment.toLowerCase());
    if (first === 'devicemanagement' && second === 'manageddevices')
      return this.#managedDevices(request, segments.slice(2));
    if (first === 'devices' && second === 'delta' && third === undefined)
      return devicesDelta(request, {
        devices: this.#organization.directoryDevices(this.#options.mdm),
        now: this.#organization.now(),
        pageSize: this.#options.deltaPageSize,
      });
    if (first === 'devicemanagement' && second === 'manageddeviceoverview' && third === undefined)
      return single(request, this.#overview(), OVERVIEW_PROPERTIES);
    if (first === 'devicemanagement' && second === 'reports' && third === 'exportjobs')
      return this.#exportJob(segments[3]);
    if (first === 'users') return this.#users(request, segments.slice(1));
    if (first === 'groups' && second === undefined) return this.#page(request, this.#groups());
    if (first === 'groups' && third === undefined)
      return single(request, groupRow(this.#group(segments[1])), GROUP_PROPERTIES);
    if (first === 'groups' && third?.startsWith('transitivemembers')) return this.#members(request, segments);
    throw new Refusal(400, 'BadRequest', `Resource not found for the segment '${segments[0] ?? ''}'.`);
  }

  #managedDevices(request: SliceRequest, [id, ...rest]: string[]): SliceAnswer {
    if (rest.length > 0) throw new Refusal(400, 'BadRequest', `Resource not found for the segment '${rest[0] ?? ''}'.`);
    if (id !== undefined) {
      const device = this.#devices.get(id);
      if (device === undefined || this.#options.hides(device))
        throw new Refusal(
          404,
          'ResourceNotFound',
          intuneMessage('An error has occurred - the managed device was not found.'),
        );
      return single(request, { ...device }, MANAGED_DEVICE_PROPERTIES);
    }
    if (
      /\bazureADDeviceId\b/.test(request.url.searchParams.get('$filter') ?? '') &&
      request.url.searchParams.has('$count')
    ) {
      throw new FilterError("The property 'azureADDeviceId' cannot be filtered together with $count.");
    }
    return this.#page(request, {
      rows: this.#seen() as Iterable<unknown> as Iterable<Row>,
      properties: MANAGED_DEVICE_PROPERTIES,
      grants: MANAGED_DEVICE_GRANTS,
      orFilters: this.#options.orFilters,
      pageSize: this.#options.pageSize,
      maxTop: this.#options.pageSize,
      counts: 'always',
    });
  }

  *#seen(): Generator<ManagedDevice> {
    for (const device of this.#devices.values()) if (!this.#options.hides(device)) yield device;
  }

  /** managedDeviceOverview of v1.0, of the whole tenant. */
  #overview(): Row {
    const count = this.#devices.size;
    return { id: 'overview', enrolledDeviceCount: count, mdmEnrolledCount: count, dualEnrolledDeviceCount: 0 };
  }

  #users(request: SliceRequest, [id, ...rest]: string[]): SliceAnswer {
    if (rest.length > 0) throw new Refusal(400, 'BadRequest', `Resource not found for the segment '${rest[0] ?? ''}'.`);
    const users = this.#organization.directory.users();
    if (id === undefined)
      return this.#page(request, { ...this.#userCollection(Array.from(users, userRow)), defaults: USER_DEFAULTS });
    const user = [...users].find(({ userId, upn }) => userId === id || upn.toLowerCase() === id.toLowerCase());
    if (user === undefined) throw notInDirectory(id);
    return single(request, userRow(user), USER_PROPERTIES, USER_DEFAULTS);
  }

  /** `/groups/{id}/transitiveMembers/microsoft.graph.user`: an advanced query, refused without its header and `$count`. */
  #members(request: SliceRequest, segments: readonly string[]): SliceAnswer {
    const group = this.#group(segments[1]);
    if (segments[3]?.toLowerCase() !== 'microsoft.graph.user' || segments.length !== 4) {
      throw new Refusal(400, 'BadRequest', 'The lab answers transitive members as microsoft.graph.user only.');
    }
    const advanced = request.headers['consistencylevel']?.toLowerCase() === 'eventual';
    if (!advanced || request.url.searchParams.get('$count') !== 'true') {
      throw new Refusal(
        400,
        'Request_UnsupportedQuery',
        'OData Cast requires the $count=true query option and the ConsistencyLevel:eventual header.',
      );
    }
    return this.#page(request, {
      ...this.#userCollection(transitiveMembers(group).map(userRow)),
      defaults: USER_DEFAULTS,
    });
  }

  #userCollection(rows: Iterable<Row>): Collection {
    const maxTop = this.#options.memberPageSize;
    return {
      rows,
      properties: USER_PROPERTIES,
      grants: { userPrincipalName: ['eq'] },
      pageSize: Math.min(100, maxTop),
      maxTop,
      counts: 'on-request',
    };
  }

  #groups(): Collection {
    return {
      rows: Array.from(this.#organization.directory.groups(), groupRow),
      properties: GROUP_PROPERTIES,
      grants: { displayName: ['eq'], mail: ['eq'] },
      pageSize: 100,
      maxTop: 999,
      counts: 'on-request',
    };
  }

  #group(id: string | undefined): LabGroup {
    for (const group of this.#organization.directory.groups()) if (group.id === id) return group;
    throw notInDirectory(id ?? '');
  }

  #page(request: SliceRequest, collection: Collection): SliceAnswer {
    const { searchParams } = request.url;
    for (const name of searchParams.keys()) {
      if (name.startsWith('$') && !OPTIONS.has(name))
        throw new Refusal(400, 'BadRequest', `The query option '${name}' is not supported.`);
    }
    const position = readSkipToken(searchParams.get('$skiptoken'));
    const filter = searchParams.get('$filter');
    const matches = filter === null ? () => true : compileFilter(filter, collection.grants, collection.orFilters);
    const select = selector(searchParams.get('$select'), collection.properties, collection.defaults);
    const size = pageSize(searchParams.get('$top'), collection);
    const value: Row[] = [];
    let count = 0;
    for (const row of collection.rows) {
      if (!matches(row)) continue;
      if (count >= position.offset && value.length < size) value.push(select(row));
      count += 1;
    }
    // Seen on the real service: $skip gives an empty list and a next link.
    const skipped = searchParams.has('$skip');
    const offset = skipped ? position.offset : position.offset + value.length;
    const more = skipped || offset < count;
    const counted = collection.counts === 'always' || (searchParams.get('$count') === 'true' && position.page === 1);
    return {
      status: 200,
      page: position.page,
      body: {
        '@odata.context': `${request.url.origin}/v1.0/$metadata#${request.url.pathname.replace(/^\/v1\.0\//, '')}`,
        ...(counted ? { '@odata.count': count } : {}),
        ...(more ? { '@odata.nextLink': nextLink(request.url, offset, position.page + 1) } : {}),
        value: skipped ? [] : value,
      },
    };
  }
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Graph's error body (Graph docs, "Error responses"). */
export function graphError(status: number, code: string, message: string): SliceAnswer {
  return {
    status,
    page: null,
    body: {
      error: {
        code,
        message,
        innerError: { date: '2026-01-01T00:00:00', 'request-id': 'lab', 'client-request-id': 'lab' },
      },
    },
  };
}

/** Intune wraps its texts into JSON inside of `error.message`. */
export function intuneMessage(text: string): string {
  return JSON.stringify(
    {
      _version: 3,
      Message: text,
      CustomApiErrorPhrase: '',
      RetryAfter: null,
      ErrorSourceService: '',
      HttpHeaders: '{}',
    },
    null,
    2,
  );
}

function notInDirectory(id: string): Refusal {
  return new Refusal(
    404,
    'Request_ResourceNotFound',
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

function single(
  request: SliceRequest,
  row: Row,
  properties: ReadonlySet<string>,
  defaults?: readonly string[],
): SliceAnswer {
  const select = selector(request.url.searchParams.get('$select'), properties, defaults);
  return {
    status: 200,
    page: null,
    body: { '@odata.context': `${request.url.origin}/v1.0/$metadata#entity`, ...select(row) },
  };
}

/** `$select` as a function; Graph sends the id with managed devices whatever is selected, so the lab does everywhere. */
function selector(
  text: string | null,
  properties: ReadonlySet<string>,
  defaults?: readonly string[],
): (row: Row) => Row {
  const names = text === null ? defaults : text.split(',').map((name) => name.trim());
  if (names === undefined) return (row) => ({ ...row });
  const unknown = names.find((name) => !properties.has(name));
  if (unknown !== undefined)
    throw new Refusal(
      400,
      'BadRequest',
      `Parsing OData Select and Expand failed: Could not find a property named '${unknown}'.`,
    );
  const wanted = [...new Set(['id', ...names])];
  return (row) => Object.fromEntries(wanted.map((name) => [name, row[name]]));
}

function pageSize(top: string | null, { pageSize, maxTop }: Collection): number {
  if (top === null) return pageSize;
  if (!/^[1-9]\d*$/.test(top))
    throw new Refusal(400, 'BadRequest', `Invalid value '${top}' for $top query option found.`);
  return Math.min(Number(top), maxTop);
}

/** A token is opaque to the client: position and page number, encoded. */
function nextLink(url: URL, offset: number, page: number): string {
  const link = new URL(url);
  link.searchParams.delete('$skip');
  link.searchParams.set('$skiptoken', Buffer.from(`${offset}.${page}`).toString('base64url'));
  return link.href;
}

function readSkipToken(token: string | null): { readonly offset: number; readonly page: number } {
  if (token === null) return { offset: 0, page: 1 };
  const match = /^(\d+)\.(\d+)$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (match === null) throw new Refusal(400, 'BadRequest', 'Skip token is not valid.');
  return { offset: Number(match[1]), page: Number(match[2]) };
}

function userRow(user: Mailbox): Row {
  return {
    id: user.userId,
    displayName: user.displayName,
    userPrincipalName: user.upn,
    mail: user.hasMailbox ? user.address : null,
    mailNickname: user.alias,
    proxyAddresses: user.hasMailbox
      ? [`SMTP:${user.address}`, ...user.otherAddresses.map((address) => `smtp:${address}`)]
      : [],
    accountEnabled: true,
  };
}

function groupRow(group: LabGroup): Row {
  return { id: group.id, displayName: group.name, mail: group.address, mailNickname: group.alias };
}
