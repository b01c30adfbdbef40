/**
 * Exchange's allow/block/quarantine as the far end of these tests, written from the reference: evaluation order of
 * TechNet's "Understanding device access" (personal blocked list, personal allowed list, default level), state
 * recomputed only when the device syncs, Set-CASMailbox with Add and Remove. It can fail before or after a write.
 */
import { ConnectorError } from '../../src/errors.ts';
import type { AccessWriter } from '../../src/access/apply.ts';
import type { ListEdit, PersonalLists } from '../../src/model/personal-lists.ts';
import type { AccessState, EasRecord } from '../../src/model/records.ts';

type Failure = 'refused' | 'lost-before' | 'lost-after';

interface Partnership {
  readonly record: EasRecord;
  state: AccessState;
  reason: string;
}

export class ExchangeModel implements AccessWriter {
  defaultState: AccessState = 'allowed';
  /** What goes wrong with the next writes, in turn. */
  readonly failures: Failure[] = [];
  /** The lists cannot be read this many times. */
  unreadable = 0;
  /** Every edit that arrived. */
  readonly writes: { readonly mailboxId: string; readonly edit: ListEdit }[] = [];
  readonly #lists = new Map<string, { allowed: string[]; blocked: string[] }>();
  readonly #partnerships = new Map<string, Partnership>();

  /** The phone syncs: makes its partnership at first contact, and its state is evaluated anew. */
  sync(record: EasRecord): void {
    const { state, reason } = this.#evaluate(record);
    this.#partnerships.set(record.key, { record, state, reason });
  }

  /** An administrator edits a list. */
  edit(mailboxId: string, list: 'allowed' | 'blocked', add: readonly string[], remove: readonly string[] = []): void {
    const lists = this.#of(mailboxId);
    lists[list] = edited(lists[list], { add, remove });
  }

  /** What a sync of the connector reads. */
  records(): EasRecord[] {
    return [...this.#partnerships.values()].map(({ record, state, reason }) => {
      const lists = this.#of(record.mailbox.id);
      const listed = has(lists.blocked, record.easId) ? 'blocked' : has(lists.allowed, record.easId) ? 'allowed' : null;
      return { ...record, access: { state, reason, listed } };
    });
  }

  /** The state the phone will have at its next sync. */
  stateAtNextSync(record: EasRecord): AccessState {
    return this.#evaluate(record).state;
  }

  /** All lists, sorted, without empty ones: for comparing whole. */
  lists(): Record<string, PersonalLists> {
    const all = [...this.#lists].filter(([, { allowed, blocked }]) => allowed.length + blocked.length > 0);
    return Object.fromEntries(
      all.map(([id, { allowed, blocked }]) => [id, { allowed: [...allowed].sort(), blocked: [...blocked].sort() }]),
    );
  }

  async readLists(mailboxId: string): Promise<PersonalLists> {
    if (this.unreadable > 0) {
      this.unreadable--;
      throw new ConnectorError('ERR_HTTP_RESET', 'The connection broke.');
    }
    const { allowed, blocked } = this.#of(mailboxId);
    return { allowed: [...allowed], blocked: [...blocked] };
  }

  async write(mailboxId: string, edit: ListEdit): Promise<void> {
    const failure = this.failures.shift();
    if (failure === 'refused') throw new ConnectorError('ERR_EXCHANGE_CMDLET', 'Exchange said no.');
    if (failure === 'lost-before') throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The connection broke.');
    this.writes.push({ mailboxId, edit });
    const lists = this.#of(mailboxId);
    lists.allowed = edited(lists.allowed, edit.allowed);
    lists.blocked = edited(lists.blocked, edit.blocked);
    if (failure === 'lost-after') throw new ConnectorError('ERR_EXCHANGE_OUTCOME_UNKNOWN', 'The connection broke.');
  }

  #evaluate(record: EasRecord): { state: AccessState; reason: string } {
    const lists = this.#of(record.mailbox.id);
    if (has(lists.blocked, record.easId)) return { state: 'blocked', reason: 'individual' };
    if (has(lists.allowed, record.easId)) return { state: 'allowed', reason: 'individual' };
    return { state: this.defaultState, reason: 'global' };
  }

  #of(mailboxId: string): { allowed: string[]; blocked: string[] } {
    const lists = this.#lists.get(mailboxId) ?? { allowed: [], blocked: [] };
    this.#lists.set(mailboxId, lists);
    return lists;
  }
}

function has(list: readonly string[], easId: string): boolean {
  return list.some((entry) => entry.toLowerCase() === easId.toLowerCase());
}

// Add skips what is there; Remove takes the entry as spelled.
function edited(list: readonly string[], change: ListEdit['allowed']): string[] {
  const kept = list.filter((entry) => !change?.remove?.includes(entry));
  return [...kept, ...(change?.add ?? []).filter((id) => !has(kept, id))];
}
