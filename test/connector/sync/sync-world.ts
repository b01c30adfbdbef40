/**
 * An organization and its MDM in process, a `:memory:` store and the use cases between them: what the nodes do, without
 * Node-RED, wire or file. Phones are added, syncs run, reports and the store are looked at.
 */
import { JoinedReadings } from '../../../src/connector/matching/joined-readings.ts';
import { matchOrganization } from '../../../src/connector/matching/match-organization.ts';
import { DEFAULT_MATCH_SETTINGS, keepMatchSettings } from '../../../src/connector/matching/match-settings.ts';
import { OWN_CLOCK } from '../../../src/model/server-clock.ts';
import type { MatchSettings } from '../../../src/connector/matching/match-settings.ts';
import type { ExchangePort, MdmPort } from '../../../src/connector/ports.ts';
import type { Page } from '../../../src/connector/readings/page.ts';
import { seenAfter } from '../../../src/connector/readings/seen-after.ts';
import { nextMatch } from '../../../src/connector/matching/match-numbers.ts';
import { AccessSync } from '../../../src/connector/sync/access-sync.ts';
import type { PageResult } from '../../../src/connector/sync/access-sync.ts';
import type { DevicePage } from '../../../src/connector/sync/open-sync.ts';
import { approvePlan, discardPlan, retryAll, tryDue, undoAll } from '../../../src/connector/sync/operator-requests.ts';
import type { NewsKind, SwitchParts } from '../../../src/connector/sync/switch-parts.ts';
import type { SwitchSettings } from '../../../src/connector/sync/switch-settings.ts';
import type { ControlReport, SyncReport } from '../../../src/connector/sync/sync-report.ts';
import { tryDevice } from '../../../src/connector/sync/try-device.ts';
import type { TryAnswer } from '../../../src/connector/sync/try-device.ts';
import { ConnectorError } from '../../../src/errors.ts';
import { organizationPort } from '../../../src/exchange/organization-port.ts';
import type { CmdletTransport } from '../../../src/exchange/transport.ts';
import { tenantPort } from '../../../src/graph/tenant-port.ts';
import type { ManagedDevice } from '../../../src/lab/managed-devices.ts';
import { Organization } from '../../../src/lab/organization.ts';
import type { OrganizationOptions } from '../../../src/lab/organization.ts';
import { simulatedExchange } from '../../../src/lab/simulated-exchange.ts';
import { simulatedGraph } from '../../../src/lab/simulated-graph.ts';
import type { ForestView } from '../../../src/model/forest-view.ts';
import type { ToldCause } from '../../../src/model/personal-lists.ts';
import type { OrganizationIdentity } from '../../../src/model/organization-identity.ts';
import type { DeviceNews, EasRecord, MdmRecord } from '../../../src/model/records.ts';
import type { HeldChangeFilter, Store } from '../../../src/store/store.ts';
import { openEmptyStore } from '../../store/records.ts';
import type { KillSwitch } from '../kill-switch.ts';
import { aManagedPhone } from '../../support/people.ts';
import { anMdm } from '../../support/records.ts';

/** How a plan is kept while it is decided: it makes no difference to anybody. */
export const WAYS: readonly (readonly [how: string, inMemory: number | undefined])[] = [
  ['in memory', undefined],
  ['in rows', 0],
];

/** The switch as these tests set it: it writes, and no brake holds. */
export const SETTINGS: SwitchSettings = {
  mode: 'enforce',
  rules: [],
  brakePercent: 100,
  brakeCount: 100,
  brakePerDay: 1_000_000,
  adoptEntries: false,
  whenMdmAway: 'leave',
  startFrom: 'strict',
  grandfatherDays: 30,
  idleDays: 30,
  tidyDays: 0,
  removeIdleDays: 0,
  removeByHand: false,
  mailFirst: true,
};

/**
 * What goes wrong with a write: Exchange refuses it, or its answer is lost before or after it was done, or after, and the
 * lists cannot be read then.
 */
type Failure = 'refused' | 'lost-before' | 'lost-after' | 'lost-and-blind';

/** How a phone tells of itself. */
const PHONES = {
  ios: { deviceType: 'iPhone', model: 'iPhone16C1', os: 'iOS 18.1', userAgent: 'Apple-iPhone16C1/2202.83' },
  android: { deviceType: 'SAMSUNGSMG991B', model: 'SM-G991B', os: 'Android 14', userAgent: 'SAMSUNG-SM-G991B/101.14' },
};

/** How a match goes. */
interface MatchHow {
  readonly dryRun?: boolean;
  /** It ends before its last page, as if the process were killed. */
  readonly isCutOff?: boolean;
  /** Its first page is lost on its way to the switch. */
  readonly losesFirst?: boolean;
}

/** What worlds beside each other share: the store, the MDMs, the clock. */
interface Shared {
  readonly store: Store;
  readonly mdms: Map<string, MdmPort | null>;
  /** Names of MDMs that do not answer. */
  readonly deaf: Set<string>;
  /** The organization whose MDM it is. */
  readonly managed: Organization;
  readonly worlds: SyncWorld[];
  readonly clock: { time: number };
}

/** One organization with its access switch. */
export class SyncWorld {
  readonly organization: Organization;
  readonly name: string;
  /** What goes wrong with the next writes, in turn. */
  readonly failures: Failure[] = [];
  /** GUIDs of mailboxes whose lists Exchange does not change. */
  readonly refused = new Set<string>();
  /** How many of the next looks at personal lists fail. */
  unreadable = 0;
  readonly told: { readonly kind: NewsKind; readonly news: DeviceNews }[] = [];
  readonly reports: SyncReport[] = [];
  /** All pages that its matches have handed out. */
  readonly pages: DevicePage[] = [];
  /** Outputs that something is wired to. */
  readonly wired = new Set<NewsKind>(['blocked', 'allowed', 'attention']);
  readonly untold = new Set<string>();
  /** What the switch has in the place of its store, to break it. */
  storeInBetween: Store | null = null;
  /** Ids of the deployed notifiers. */
  notifiers: readonly string[] = ['notifier'];
  /** Names the run of the flows. */
  run = 'run 1';
  /** How often an MDM was asked for the devices of a user. */
  asked = 0;
  /** GUIDs of the mailboxes whose devices' last attempts Exchange was asked for, in order. */
  readonly attemptsAsked: string[] = [];
  /** Why Exchange does not tell last attempts; null: it does. */
  attemptsFail: ConnectorError | null = null;
  /** Users whose mailbox's database is down: of their devices Exchange does not tell last attempts. */
  readonly dismounted = new Set<string>();
  /** What goes wrong with the next removals of partnerships, in turn; `not-a-cmdlet` with all of them. */
  readonly removalFailures: (Failure | 'not-a-cmdlet')[] = [];
  /** GUIDs of the partnerships that Exchange was asked to remove, in order. */
  readonly removals: string[] = [];
  /** Called before Exchange is asked for the partnerships of a device. */
  beforeRemoval: (() => void) | null = null;
  /** Which organization Exchange says it is. */
  answersAs: (own: OrganizationIdentity) => OrganizationIdentity = (own) => own;
  /** Device records in a page of a match. */
  pageSize = 2;
  /** Which reading of Exchange the next matches are after. */
  kind: 'full' | 'quick' = 'full';
  /** Groups named by an object id are looked up in the MDM. */
  hasDirectory = true;
  /** What Exchange's sessions see of the forest; null: there is none. */
  view: ForestView | null = null;
  settings: SwitchSettings = SETTINGS;
  matcher: MatchSettings = DEFAULT_MATCH_SETTINGS;
  /** Kills the process of the switch in the middle of its work; null: it lives. */
  kill: KillSwitch | null = null;
  #inMemory: number | undefined;
  #sync = new AccessSync();
  #ids = 0;
  readonly #shared: Shared;

  private constructor(name: string, organization: Organization, shared: Shared) {
    this.name = name;
    this.organization = organization;
    this.#shared = shared;
    shared.worlds.push(this);
  }

  /**
   * With somebody else's enrolled phone: an MDM that knows nobody at all is not believed.
   * @param path of a file for the store; absent: it is in memory
   */
  static async open(options: OrganizationOptions = {}, opened: Store | null = null, path?: string): Promise<SyncWorld> {
    const clock = { time: Date.parse('2026-06-01T08:00:00.000Z') };
    const now = (): number => (clock.time += 1);
    const store = opened ?? (await openEmptyStore({ now: () => new Date(now()), path }));
    const organization = aManagedPhone(new Organization({ ...options, now }));
    const shared: Shared = {
      store,
      mdms: new Map(),
      deaf: new Set(),
      managed: organization,
      worlds: [],
      clock,
    };
    const world = new SyncWorld('exchange', organization, shared);
    // In a store that was opened the first ids are known.
    if (opened !== null) world.#ids = 1_000;
    await world.deployMdm('tenant', organization);
    return world;
  }

  /** A second organization with the same store and MDM, and a switch of its own. */
  beside(name: string): SyncWorld {
    return new SyncWorld(name, new Organization({ now: this.now }), this.#shared);
  }

  /** From now on these settings; what is not named is as {@link SETTINGS} has it. The sync it is in goes on. */
  set(settings: Partial<SwitchSettings>, matcher: Partial<MatchSettings> = {}): void {
    this.settings = { ...SETTINGS, ...settings };
    this.matcher = { ...DEFAULT_MATCH_SETTINGS, ...matcher };
  }

  /** As after a restart: what is not in the store is forgotten. */
  restart(): void {
    this.kill = null;
    this.run = `run ${Number(this.run.slice(4)) + 1}`;
    this.#sync = new AccessSync(this.#inMemory);
  }

  /** From now on so many changes of a plan stay in memory, more are rows. */
  keepInMemory(changes: number | undefined): void {
    this.#inMemory = changes;
    this.#sync = new AccessSync(changes);
  }

  close(): Promise<void> {
    return this.store.close();
  }

  get store(): Store {
    return this.#shared.store;
  }

  /** Every look at the clock is a millisecond later. */
  readonly now = (): number => (this.#shared.clock.time += 1);

  letPass(milliseconds: number): void {
    this.#shared.clock.time += milliseconds;
  }

  // ── people, phones, MDMs ──────────────────────────────────────────────────

  /** A user with a phone that nobody manages. */
  addPhone(alias: string, addresses: readonly string[] = [], domain?: string): void {
    // Addresses are of the mail domain that all of them share.
    const address = `${alias}@contoso.example`;
    this.organization.addMailbox({
      alias,
      displayName: `User ${alias}`,
      addresses,
      ...(domain !== undefined && { domain, address, upn: address }),
    });
    this.syncPhone(alias);
  }

  syncPhone(alias: string): void {
    this.addDevice(alias, easIdOf(alias));
  }

  /** A device of the user: an iPhone, or an Android phone. */
  addDevice(alias: string, deviceId: string, kind: 'ios' | 'android' = 'ios'): void {
    this.organization.syncPhone({ mailbox: `${alias}@contoso.example`, deviceId, ...PHONES[kind] });
  }

  /** Makes a phone older than it is. @param at milliseconds since 1970 */
  setFirstSync(alias: string, at: number): void {
    Object.assign(this.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!, { firstSyncAt: at });
  }

  /** When a phone last tried to sync. @param at milliseconds since 1970; null: Exchange does not tell */
  setLastAttempt(alias: string, at: number | null): void {
    const partnership = this.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))!;
    Object.assign(partnership, { lastSyncAttemptAt: at, lastSuccessfulSyncAt: at });
  }

  enroll(alias: string, changes: { readonly easDeviceId?: string; readonly upn?: string } = {}): ManagedDevice {
    return this.#shared.managed.enroll({
      upn: `${alias}@contoso.example`,
      platform: 'ios',
      name: `iPhone of ${alias}`,
      model: 'iPhone 16',
      serial: `SERIAL${alias.toUpperCase()}`,
      easDeviceId: easIdOf(alias),
      ...changes,
    });
  }

  unenroll({ id }: ManagedDevice): void {
    this.#shared.managed.unenroll(id);
  }

  /** An MDM whose source is on the canvas. @param organization whose devices it has; null: a mapped one, which cannot be asked */
  async deployMdm(source: string, organization: Organization | null, name: string | null = null): Promise<void> {
    const graph = organization === null ? null : simulatedGraph(organization);
    this.#shared.mdms.set(source, graph === null ? null : this.#mdmPort(tenantPort(() => graph, source)));
    const provider = organization === null ? 'mapping' : 'intune';
    await this.store.sources.announce({
      nodeId: `source of ${source}`,
      scope: source,
      provider,
      name,
      announcedAt: new Date(this.now()).toISOString(),
    });
  }

  async removeMdm(source: string): Promise<void> {
    this.#shared.mdms.delete(source);
    await this.store.sources.remove(`source of ${source}`, new Date(this.now()).toISOString());
  }

  /** From now on the MDM does not answer, or answers again. */
  /** Whether each match is one of all devices, whatever was touched. */
  matchesAll = false;

  setDeaf(isDeaf: boolean, source = 'tenant'): void {
    if (isDeaf) this.#shared.deaf.add(source);
    else this.#shared.deaf.delete(source);
  }

  /** The mailbox's personal lists. */
  lists(alias: string): { allowed: readonly string[]; blocked: readonly string[] } {
    const mailbox = this.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    return { allowed: mailbox.allowedDeviceIds, blocked: mailbox.blockedDeviceIds };
  }

  /** An administrator writes lists, and the phone syncs. */
  setLists(alias: string, lists: { allowed?: readonly string[]; blocked?: readonly string[] }): void {
    const mailbox = this.organization.mailboxByAddress(`${alias}@contoso.example`)!;
    if (lists.allowed) mailbox.allowedDeviceIds = lists.allowed;
    if (lists.blocked) mailbox.blockedDeviceIds = lists.blocked;
    this.syncPhone(alias);
  }

  state(alias: string): string | undefined {
    return this.organization.partnership(`${alias}@contoso.example`, easIdOf(alias))?.state;
  }

  /** Those of the users whose phone Exchange blocks. */
  blocked(...aliases: readonly string[]): string[] {
    return aliases.filter((alias) => this.state(alias) === 'blocked');
  }

  /** Number of Set-CASMailbox calls that were accepted. */
  get writes(): number {
    return this.organization.writes.length;
  }

  // ── syncs and requests ────────────────────────────────────────────────────

  /** Reads the MDM and then Exchange; returns the report of the sync that follows. */
  async sync(how: { readonly dryRun?: boolean } = {}): Promise<SyncReport> {
    await this.read('mdm', how);
    return this.read('eas', how);
  }

  /** Reads one source whole; returns the report of the sync that it leads to. */
  async read(source: 'eas' | 'mdm', { dryRun = false }: { readonly dryRun?: boolean } = {}): Promise<SyncReport> {
    await this.readOnly(source);
    return this.match({ dryRun });
  }

  /** Reads one source, as when the match waits for the other one. @param mdm which MDM */
  async readOnly(source: 'eas' | 'mdm', mdm = 'tenant'): Promise<void> {
    const { signal } = new AbortController();
    if (source === 'eas')
      await this.#keep('eas', this.name, this.exchange.easPages({ kind: 'full', pageSize: 2, signal }));
    else await this.#keep('mdm', mdm, this.#shared.mdms.get(mdm)!.mdmPages({ pageSize: 2, signal }));
  }

  /** A mapped MDM sends its list; returns the report of the sync that follows. */
  async readMapped(source: string, records: readonly MdmRecord[]): Promise<SyncReport> {
    await this.#keep('mdm', source, onePage(records));
    return this.match();
  }

  /** Matches every organization, and hands the pages to every switch. */
  async match(how: MatchHow = {}): Promise<SyncReport> {
    await keepMatchSettings(this.store, this.matcher);
    for (const { scope } of await this.store.snapshots.list('eas')) await this.#matchOne(scope, how);
    return this.reports.at(-1)!;
  }

  async #matchOne(organization: string, { dryRun = false, isCutOff, losesFirst }: MatchHow): Promise<void> {
    const { signal } = new AbortController();
    const id = this.#newId();
    const number = dryRun ? null : await nextMatch(this.store, organization);
    const lent = JoinedReadings.of(this.store).borrow();
    const run = { organization, id, dryRun, all: this.matchesAll, now: this.now(), settings: this.matcher };
    const matching = (await matchOrganization(this.store, { ...run, pageSize: this.pageSize, signal, lent }))!;
    let page = 0;
    for await (const { records, last } of matching.devices()) {
      const { startedAt } = matching.eas;
      const { maxAgeHours } = this.matcher;
      const devices = {
        id,
        kind: this.kind,
        organization,
        startedAt,
        page,
        last,
        dryRun,
        maxAgeHours,
        scope: matching.scope,
        known: matching.eas.count,
        match: number,
        devices: records,
      } as const;
      this.pages.push(devices);
      if (isCutOff === true && last) break;
      if (losesFirst !== true || page > 0) for (const world of this.#shared.worlds) await world.#take(devices);
      page += 1;
    }
    lent.giveBack();
  }

  /** A node before the switch lets a page through that it has held back, or once more. */
  async takeLate(page: DevicePage): Promise<PageResult> {
    return this.#sync.page(this.parts, page);
  }

  async #take(page: DevicePage): Promise<void> {
    const result = await this.#sync.page(this.parts, page);
    if (result.kind === 'ended') this.reports.push(result.report);
  }

  approve(plan: string | undefined, person: string | null = null, part?: HeldChangeFilter): Promise<ControlReport> {
    return approvePlan(this.parts, { plan: plan ?? '', person, ...(part === undefined ? {} : { part }) });
  }

  discard(plan: string | undefined, person: string | null = null): Promise<void> {
    return discardPlan(this.parts, { plan: plan ?? '', person });
  }

  undo(person: string | null = null): Promise<{ report: ControlReport; entries: number }> {
    return undoAll(this.parts, person);
  }

  retry(): Promise<ControlReport | null> {
    return retryAll(this.parts);
  }

  /** The timer's look. */
  due(): Promise<ControlReport | null> {
    return tryDue(this.parts);
  }

  tryDevice(query: string): Promise<TryAnswer> {
    return tryDevice({ ...this.parts, query, written: this.settings.rules, language: 'en' });
  }

  /** As if the minutes until the next try were over. */
  async untilNextTry(): Promise<void> {
    for (const { key } of await this.store.outbox.list()) {
      await this.store.outbox.update(key, { nextAttemptAt: new Date(this.now()).toISOString() });
    }
  }

  /** State and tries of what waits in the outbox. */
  async waiting(): Promise<unknown[]> {
    return (await this.store.outbox.list({ organization: this.name })).map(({ state, attempts }) => [state, attempts]);
  }

  /** The plans of this world that have changes in rows, whatever their state. */
  async plansInRows(): Promise<string[]> {
    const ids = Array.from({ length: this.#ids }, (_, n) => `${this.name}.${this.name}-${n + 1}`);
    const found: string[] = [];
    for (const id of ids) if ((await this.store.plans.staged(id, { limit: 1 })).length > 0) found.push(id);
    return found;
  }

  /** The ledger is as an older version has left it, which kept no causes; everything is to be decided about anew. */
  async forgetCauses(): Promise<void> {
    const none = { reason: null, kind: null } as unknown as ToldCause;
    const entries = await this.store.entries.list();
    for (const entry of entries) await this.store.entries.tell(entry.organization, [{ ...entry, cause: none }]);
    await this.store.touched.addEverything(this.name);
  }

  /** News of one kind. */
  news(kind: NewsKind): DeviceNews[] {
    return this.told.filter((one) => one.kind === kind).map(({ news }) => news);
  }

  #transport(): CmdletTransport {
    const { view } = this;
    if (view === null) return simulatedExchange(this.organization);
    const seen = simulatedExchange(this.organization, { viewEntireForest: view === 'forest' });
    return {
      ...seen,
      invoke(call, options = {}) {
        options.onView?.(view);
        return seen.invoke(call, options);
      },
    };
  }

  // ── what the use cases are given ──────────────────────────────────────────

  get parts(): SwitchParts {
    const { mdms } = this.#shared;
    return {
      store: this.storeInBetween ?? this.kill?.store(this.store) ?? this.store,
      exchange: this.kill?.exchange(this.exchange) ?? this.exchange,
      mdms: { deployed: () => [...mdms.keys()], port: (source) => mdms.get(source) ?? null },
      directory: this.hasDirectory ? (mdms.get('tenant') ?? null) : null,
      settings: this.settings,
      who: 'switch',
      name: 'gate',
      announce: (kind, news) => this.told.push({ kind, news }),
      flow: {
        run: this.run,
        hears: (kind) => this.wired.has(kind),
        notifiers: () => this.notifiers,
        storeless: () => [],
        untold: this.untold,
      },
      progress: () => undefined,
      now: this.now,
      ids: () => this.#newId(),
      signal: new AbortController().signal,
    };
  }

  get exchange(): ExchangePort {
    const transport = this.#transport();
    const port = organizationPort(() => transport, this.name);
    return {
      ...port,
      whichOrganization: async (options) => this.answersAs(await port.whichOrganization(options)),
      lastAttempts: async (mailboxId, options) => {
        this.attemptsAsked.push(mailboxId);
        if (this.attemptsFail !== null) throw this.attemptsFail;
        const isDown = ({ guid }: { readonly guid: string }): boolean => guid === mailboxId;
        if (
          [...this.dismounted].some((alias) => isDown(this.organization.mailboxByAddress(`${alias}@contoso.example`)!))
        )
          throw new ConnectorError('ERR_EXCHANGE_CMDLET', 'Database DB02 is not mounted.');
        return port.lastAttempts(mailboxId, options);
      },
      partnerships: async (...call) => {
        this.beforeRemoval?.();
        if (this.unreadable > 0) {
          this.unreadable -= 1;
          throw new ConnectorError('ERR_HTTP_RESET', 'The line broke.');
        }
        return port.partnerships(...call);
      },
      removePartnership: async (id, options) => {
        const failure = this.removalFailures[0] === 'not-a-cmdlet' ? 'not-a-cmdlet' : this.removalFailures.shift();
        this.removals.push(id);
        if (failure === 'not-a-cmdlet')
          throw new ConnectorError('ERR_EXCHANGE_CMDLET_UNKNOWN', 'Remove-MobileDevice is not a cmdlet.');
        if (failure === 'refused') throw new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');
        if (failure === 'lost-before') throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The line broke.');
        await port.removePartnership(id, options);
        if (failure === 'lost-and-blind') this.unreadable = 1;
        if (failure !== undefined) throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The line broke.');
      },
      readLists: async (...call) => {
        if (this.unreadable > 0) {
          this.unreadable -= 1;
          throw new ConnectorError('ERR_HTTP_RESET', 'The line broke.');
        }
        return port.readLists(...call);
      },
      write: async (mailboxId, edit, options) => {
        if (this.refused.has(mailboxId.toLowerCase()))
          throw new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');
        const failure = this.failures.shift();
        if (failure === 'refused') throw new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');
        if (failure === 'lost-before') throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The line broke.');
        await port.write(mailboxId, edit, options);
        if (failure === 'lost-and-blind') this.unreadable = 1;
        if (failure === 'lost-after' || failure === 'lost-and-blind')
          throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The line broke.');
      },
    };
  }

  #mdmPort(port: MdmPort): MdmPort {
    const hear = (): void => {
      if (this.#shared.deaf.has(port.source)) throw new ConnectorError('ERR_GRAPH_FORBIDDEN', 'Graph said no.');
    };
    return {
      source: port.source,
      mdmPages: (reading) => (hear(), port.mdmPages(reading)),
      mdmRecord: async (id, options) => (hear(), port.mdmRecord(id, options)),
      devicesOfUsers: async (users, options) => {
        hear();
        this.asked += users.length;
        return port.devicesOfUsers(users, options);
      },
      groupMembers: (group, options) => (hear(), port.groupMembers(group, options)),
    };
  }

  async #keep(
    source: 'eas' | 'mdm',
    scope: string,
    pages: AsyncIterable<Page<EasRecord>> | AsyncIterable<Page<MdmRecord>>,
  ): Promise<void> {
    const { snapshots } = this.store;
    const startedAt = new Date(this.now()).toISOString();
    const reading = { id: this.#newId(), source, kind: 'full', scope, startedAt } as const;
    await snapshots.begin(reading);
    let told: Pick<Page<EasRecord>, 'gaps' | 'view'> = {};
    let read = 0;
    for await (const page of pages) {
      await snapshots.putPage(reading, page.records);
      read += page.records.length;
      told = page;
    }
    const { gaps, view } = told;
    const last = { ...reading, ...(gaps && { gaps }), ...(view && { view }) };
    const seen = source === 'eas' ? seenAfter(await snapshots.latest(source, scope), last, read) : {};
    await snapshots.commit({ ...reading, clock: OWN_CLOCK, ...seen });
  }

  #newId(): string {
    this.#ids += 1;
    return `${this.name}-${this.#ids}`;
  }
}

async function* onePage(records: readonly MdmRecord[]): AsyncGenerator<Page<MdmRecord>> {
  yield { records, last: true, total: records.length };
}

/** The EAS ID of a user's phone. */
export function easIdOf(alias: string): string {
  return `EAS${alias.toUpperCase()}0123456789ABCDEF`.slice(0, 26);
}

/** A user's phone as a mapped MDM has it. */
export function mappedRecord(source: string, alias: string): MdmRecord {
  const upn = `${alias}@contoso.example`;
  return anMdm({
    source,
    id: alias,
    easIds: [easIdOf(alias)],
    user: { upn, addresses: [upn] },
    device: { name: `iPhone of ${alias}` },
    enrolledAt: null,
    lastSeenAt: null,
  });
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
