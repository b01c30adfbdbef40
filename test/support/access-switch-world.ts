/** A lab with a running flow, for the tests of the access switch: phones are added, syncs run, reports and the store are looked at. */
import helper from 'node-red-node-test-helper';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import type { ManagedDevice } from '../../src/lab/managed-devices.ts';
import { Organization } from '../../src/lab/organization.ts';
import type { OrganizationOptions } from '../../src/lab/organization.ts';
import type { Store } from '../../src/store/store.ts';
import { connectorFlow } from './connector-flow.ts';
import type { Changes } from './connector-flow.ts';
import { eventually } from './eventually.ts';
import { startFlow, stopFlow } from './node-red.ts';
import type { FlowNode, RunningFlow } from './node-red.ts';
import { aManagedPhone } from './people.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import type { DeviceNews } from '../../src/model/records.ts';
import { syncPhoneOfSecondsAgo } from './phone-of-seconds-ago.ts';

/** The notifier only gets in the way of these tests. */
const QUIET: Changes = { notifier: { disabled: true }, link: { disabled: true } };

export class SwitchWorld {
  readonly lab: Lab;
  flow!: RunningFlow;

  private constructor(lab: Lab) {
    this.lab = lab;
  }

  static async open(options: OrganizationOptions = {}): Promise<SwitchWorld> {
    return new SwitchWorld(await startLab({ organization: aManagedPhone(new Organization(options)) }));
  }

  /** The nodes of the flow, with these properties of the access switch and of other nodes. */
  nodes(access: Record<string, unknown> = {}, changes: Changes = {}): ReturnType<typeof connectorFlow> {
    return connectorFlow(this.lab, { ...QUIET, ...changes, switch: access });
  }

  /** Starts the flow, with these properties of the access switch and of other nodes, and with further nodes. */
  async start(
    access: Record<string, unknown> = {},
    changes: Changes = {},
    more: {
      readonly nodes?: readonly FlowNode[];
      readonly credentials?: Record<string, Record<string, string>>;
    } = {},
  ): Promise<void> {
    const { nodes, credentials } = this.nodes(access, changes);
    this.flow = await startFlow([...nodes, ...(more.nodes ?? [])], { ...credentials, ...more.credentials });
    // The helper's own server knows nothing of the editor's routes.
    const { _app, _httpAdmin } = helper as unknown as { _app: { use(handler: unknown): void }; _httpAdmin: unknown };
    _app.use(_httpAdmin);
  }

  async close(): Promise<void> {
    await stopFlow();
    await this.lab.close();
  }

  /** A user with a phone that nobody manages. */
  addPhone(alias: string, addresses: readonly string[] = []): void {
    const { organization } = this.lab;
    organization.addMailbox({ alias, displayName: `User ${alias}`, addresses });
    this.syncPhone(alias);
  }

  syncPhone(alias: string): void {
    syncPhoneOfSecondsAgo(this.lab.organization, {
      mailbox: `${alias}@contoso.example`,
      deviceId: easIdOf(alias),
      deviceType: 'iPhone',
      model: 'iPhone16C1',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone16C1/2202.83',
    });
  }

  /** Makes a phone older than it is. @param at milliseconds since 1970 */
  setFirstSync(alias: string, at: number): void {
    const partnership = this.lab.organization.partnership(`${alias}@contoso.example`, easIdOf(alias));
    Object.assign(partnership!, { firstSyncAt: at });
  }

  enroll(alias: string): ManagedDevice {
    return this.lab.organization.enroll({
      upn: `${alias}@contoso.example`,
      platform: 'ios',
      name: `iPhone of ${alias}`,
      model: 'iPhone 16',
      serial: `SERIAL${alias.toUpperCase()}`,
      easDeviceId: easIdOf(alias),
    });
  }

  /** The mailbox's personal lists. */
  lists(alias: string): { allowed: readonly string[]; blocked: readonly string[] } {
    const mailbox = this.lab.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    return { allowed: mailbox.allowedDeviceIds, blocked: mailbox.blockedDeviceIds };
  }

  setLists(alias: string, lists: { allowed?: readonly string[]; blocked?: readonly string[] }): void {
    const mailbox = this.lab.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    if (lists.allowed) mailbox.allowedDeviceIds = lists.allowed;
    if (lists.blocked) mailbox.blockedDeviceIds = lists.blocked;
    this.syncPhone(alias);
  }

  state(alias: string): string | undefined {
    return this.lab.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))?.state;
  }

  /** Number of Set-CASMailbox calls so far. */
  get writes(): number {
    return this.lab.organization.writes.length;
  }

  get store(): Promise<Store> {
    return (helper.getNode('store') as unknown as { store(): Promise<Store> }).store();
  }

  /** Reads the MDM and then Exchange; returns the report of the sync that follows. */
  async sync(msg: Record<string, unknown> = {}): Promise<SyncReport> {
    await this.read('mdm', msg);
    return this.read('eas', msg);
  }

  /** One source; returns the report of the sync that it leads to. */
  async read(source: 'eas' | 'mdm', msg: Record<string, unknown> = {}): Promise<SyncReport> {
    const { flow } = this;
    const matched = flow.completed('matcher');
    flow.receive(source, msg);
    await flow.until(
      () => flow.completed('matcher') > matched && this.reports().length === flow.messages('report').length,
      `the ${source} sync has ended`,
    );
    return this.reports().at(-1)!;
  }

  /** One source whose end no sync of the switch follows: the other has not been read yet. */
  async readOnly(source: 'eas' | 'mdm'): Promise<void> {
    const matched = this.flow.completed('matcher');
    this.flow.receive(source);
    await this.flow.until(() => this.flow.completed('matcher') > matched, `${source} was read`);
  }

  /** Resolves when a change is handed to Exchange. */
  async untilSending(): Promise<void> {
    const { outbox } = await this.store;
    await eventually(
      async () => (await outbox.list({ state: 'reserved' })).length > 0,
      'a change is handed to Exchange',
    );
  }

  /** Sends a control message and waits until the switch is done with it. */
  async control(topic: string, payload: unknown = '', more: Record<string, unknown> = {}): Promise<void> {
    const done = this.flow.completed('switch') + this.flow.errors().length;
    this.flow.receive('switch', { topic, payload, ...more });
    await this.flow.until(() => this.flow.completed('switch') + this.flow.errors().length > done, `${topic} is done`);
  }

  /** Reports of syncs, not of control messages. */
  reports(): SyncReport[] {
    return this.flow
      .messages('switchReport')
      .map(({ payload }) => payload as SyncReport)
      .filter(({ sync }) => sync.kind !== 'control');
  }

  news(output: 'blocked' | 'allowed' | 'attention'): DeviceNews[] {
    return this.flow.messages(output).map(({ payload }) => payload as DeviceNews);
  }

  /** Asks a route of the editor. */
  async ask(path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const response = await fetch(`${this.flow.url}/access-switch/${path}`, body === undefined ? {} : init);
    return { status: response.status, json: (await response.json()) as Record<string, unknown> };
  }
}

/** The EAS ID of a user's phone. */
export function easIdOf(alias: string): string {
  return `EAS${alias.toUpperCase()}0123456789ABCDEF`.slice(0, 26);
}

/** `mailbox alias: code` of news, sorted. */
export function codes(news: readonly DeviceNews[]): string[] {
  return news
    .map(
      ({ device, problem, decision }) =>
        `${device?.eas?.mailbox.address?.split('@')[0] ?? '-'}: ${problem?.code ?? decision?.reason.code}`,
    )
    .sort();
}
