/** The mailboxes of one reading by distinguished name: with the ids of {@link restartRead}, all that a reading keeps in memory. */
import { isConnectorError } from '../errors.ts';
import type { ConnectorError } from '../errors.ts';
import { GapCollector } from './gap-collector.ts';
import { pastGaps } from './past-gaps.ts';
import { getCasMailbox, isOfExchange, WITH_DEVICES } from './cmdlets/get-cas-mailbox.ts';
import type { CasMailbox } from './cmdlets/get-cas-mailbox.ts';
import type { Filter } from './cmdlets/filter.ts';
import { getUser, WITH_MAILBOX } from './cmdlets/get-user.ts';
import { isNotFound } from './cmdlet-error.ts';
import { distinguishedNameKey } from './distinguished-name.ts';
import type { MailboxEntry } from './eas-record.ts';
import { MailboxTable } from './mailbox-table.ts';
import type { TableMailbox } from './mailbox-table.ts';
import { readWhole, restartRead } from './restart-read.ts';
import type { CmdletOptions, CmdletTransport, Effort } from './transport.ts';

/** What is known of a mailbox whose user was not read. */
const NO_USER = { upn: null, type: null } as const;

interface MailboxOptions extends CmdletOptions {
  /** What the server cannot give; without it an error record is thrown. */
  readonly gaps?: GapCollector;
  /** The account could read users before. */
  readonly usersKnown?: boolean;
}

/** Reads mailboxes and keeps what EAS records need of them. */
export class MailboxMap {
  private readonly transport: CmdletTransport;
  private readonly options: MailboxOptions;
  private readonly withUpn: boolean;
  private readonly byName = new MailboxTable();
  /** Names that were looked for and are not there. */
  private readonly missing = new Set<string>();
  /** GUIDs of mailboxes that are in gaps, by name. */
  private readonly ids = new Map<string, string>();
  /** Exchange could not give the users of some mailboxes, and did not say of which. */
  lacksUsers = false;

  constructor(transport: CmdletTransport, withUpn: boolean, options: MailboxOptions) {
    this.transport = transport;
    this.withUpn = withUpn;
    this.options = options;
  }

  get size(): number {
    return this.byName.size;
  }

  /** The mailbox with this distinguished name, in any spelling; undefined if it was not read. */
  find(distinguishedName: string): TableMailbox | undefined {
    return this.byName.find(distinguishedNameKey(distinguishedName));
  }

  /** True if {@link readOne} already looked for it, found or not. */
  knows(distinguishedName: string): boolean {
    const key = distinguishedNameKey(distinguishedName);
    return this.byName.has(key) || this.missing.has(key);
  }

  /** The GUID of a mailbox that was read, or that {@link readAll} or {@link findId} has come across. @param key of its name */
  idOf(key: string): string | null {
    return this.byName.get(key)?.id ?? this.ids.get(key) ?? null;
  }

  /** Looks for the GUID of a mailbox in a gap: it, or its user, may be read. @returns false: neither was found */
  async findId(distinguishedName: string): Promise<boolean> {
    const query = { identity: distinguishedName };
    const reads = [getCasMailbox, getUser].map((get) => (effort: Effort): AsyncIterable<{ readonly id: string }> => {
      return get(this.transport, query, { ...this.options, effort });
    });
    const key = distinguishedNameKey(distinguishedName);
    for (const read of reads) {
      if (this.idOf(key) !== null) break;
      try {
        for (const { id } of await readWhole(read)) this.ids.set(key, id);
      } catch (error) {
        if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET') && !isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN'))
          throw error;
      }
    }
    return this.idOf(key) !== null;
  }

  /** Reads every mailbox with a partnership: one call, and one more for the sign-in names and types. */
  async readAll(scope: Filter | undefined): Promise<void> {
    const filter = scope === undefined ? WITH_DEVICES : { all: [WITH_DEVICES, scope] };
    const read = (effort: Effort) => this.past(effort, (options) => getCasMailbox(this.transport, { filter }, options));
    for await (const mailbox of restartRead(read, { ...this.options, mayRepeat: true })) this.keep(mailbox, NO_USER);
    const isAny = this.size > 0 || this.options.gaps?.isEmpty === false;
    if (!this.withUpn || !isAny) return;
    const refused = await this.unlessRefused(() => this.readAllUsers());
    // An account that never might ask goes without; one that may, or might, and is not answered does not know who they are.
    if (this.options.gaps && (isConnectorError(refused, 'ERR_EXCHANGE_CMDLET') || this.hasLost(refused)))
      this.lacksUsers = true;
  }

  private past<T>(effort: Effort, read: (options: CmdletOptions) => AsyncIterable<T>): AsyncIterable<T> {
    const { gaps, usersKnown: _, ...options } = this.options;
    return gaps === undefined ? read({ ...options, effort }) : pastGaps(read, { ...options, effort }, gaps);
  }

  /** Reads one mailbox by GUID or distinguished name; null if Exchange has no such mailbox, or it is one of Exchange's own. */
  async readOne(identity: string): Promise<(MailboxEntry & { readonly distinguishedName: string }) | null> {
    const mailbox = await this.findOne(identity);
    if (mailbox === null || isOfExchange(mailbox)) {
      this.missing.add(distinguishedNameKey(identity));
      return null;
    }
    const entry = this.keep(mailbox, await this.userOf(mailbox));
    return { ...entry, distinguishedName: mailbox.distinguishedName };
  }

  /** Reads to the end before anything else is asked: with one shell a call inside another would wait for itself. */
  private async findOne(identity: string): Promise<CasMailbox | null> {
    let found: CasMailbox | null = null;
    try {
      const read = (effort: Effort) => getCasMailbox(this.transport, { identity }, { ...this.options, effort });
      for (const mailbox of await readWhole(read)) found = mailbox;
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return found;
  }

  private keep(mailbox: CasMailbox, user: Pick<MailboxEntry, 'upn' | 'type'>): MailboxEntry {
    const { id, displayName, address, addresses, allowedDeviceIds, blockedDeviceIds } = mailbox;
    const entry = {
      id,
      displayName,
      address,
      addresses,
      allowedDeviceIds,
      blockedDeviceIds,
      upn: user.upn,
      type: user.type,
    };
    this.byName.set(distinguishedNameKey(mailbox.distinguishedName), entry);
    return entry;
  }

  private async readAllUsers(): Promise<void> {
    const { gaps, usersKnown: _, ...options } = this.options;
    const ofUsers = new GapCollector();
    const read = (effort: Effort) =>
      pastGaps(
        (watched) => getUser(this.transport, { filter: WITH_MAILBOX }, watched),
        { ...options, effort },
        ofUsers,
      );
    for await (const user of restartRead(read, { ...this.options, mayRepeat: true })) {
      const key = distinguishedNameKey(user.distinguishedName);
      this.byName.setUser(key, user);
      if (gaps?.mayBeOf(key)) this.ids.set(key, user.id);
    }
    this.lacksUsers = gaps?.addUsers(ofUsers, (key) => this.byName.has(key)) ?? false;
  }

  private async userOf({
    id,
    distinguishedName,
  }: Pick<CasMailbox, 'id' | 'distinguishedName'>): Promise<Pick<MailboxEntry, 'upn' | 'type'>> {
    let found: Pick<MailboxEntry, 'upn' | 'type'> = NO_USER;
    if (!this.withUpn) return found;
    const refused = await this.unlessRefused(async () => {
      const read = (effort: Effort) =>
        getUser(this.transport, { identity: distinguishedName }, { ...this.options, effort });
      try {
        for (const user of await readWhole(read)) found = user;
      } catch (error) {
        if (this.options.gaps === undefined || !isConnectorError(error, 'ERR_EXCHANGE_CMDLET')) throw error;
        this.options.gaps.addErrors([error], { name: distinguishedName });
      }
    });
    if (this.hasLost(refused)) this.options.gaps?.addMailbox(id);
    return found;
  }

  /** True for the refusal of an account that could read users before. */
  private hasLost(refused: ConnectorError | null): boolean {
    return this.options.usersKnown === true && isConnectorError(refused, 'ERR_EXCHANGE_CMDLET_UNKNOWN');
  }

  /** Sign-in names and types help but are not all there is to it: an account without the right to Get-User still syncs. */
  private async unlessRefused(read: () => Promise<void>): Promise<ConnectorError | null> {
    try {
      await read();
      return null;
    } catch (error) {
      if (!isConnectorError(error, 'ERR_EXCHANGE_CMDLET') && !isConnectorError(error, 'ERR_EXCHANGE_CMDLET_UNKNOWN'))
        throw error;
      this.options.onWarning?.(`User principal names and mailbox types could not be read: ${error.message}`);
      return error;
    }
  }
}
