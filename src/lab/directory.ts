/** The simulated organization's users and groups, and how Exchange finds them by identity. */
import { foldAddress } from '../model/keys.ts';
import { domainComponents, escapeCanonical, escapeRdn } from './directory-names.ts';
import { Mailbox } from './mailboxes.ts';
import type { NewMailbox } from './mailboxes.ts';

/** A distribution (and cloud) group; members may be groups. */
export interface LabGroup {
  /** Object id in the cloud directory. */
  readonly id: string;
  /** objectGUID in Active Directory. */
  readonly guid: string;
  readonly name: string;
  readonly alias: string;
  readonly address: string;
  readonly distinguishedName: string;
  readonly canonicalName: string;
  members: readonly (Mailbox | LabGroup)[];
  /** OPATH over recipients, of a dynamic distribution group; null: its members are a list. */
  readonly filter: string | null;
}

/** A group to add. */
export interface NewGroup {
  readonly name: string;
  /** Default: the name without blanks, lower case. */
  readonly alias?: string;
  readonly address?: string;
  readonly members?: readonly (Mailbox | LabGroup)[];
  /** Makes it a dynamic one, whose members are whom this OPATH fits. */
  readonly filter?: string;
}

/** Users and groups by every name they go by. */
export class Directory {
  readonly domain: string;
  /** Every domain of the forest, the one that Exchange's servers are in first. */
  readonly domains: readonly string[];
  readonly #newId: () => string;
  readonly #byGuid = new Map<string, Mailbox>();
  readonly #byAddress = new Map<string, Mailbox>();
  readonly #byName = new Map<string, Mailbox>();
  readonly #byAlias = new Map<string, Mailbox>();
  readonly #groups = new Map<string, LabGroup>();

  constructor(domains: readonly [string, ...string[]], newId: () => string) {
    [this.domain] = domains;
    this.domains = domains;
    this.#newId = newId;
  }

  /** Adds a user. Throws RangeError if an address, UPN or alias is taken, or there is no such domain. */
  addMailbox(user: NewMailbox, now: number): Mailbox {
    const domain = user.domain ?? this.domain;
    if (!this.domains.includes(domain)) throw new RangeError(`The forest has no domain ${domain}.`);
    const home = `${user.alias}@${domain}`;
    const address = user.address ?? home;
    const upn = user.upn ?? home;
    const otherAddresses = user.addresses ?? [];
    const taken = [...new Set([address, upn, ...otherAddresses].map(foldAddress))];
    const clash = taken.find((name) => this.#byAddress.has(name));
    if (clash !== undefined) throw new RangeError(`The address ${clash} is already taken.`);
    const alias = user.alias.toLowerCase();
    if (this.#byAlias.has(alias)) throw new RangeError(`The alias ${user.alias} is already taken.`);
    const mailbox = new Mailbox({
      guid: this.#newId(),
      exchangeGuid: this.#newId(),
      userId: this.#newId(),
      alias: user.alias,
      name: this.#freeName(user.name ?? user.displayName, user.alias, domain),
      displayName: user.displayName,
      upn,
      address,
      otherAddresses,
      password: user.password ?? 'Passw0rd!',
      hasMailbox: user.hasMailbox ?? true,
      type: user.type ?? 'UserMailbox',
      activeSyncEnabled: user.activeSyncEnabled ?? true,
      remotePowerShell: user.remotePowerShell ?? false,
      cmdlets: user.cmdlets ?? null,
      domain,
      createdAt: now,
    });
    this.#byGuid.set(mailbox.guid, mailbox);
    this.#byName.set(pathOf(domain, mailbox.name), mailbox);
    this.#byAlias.set(alias, mailbox);
    for (const name of taken) this.#byAddress.set(name, mailbox);
    return mailbox;
  }

  /** Removes a user with all names. */
  removeMailbox(mailbox: Mailbox): void {
    this.#byGuid.delete(mailbox.guid);
    this.#byName.delete(pathOf(mailbox.domain, mailbox.name));
    this.#byAlias.delete(mailbox.alias.toLowerCase());
    for (const name of [mailbox.upn, ...mailbox.addresses]) this.#byAddress.delete(foldAddress(name));
  }

  /** Every user, mailbox or not, in order of creation. */
  users(): IterableIterator<Mailbox> {
    return this.#byGuid.values();
  }

  get userCount(): number {
    return this.#byGuid.size;
  }

  /** By GUID of the user. */
  byGuid(guid: string): Mailbox | null {
    return this.#byGuid.get(guid.toLowerCase()) ?? null;
  }

  /** By any SMTP address or the UPN. */
  byAddress(address: string): Mailbox | null {
    return this.#byAddress.get(foldAddress(address)) ?? null;
  }

  /** By any identity Exchange accepts: GUID, DN, canonical name, UPN, SMTP address, alias, DOMAIN\alias, name. */
  find(identity: string): Mailbox | null {
    const folded = identity.trim().toLowerCase();
    return (
      this.#byGuid.get(folded) ??
      this.#byAddress.get(folded) ??
      this.#byAlias.get(folded) ??
      this.#named(folded) ??
      this.#byAlias.get(this.#accountName(folded)) ??
      this.#byPath(folded)
    );
  }

  /** Adds a group. */
  addGroup(group: NewGroup): LabGroup {
    const alias = group.alias ?? group.name.replace(/\s+/g, '').toLowerCase();
    const added: LabGroup = {
      id: this.#newId(),
      guid: this.#newId(),
      name: group.name,
      alias,
      address: group.address ?? `${alias}@${this.domain}`,
      distinguishedName: `CN=${escapeRdn(group.name)},OU=Groups,${domainComponents(this.domain)}`,
      canonicalName: `${this.domain}/Groups/${escapeCanonical(group.name)}`,
      members: group.members ?? [],
      filter: group.filter ?? null,
    };
    this.#groups.set(added.id, added);
    return added;
  }

  /** Every group, in order of creation. */
  groups(): IterableIterator<LabGroup> {
    return this.#groups.values();
  }

  /** By either id, name, alias, address, DN or canonical name. */
  findGroup(identity: string): LabGroup | null {
    const folded = identity.trim().toLowerCase();
    for (const group of this.#groups.values()) {
      const names = [
        group.id,
        group.guid,
        group.name,
        group.alias,
        group.address,
        group.distinguishedName,
        group.canonicalName,
      ];
      if (names.some((name) => name.toLowerCase() === folded)) return group;
    }
    return null;
  }

  /** Two objects in one container cannot share a name. */
  #freeName(name: string, alias: string, domain: string): string {
    return this.#byName.has(pathOf(domain, name)) ? `${name} (${alias})` : name;
  }

  /** By the common name, in the first domain that has it. */
  #named(name: string): Mailbox | undefined {
    for (const domain of this.domains) {
      const found = this.#byName.get(pathOf(domain, name));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** `contoso\anna` → `anna`; the NetBIOS name is the first label of the domain. */
  #accountName(folded: string): string {
    const prefixes = this.domains.map((domain) => `${domain.split('.')[0]?.toLowerCase() ?? ''}\\`);
    const prefix = prefixes.find((one) => folded.startsWith(one));
    return prefix === undefined ? '' : folded.slice(prefix.length);
  }

  #byPath(folded: string): Mailbox | null {
    if (folded.startsWith('cn=')) {
      const name = /^cn=((?:\\.|[^,\\])+),/.exec(folded)?.[1]?.replace(/\\(.)/g, '$1') ?? '';
      const found = this.domains.map((domain) => this.#byName.get(pathOf(domain, name)));
      return found.find((one) => one?.distinguishedName.toLowerCase() === folded) ?? null;
    }
    const domain = this.domains.find((one) => folded.startsWith(`${one.toLowerCase()}/users/`));
    if (domain === undefined) return null;
    const name = folded.slice(`${domain}/users/`.length).replace(/\\\//g, '/');
    return this.#byName.get(pathOf(domain, name)) ?? null;
  }
}

/** What no two users share: their domain and their common name. */
function pathOf(domain: string, name: string): string {
  return `${domain}/${name}`.toLowerCase();
}

/** Users of a group and of the groups in it, each once. */
export function transitiveMembers(group: LabGroup): Mailbox[] {
  const seenGroups = new Set<LabGroup>();
  const found = new Set<Mailbox>();
  const queue: LabGroup[] = [group];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seenGroups.has(next)) continue;
    seenGroups.add(next);
    for (const member of next.members) {
      if (member instanceof Mailbox) found.add(member);
      else queue.push(member);
    }
  }
  return [...found];
}
