/** What an administrator gives accounts in the simulated organization: roles with their entries, and the groups that have them. */

/** Parameters that an entry gives; null: all that the cmdlet has. */
type RoleEntry = readonly string[] | null;

interface Role {
  readonly name: string;
  readonly parent: string;
  /** By the cmdlet's name, as written. */
  readonly entries: Map<string, RoleEntry>;
}

export interface RoleGroup {
  readonly name: string;
  readonly roles: readonly string[];
  /** GUIDs of its members. */
  readonly members: readonly string[];
}

/** The built-in roles that roles of one's own are made of here ("View-Only Recipients role" and so on, learn). */
const BUILT_IN = ['Mail Recipients', 'View-Only Recipients', 'View-Only Configuration'];

const folded = (name: string): string => name.trim().toLowerCase();

/** See the module. */
export class ManagementRoles {
  readonly #roles = new Map<string, Role>();
  readonly #groups = new Map<string, RoleGroup>();

  isBuiltIn(name: string): boolean {
    return BUILT_IN.some((one) => folded(one) === folded(name));
  }

  hasRole(name: string): boolean {
    return this.#roles.has(folded(name)) || this.isBuiltIn(name);
  }

  addRole(name: string, parent: string, cmdlets: readonly string[]): void {
    this.#roles.set(folded(name), { name, parent, entries: new Map(cmdlets.map((cmdlet) => [cmdlet, null])) });
  }

  /** @returns false: there is none of one's own of that name */
  removeRole(name: string): boolean {
    return this.#roles.delete(folded(name));
  }

  /**
   * Sets what an entry gives. @param identity `role\cmdlet`
   * @param isNew whether the role may be without it before
   * @returns false: there is no such role, or no such entry
   */
  setEntry(identity: string, parameters: readonly string[], isNew: boolean): boolean {
    const at = identity.lastIndexOf('\\');
    const [roleName, cmdlet] = [identity.slice(0, Math.max(at, 0)), identity.slice(at + 1)];
    const role = this.#roles.get(folded(roleName));
    const known = [...(role?.entries.keys() ?? [])].find((name) => folded(name) === folded(cmdlet));
    if (role === undefined || (known === undefined && !isNew)) return false;
    role.entries.set(known ?? cmdlet, parameters.length === 0 ? null : parameters);
    return true;
  }

  addGroup(group: RoleGroup): void {
    this.#groups.set(folded(group.name), group);
  }

  /** The group that was there; null: there was none. */
  removeGroup(name: string): RoleGroup | null {
    const group = this.#groups.get(folded(name)) ?? null;
    this.#groups.delete(folded(name));
    return group;
  }

  /** The entries that an account's groups give it, as {@link import('./exchange-cmdlets.ts').LabCaller} has them. */
  cmdletsOf(guid: string): readonly string[] {
    return [...this.#groups.values()]
      .filter(({ members }) => members.includes(guid))
      .flatMap(({ roles }) => roles.flatMap((name) => [...(this.#roles.get(folded(name))?.entries ?? [])]))
      .map(([cmdlet, parameters]) => [cmdlet, ...(parameters ?? []).map((name) => `-${name}`)].join(' '));
  }
}
