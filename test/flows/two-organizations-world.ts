/** Two labs, one store, one MDM, and an access switch for each organization, for the tests of what they share. */
import helper from 'node-red-node-test-helper';
import type { DeviceNews } from '../../src/model/records.ts';
import type { SyncReport } from '../../src/connector/sync/sync-report.ts';
import { startLab } from '../../src/lab/servers/lab.ts';
import type { Lab } from '../../src/lab/servers/lab.ts';
import { Organization } from '../../src/lab/organization.ts';
import type { Store } from '../../src/store/store.ts';
import { connectorFlow } from '../support/connector-flow.ts';
import { startFlow, stopFlow } from '../support/node-red.ts';
import type { FlowNode, RunningFlow } from '../support/node-red.ts';
import { aManagedPhone } from '../support/people.ts';
import { easIdOf } from '../support/access-switch-world.ts';
import { syncPhoneOfSecondsAgo } from '../support/phone-of-seconds-ago.ts';

/** Which of the two: a is `exchange` with `switch`, b is `exchange2` with `switch2`. */
export type Side = 'a' | 'b';

const SWITCHES = { a: 'switch', b: 'switch2' } as const;
const SOURCES = { a: 'eas', b: 'eas2' } as const;

/** How a flow of two is wired and set. */
export interface TwoOptions {
  readonly a?: Readonly<Record<string, unknown>>;
  readonly b?: Readonly<Record<string, unknown>>;
  /** One matcher that feeds these switches in this order, or one matcher for each. */
  readonly wires?: readonly string[] | 'two matchers';
}

export class TwoOrganizations {
  readonly #labs: Readonly<Record<Side, Lab>>;
  #matchers: readonly string[] = ['matcher'];
  flow!: RunningFlow;

  private constructor(labs: Readonly<Record<Side, Lab>>) {
    this.#labs = labs;
  }

  static async open(): Promise<TwoOrganizations> {
    const a = await startLab({ organization: aManagedPhone(new Organization()) });
    return new TwoOrganizations({ a, b: await startLab() });
  }

  /** The MDM is that of lab a. */
  async start({ a = {}, b = {}, wires = ['switch', 'switch2'] }: TwoOptions = {}): Promise<void> {
    const twoMatchers = wires === 'two matchers';
    this.#matchers = twoMatchers ? ['matcher', 'matcher2'] : ['matcher'];
    const quiet = { notifier: { disabled: true }, link: { disabled: true } };
    const { nodes, credentials } = connectorFlow(this.#labs.a, {
      ...quiet,
      mdm: { wires: [this.#matchers] },
      matcher: { wires: [twoMatchers ? ['switch'] : wires, [], ['report']] },
      switch: a,
    });
    const lab = this.#labs.b;
    const second = connectorFlow(lab, quiet).nodes;
    const copy = (id: string, changes: Record<string, unknown>): FlowNode => ({
      ...second.find((node) => node.id === id)!,
      id: `${id}2`,
      ...changes,
    });
    const more: FlowNode[] = [
      copy('tls', {}),
      copy('exchange', { tls: 'tls2' }),
      copy('eas', { server: 'exchange2', wires: [[twoMatchers ? 'matcher2' : 'matcher']] }),
      copy('switch', {
        server: 'exchange2',
        directory: 'tenant',
        wires: [['blocked2'], ['allowed2'], ['attention2'], ['switchReport2']],
        ...b,
      }),
      ...(twoMatchers ? [copy('matcher', { wires: [['switch2'], [], ['report']] })] : []),
      ...['blocked2', 'allowed2', 'attention2', 'switchReport2'].map((id) => ({ id, type: 'helper' })),
    ];
    this.flow = await startFlow([...nodes, ...more], {
      ...credentials,
      exchange2: { username: lab.exchange.username, password: lab.exchange.password },
    });
  }

  async close(): Promise<void> {
    await stopFlow();
    await this.#labs.a.close();
    await this.#labs.b.close();
  }

  /** A user of one organization with a phone that nobody manages. */
  addPhone(side: Side, alias: string): void {
    const { organization } = this.#labs[side];
    organization.addMailbox({ alias, displayName: `User ${alias}` });
    syncPhoneOfSecondsAgo(organization, {
      mailbox: `${alias}@contoso.example`,
      deviceId: easIdOf(alias),
      deviceType: 'iPhone',
      model: 'iPhone16C1',
      os: 'iOS 18.1',
      userAgent: 'Apple-iPhone16C1/2202.83',
    });
  }

  /** Enrolls the phone of a user of either organization. @returns takes it out of the MDM again */
  enroll(alias: string): () => void {
    const { organization } = this.#labs.a;
    const { id } = organization.enroll({
      upn: `${alias}@contoso.example`,
      platform: 'ios',
      name: `iPhone of ${alias}`,
      model: 'iPhone 16',
      serial: `SERIAL${alias.toUpperCase()}`,
      easDeviceId: easIdOf(alias),
    });
    return () => organization.unenroll(id);
  }

  /** Reads sources one after the other, each with the matches and syncs that follow it. */
  async read(...sources: readonly ('mdm' | Side)[]): Promise<void> {
    for (const source of sources) {
      const matchers =
        source === 'mdm' ? this.#matchers : [this.#matchers[source === 'b' ? this.#matchers.length - 1 : 0]!];
      const before = matchers.map((id) => this.#ended(id));
      this.flow.receive(source === 'mdm' ? 'mdm' : SOURCES[source]);
      await this.flow.until(
        () => matchers.every((id, i) => this.#ended(id) > before[i]!) && this.#rests(),
        `the reading of ${source} has been worked on`,
      );
    }
  }

  /** Sends a switch a control message, and waits until it has ended. */
  async control(side: Side, topic: string, payload: unknown = '', more: Record<string, unknown> = {}): Promise<void> {
    const id = SWITCHES[side];
    const done = this.#ended(id);
    this.flow.receive(id, { topic, payload, ...more });
    await this.flow.until(() => this.#ended(id) > done, `${topic} is done`);
  }

  get store(): Promise<Store> {
    return (helper.getNode('store') as unknown as { store(): Promise<Store> }).store();
  }

  /** Accepted Set-CASMailbox calls of one organization. */
  writes(side: Side): number {
    return this.#labs[side].organization.writes.length;
  }

  /** Aliases whose phone Exchange blocks. */
  blocked(side: Side, ...aliases: readonly string[]): string[] {
    const { organization } = this.#labs[side];
    return aliases.filter(
      (alias) => organization.partnership(`${alias}@contoso.example`, easIdOf(alias))?.state === 'blocked',
    );
  }

  /** Reports of syncs that one switch sent. */
  reports(side: Side): SyncReport[] {
    return this.flow
      .messages(side === 'a' ? 'switchReport' : 'switchReport2')
      .map(({ payload }) => payload as SyncReport)
      .filter(({ sync }) => sync.kind !== 'control');
  }

  attention(side: Side): DeviceNews[] {
    return this.flow.messages(side === 'a' ? 'attention' : 'attention2').map(({ payload }) => payload as DeviceNews);
  }

  /** The organizations of what waits in the outbox. */
  async waiting(): Promise<string[]> {
    return (await (await this.store).outbox.list()).map(({ organization }) => organization);
  }

  #ended(id: string): number {
    return this.flow.ended(id).done;
  }

  #rests(): boolean {
    return [...this.#matchers, 'switch', 'switch2'].every((id) => {
      const { received, done } = this.flow.ended(id);
      return received === done;
    });
  }
}
