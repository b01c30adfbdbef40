/**
 * Who is in the groups that rules name: from Graph, Active Directory or Exchange.
 * In: rules, and where groups are read. Out: the groups of a mailbox, or a problem. Changes: nothing.
 */
import { createHash } from 'node:crypto';
import type { GuardProblem } from '../../access/guard-plan.ts';
import type { Rule } from '../../access/rules.ts';
import { foldName } from '../../model/keys.ts';
import { isConnectorError } from '../../errors.ts';
import { foldAddress } from '../../model/keys.ts';
import type { EasRecord } from '../../model/records.ts';
import type { ExchangePort, GroupMember, MdmPort } from '../ports.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

/** Where groups are read. */
export interface GroupSources {
  readonly exchange: Pick<ExchangePort, 'groupMembers' | 'activeDirectory'>;
  /** Microsoft Graph; null: no tenant is chosen. */
  readonly directory: Pick<MdmPort, 'groupMembers'> | null;
}

/** The groups that rules in use name, as they write them, each once. */
export function groupsNamedBy(rules: readonly Rule[]): string[] {
  const named = rules
    .filter(({ disabled }) => disabled !== true)
    .flatMap(({ when }) => when.flatMap((condition) => (condition.field === 'group' ? condition.in : [])));
  return [...new Map(named.map((group) => [foldName(group), group.trim()])).values()];
}

/*
 *   written as               tenant chosen   Active Directory set   read from
 *   mail address             any             any                    Exchange, nested groups one by one
 *   GUID                     yes             any                    Graph, transitive: it is an object id
 *   GUID                     no              yes                    Active Directory, in chain
 *   GUID                     no              no                     Exchange
 *   distinguished name       any             yes                    Active Directory, also with an @ in it
 *   DOMAIN\name, name       any             yes                    Active Directory
 *   any of these three       yes             no                     Graph, which says that it wants an object id
 *   any of these three       no              no                     Exchange
 */
type Written = 'address' | 'guid' | 'name';

const SOURCES: Readonly<Record<Written, readonly (readonly ['any' | boolean, 'any' | boolean, GroupSource])[]>> = {
  address: [['any', 'any', 'exchange']],
  guid: [
    [true, 'any', 'graph'],
    [false, true, 'active-directory'],
    [false, false, 'exchange'],
  ],
  name: [
    ['any', true, 'active-directory'],
    [true, false, 'graph'],
    [false, false, 'exchange'],
  ],
};

/** Who is asked about a group. */
export type GroupSource = 'exchange' | 'graph' | 'active-directory';

/** Who is asked about a group that is written so. */
export function groupSourceOf(
  group: string,
  { hasTenant, hasActiveDirectory }: { readonly hasTenant: boolean; readonly hasActiveDirectory: boolean },
): GroupSource {
  const fits = (wanted: 'any' | boolean, is: boolean): boolean => wanted === 'any' || wanted === is;
  const row = SOURCES[writtenAs(group, hasActiveDirectory)].find(
    ([tenant, directory]) => fits(tenant, hasTenant) && fits(directory, hasActiveDirectory),
  );
  return row?.[2] ?? 'exchange';
}

// The names of Active Directory end with the parts of a domain. Without one, an @ makes an address, as it always did.
function writtenAs(group: string, hasActiveDirectory: boolean): Written {
  if (hasActiveDirectory && /^\s*[a-z][a-z0-9-]*\s*=.*,\s*dc\s*=[^,@]+$/i.test(group)) return 'name';
  if (group.includes('@')) return 'address';
  return /^\s*\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?\s*$/i.test(group) ? 'guid' : 'name';
}

/** A group that rules name, and how many it has. */
export interface GroupSize {
  /** As the rules write it. */
  readonly group: string;
  /** Its members and those of the groups in it, each once. */
  readonly members: number;
}

/** Membership of the groups that rules name; if one of them cannot be read, nothing is known. */
export class GroupMembership {
  readonly problem: GuardProblem | null;
  /** What was read; empty: one of them could not be. */
  readonly sizes: readonly GroupSize[];
  // Folded UPN, address or mailbox GUID → groups as rules write them.
  readonly #groupsOf: ReadonlyMap<string, ReadonlySet<string>>;

  #digest: string | null = null;

  private constructor(
    groupsOf: ReadonlyMap<string, ReadonlySet<string>>,
    sizes: readonly GroupSize[],
    problem: GuardProblem | null,
  ) {
    this.#groupsOf = groupsOf;
    this.sizes = sizes;
    this.problem = problem;
  }

  /** Reads the groups the rules name; null if they name none. Rejects only with ERR_ABORTED: what cannot be read is a problem. */
  static async read(
    rules: readonly Rule[],
    sources: GroupSources,
    signal: AbortSignal,
  ): Promise<GroupMembership | null> {
    const groups = groupsNamedBy(rules);
    if (groups.length === 0) return null;
    const groupsOf = new Map<string, Set<string>>();
    const sizes: GroupSize[] = [];
    for (const group of groups) {
      const ids = new Set<string>();
      try {
        for await (const member of membersOf(group, sources, signal)) {
          ids.add(member.id);
          for (const name of namesOf(member)) groupsOf.set(name, (groupsOf.get(name) ?? new Set()).add(group));
        }
      } catch (error) {
        if (signal.aborted) throw error;
        const text = sayIn(REPORT_SAYINGS_EN)('groups-unreadable', { name: group, said: messageOf(error) });
        return new GroupMembership(new Map(), [], { about: 'directory', code: 'ERR_DIRECTORY_UNREADABLE', text });
      }
      sizes.push({ group, members: ids.size });
    }
    return new GroupMembership(groupsOf, sizes, null);
  }

  /** Tells it from others, however they were read. */
  get digest(): string {
    if (this.problem !== null) return 'unreadable';
    if (this.#digest === null) {
      const members = [...this.#groupsOf].map(([member, groups]) => `${member}\n${[...groups].sort().join('\t')}`);
      this.#digest = createHash('sha256').update(members.sort().join('\n\n')).digest('hex');
    }
    return this.#digest;
  }

  /** The names of those who are in other groups than another membership has them in; null: it cannot be told. */
  othersThan(other: GroupMembership): string[] | null {
    if (this.problem !== null || other.problem !== null) return null;
    const members = new Set([...this.#groupsOf.keys(), ...other.#groupsOf.keys()]);
    const groupsOf = (of: GroupMembership, member: string): string =>
      [...(of.#groupsOf.get(member) ?? [])].sort().join('\n');
    return [...members].filter((member) => groupsOf(this, member) !== groupsOf(other, member));
  }

  /** The groups a mailbox's owner is in, by UPN, every address and the mailbox's GUID; null: unreadable. */
  of(mailbox: EasRecord['mailbox']): readonly string[] | null {
    if (this.problem !== null) return null;
    const groups = new Set<string>();
    for (const name of namesOf(mailbox)) for (const group of this.#groupsOf.get(name) ?? []) groups.add(group);
    return [...groups];
  }
}

function namesOf({ id, upn, addresses, address }: GroupMember & { readonly address?: string | null }): string[] {
  return [id, upn, address, ...addresses].flatMap((name) => (name ? [foldAddress(name)] : []));
}

function membersOf(
  group: string,
  { exchange, directory }: GroupSources,
  signal: AbortSignal,
): AsyncIterable<GroupMember> {
  const { activeDirectory } = exchange;
  const source = groupSourceOf(group, {
    hasTenant: directory !== null,
    hasActiveDirectory: activeDirectory !== undefined,
  });
  const asked = { exchange, graph: directory, 'active-directory': activeDirectory }[source] ?? exchange;
  return asked.groupMembers(group, { signal });
}

function messageOf(error: unknown): string {
  return isConnectorError(error) || error instanceof Error ? error.message : String(error);
}
