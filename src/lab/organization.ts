/**
 * One simulated organization: users, mailboxes, phones, the MDM's devices, and Exchange's decisions about them.
 * In process, no sockets. Deterministic when a clock and an id source are handed in.
 */
import { EventEmitter } from 'node:events';
import { createHash, randomUUID } from 'node:crypto';
import type { CmdletValue } from '../exchange/transport.ts';
import { foldEasId } from '../model/keys.ts';
import { evaluateAccess, listNames } from './access-evaluation.ts';
import type { AccessHold, AccessLevel, AccessVerdict, DeviceAccessRule } from './access-evaluation.ts';
import { BrokenObjects } from './broken-objects.ts';
import { Directory } from './directory.ts';
import type { LabGroup, NewGroup } from './directory.ts';
import { applyListEdit } from './list-edit.ts';
import type { ListEdit } from './list-edit.ts';
import type { LabWrite, OrganizationChange } from './organization-change.ts';
import { accessNotice } from './exchange-notices.ts';
import type { LabMessage, Mailbox, MessageToDeliver, NewMailbox } from './mailboxes.ts';
import { graphTime, newManagedDevice, NO_GRACE_PERIOD } from './managed-devices.ts';
import type { DirectoryDevices } from './directory-devices.ts';
import { EnrolledDevices } from './enrolled-devices.ts';
import type { ComplianceState, Enrollment, LabMdm, ManagedDevice } from './managed-devices.ts';
import { Partnership } from './mailboxes.ts';
import type { SyncResult } from './mailboxes.ts';
import type { PhoneSync } from './phone-sync.ts';
import { ManagementRoles } from './management-roles.ts';
import { GLOBAL_THROTTLING_POLICY } from './throttling-policy.ts';
import type { LabThrottlingPolicy } from './throttling-policy.ts';

/** How the organization is set up. */
export interface OrganizationOptions {
  /** DNS name of the Active Directory domain and mail domain. Default contoso.example. */
  readonly domain?: string;
  /** DNS names of further domains of the forest, without Exchange servers of their own. Default none. */
  readonly otherDomains?: readonly string[];
  /** Milliseconds since 1970. Default the system's clock. */
  readonly now?: () => number;
  /** GUIDs, lower case. Default random; see {@link sequentialIds}. */
  readonly newId?: () => string;
  /**
   * Assumption: a device's state is evaluated anew at its next sync and also directly when Set-CASMailbox names it in a list
   * (the Exchange admin center shows the new state at once). False: only at the next sync.
   */
  readonly stateFollowsLists?: boolean;
  /** Exchange mails the user itself when it blocks or quarantines a device. Default false, so that inboxes show our mails only. */
  readonly exchangeNotices?: boolean;
  /** Default Allow, as a new Exchange has it. */
  readonly defaultAccessLevel?: AccessLevel;
}

export type { LabWrite, OrganizationChange } from './organization-change.ts';

/** GUIDs that count up: the same organization gets the same ids every time. */
export function sequentialIds(seed = 1): () => string {
  let counter = 0;
  const prefix = (seed >>> 0).toString(16).padStart(8, '0');
  return () => {
    counter += 1;
    return `${prefix}-0000-4000-8000-${counter.toString(16).padStart(12, '0')}`;
  };
}

/** A mail domain of the organization; the first one is the default. */
export interface LabAcceptedDomain {
  readonly name: string;
  readonly type: 'Authoritative' | 'InternalRelay' | 'ExternalRelay';
}

/** The organization. Emits `change` with an {@link OrganizationChange} after each change. */
export class Organization extends EventEmitter<{ change: [OrganizationChange] }> {
  readonly domain: string;
  /** What the organization was called when Exchange was set up. */
  readonly name: string;
  /** GUID of the organization itself: the same for a domain whenever it is made anew. */
  readonly id: string;
  readonly directory: Directory;
  /** Device access rules, see {@link addDeviceRule}. They reach a device at its next sync. */
  readonly deviceRules: DeviceAccessRule[] = [];
  /** Every accepted Set-CASMailbox call, oldest first. */
  readonly writes: LabWrite[] = [];
  /** Objects that Exchange cannot read, or complains about. */
  readonly broken = new BrokenObjects();
  /**
   * GUIDs of mailboxes that nobody's role lets change, though everybody may read them: as in an exclusive scope of others
   * (https://learn.microsoft.com/exchange/understanding-exclusive-scopes-exchange-2013-help).
   */
  readonly outOfScope = new Set<string>();
  /** Set-ActiveSyncOrganizationSettings -UserMailInsert. */
  userMailInsert = '';
  /** Set-ActiveSyncOrganizationSettings -AdminMailRecipients. */
  adminMailRecipients: readonly string[] = [];
  /** What Get-ThrottlingPolicy gives; a new Exchange has the global one alone. */
  readonly throttlingPolicies: LabThrottlingPolicy[] = [GLOBAL_THROTTLING_POLICY];
  /** Roles of one's own, and who has them. */
  readonly roles = new ManagementRoles();
  /** What Get-AcceptedDomain gives: at first the domains of the forest, by name. */
  readonly acceptedDomains: LabAcceptedDomain[];
  readonly stateFollowsLists: boolean;
  readonly #exchangeNotices: boolean;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #partnerships = new Map<string, Partnership>();
  readonly #enrolled = new EnrolledDevices();
  #defaultAccessLevel: AccessLevel;

  constructor(options: OrganizationOptions = {}) {
    super();
    this.domain = options.domain ?? 'contoso.example';
    this.name = this.domain.split('.')[0] ?? this.domain;
    this.id = guidOfDomain(this.domain);
    const { otherDomains = [] } = options;
    this.acceptedDomains = [this.domain, ...otherDomains].map((name) => ({ name, type: 'Authoritative' }));
    this.#now = options.now ?? Date.now;
    this.#newId = options.newId ?? randomUUID;
    this.stateFollowsLists = options.stateFollowsLists ?? true;
    this.#exchangeNotices = options.exchangeNotices ?? false;
    this.#defaultAccessLevel = options.defaultAccessLevel ?? 'Allow';
    this.directory = new Directory([this.domain, ...otherDomains], this.#newId);
  }

  /** The organization's clock, milliseconds since 1970. */
  now(): number {
    return this.#now();
  }

  /** A new GUID from the organization's id source. */
  newId(): string {
    return this.#newId();
  }

  // ── users, mailboxes, mail ────────────────────────────────────────────────

  /** Adds a user, normally with a mailbox. Throws RangeError if a name is taken. */
  addMailbox(user: NewMailbox): Mailbox {
    return this.directory.addMailbox(user, this.#now());
  }

  /** Removes a user, the mailbox and its device partnerships. */
  removeMailbox(mailbox: Mailbox): void {
    for (const partnership of mailbox.partnerships) this.removePartnership(partnership);
    this.directory.removeMailbox(mailbox);
  }

  addGroup(group: NewGroup): LabGroup {
    return this.directory.addGroup(group);
  }

  /** The user with this SMTP address or UPN, with or without a mailbox. */
  mailboxByAddress(address: string): Mailbox | null {
    return this.directory.byAddress(address);
  }

  /** The user if name (UPN, address, alias, DOMAIN\alias) and password fit. */
  authenticate(name: string, password: string): Mailbox | null {
    const user = this.directory.find(name);
    return user !== null && user.password === password ? user : null;
  }

  /** Delivers a mail; false if no mailbox here has that address (a user without a mailbox counts as none). */
  deliver(mail: MessageToDeliver): boolean {
    const mailbox = this.directory.byAddress(mail.to);
    if (mailbox === null || !mailbox.hasMailbox) return false;
    const message: LabMessage = {
      id: this.#newId(),
      at: this.#isoNow(),
      from: mail.from,
      to: mail.to,
      subject: mail.subject,
      text: mail.text ?? '',
      html: mail.html ?? null,
      headers: mail.headers ?? {},
      raw: mail.raw ?? null,
    };
    mailbox.messages = [...mailbox.messages, message];
    this.emit('change', { type: 'mail', mailbox, message });
    return true;
  }

  /** Mails of a mailbox, oldest first; empty if there is no such mailbox. */
  inbox(address: string): readonly LabMessage[] {
    return this.directory.byAddress(address)?.messages ?? [];
  }

  // ── phones and Exchange's decisions ───────────────────────────────────────

  /** Every device partnership, oldest first. */
  partnerships(): IterableIterator<Partnership> {
    return this.#partnerships.values();
  }

  get partnershipCount(): number {
    return this.#partnerships.size;
  }

  /** By GUID of the device object. */
  partnershipByGuid(guid: string): Partnership | null {
    return this.#partnerships.get(guid.toLowerCase()) ?? null;
  }

  /** The partnership of a mailbox (any address) and EAS ID; of several DeviceTypes the newest one. */
  partnership(address: string, deviceId: string): Partnership | null {
    const mailbox = this.directory.byAddress(address);
    const folded = foldEasId(deviceId);
    return mailbox?.partnerships.findLast((partnership) => foldEasId(partnership.deviceId) === folded) ?? null;
  }

  /**
   * One ActiveSync request of a phone: makes the partnership on first contact and evaluates access anew.
   * Throws RangeError if no user has that address.
   */
  syncPhone(phone: PhoneSync): SyncResult {
    const mailbox = this.directory.byAddress(phone.mailbox);
    if (mailbox === null) throw new RangeError(`No user has the address ${phone.mailbox}.`);
    if (phone.password !== undefined && phone.password !== mailbox.password) return refused(401);
    // Without a mailbox or with ActiveSync off the request ends before there is a partnership (steps 1 and 2).
    if (!mailbox.hasMailbox || !mailbox.activeSyncEnabled) return refused(403);
    const partnership = partnershipOf(mailbox, phone);
    const synced = partnership === null ? this.#firstContact(mailbox, phone) : this.#nextContact(partnership, phone);
    const httpStatus = synced.state === 'blocked' ? 403 : 200;
    if (httpStatus === 200) synced.lastSuccessfulSyncAt = this.#now();
    this.emit('change', { type: 'sync', partnership: synced, httpStatus });
    return { state: synced.state, reason: synced.reason, httpStatus, partnership: synced };
  }

  /** Sets or ends (null) a state that Exchange keeps for a while: discovery, upgrade, an automatic block. */
  holdAccess(partnership: Partnership, hold: AccessHold | null): void {
    partnership.hold = hold;
    this.#evaluate(partnership);
  }

  /** Organization-wide default; a change hits existing devices at once except those under a rule or list. */
  get defaultAccessLevel(): AccessLevel {
    return this.#defaultAccessLevel;
  }

  set defaultAccessLevel(level: AccessLevel) {
    this.#defaultAccessLevel = level;
    for (const partnership of this.#partnerships.values()) {
      if (partnership.reason === 'global') this.#evaluate(partnership);
    }
  }

  /** Adds a device access rule; its name is Exchange's: `iPhone (DeviceType)`. */
  addDeviceRule(rule: Omit<DeviceAccessRule, 'name'>): DeviceAccessRule {
    const added = { ...rule, name: `${rule.queryString} (${rule.characteristic})` };
    this.deviceRules.push(added);
    return added;
  }

  /** Set-CASMailbox: edits the personal lists, logs the call. True if anything changed. */
  setCasMailbox(mailbox: Mailbox, edits: CasMailboxEdits, parameters: Readonly<Record<string, CmdletValue>>): boolean {
    const allowed =
      edits.allowed === undefined ? mailbox.allowedDeviceIds : applyListEdit(mailbox.allowedDeviceIds, edits.allowed);
    const blocked =
      edits.blocked === undefined ? mailbox.blockedDeviceIds : applyListEdit(mailbox.blockedDeviceIds, edits.blocked);
    const enabled = edits.activeSyncEnabled ?? mailbox.activeSyncEnabled;
    const changed =
      !sameTexts(allowed, mailbox.allowedDeviceIds) ||
      !sameTexts(blocked, mailbox.blockedDeviceIds) ||
      enabled !== mailbox.activeSyncEnabled;
    const write: LabWrite = { at: this.#isoNow(), mailbox: mailbox.guid, address: mailbox.address, parameters };
    this.writes.push(write);
    if (changed) {
      const named = mailbox.partnerships.filter(
        ({ deviceId }) =>
          listNames(allowed, deviceId) !== listNames(mailbox.allowedDeviceIds, deviceId) ||
          listNames(blocked, deviceId) !== listNames(mailbox.blockedDeviceIds, deviceId),
      );
      mailbox.allowedDeviceIds = allowed;
      mailbox.blockedDeviceIds = blocked;
      mailbox.activeSyncEnabled = enabled;
      mailbox.changedAt = this.#now();
      if (this.stateFollowsLists) for (const partnership of named) this.#evaluate(partnership);
    }
    this.emit('change', { type: 'write', write });
    return changed;
  }

  /** From now on Get-CASMailbox reads from a domain controller that hears of no list edited after this, until {@link catchUp}. */
  fallBehind(): void {
    for (const mailbox of this.directory.users()) {
      const { allowedDeviceIds, blockedDeviceIds } = mailbox;
      mailbox.listsBehind = { allowedDeviceIds, blockedDeviceIds };
    }
  }

  /** The domain controller has heard of everything. */
  catchUp(): void {
    for (const mailbox of this.directory.users()) mailbox.listsBehind = null;
  }

  /** Remove-MobileDevice: the partnership goes, list entries stay (KB 4090814). */
  removePartnership(partnership: Partnership): void {
    this.#partnerships.delete(partnership.guid);
    const { mailbox } = partnership;
    mailbox.partnerships = mailbox.partnerships.filter((other) => other !== partnership);
    this.emit('change', { type: 'removed', partnership });
  }

  /** Clear-MobileDevice: asks the phone to wipe itself (or only the account) at its next sync. */
  requestWipe(partnership: Partnership, accountOnly: boolean): void {
    partnership.wipeRequestedAt = this.#now();
    partnership.wipeAccountOnly = accountOnly;
    partnership.changedAt = this.#now();
    this.emit('change', { type: 'wipe', partnership, accountOnly });
  }

  /** Clear-MobileDevice -Cancel: takes a wipe back that the phone has not fetched yet. */
  cancelWipe(partnership: Partnership): void {
    partnership.wipeRequestedAt = null;
    partnership.wipeAccountOnly = false;
    partnership.changedAt = this.#now();
  }

  // ── the MDMs ───────────────────────────────────────────────────────────────

  /** Every device of the Intune tenant by its id, oldest first. */
  get managedDevices(): ReadonlyMap<string, ManagedDevice> {
    return this.enrolledIn('intune');
  }

  /** Every device of one MDM by its id, oldest first. */
  enrolledIn(mdm: LabMdm): ReadonlyMap<string, ManagedDevice> {
    return this.#enrolled.of(mdm);
  }

  /** The devices that the directory of an MDM's tenant has. */
  directoryDevices(mdm: LabMdm): DirectoryDevices {
    return this.#enrolled.directoryOf(mdm);
  }

  /** Enrolls a device. The user need not have a mailbox here. */
  enroll(enrollment: Enrollment): ManagedDevice {
    const user = this.directory.byAddress(enrollment.upn);
    const device = newManagedDevice(enrollment, {
      id: enrollment.id ?? this.#newId(),
      azureADDeviceId: enrollment.azureADDeviceId ?? this.#newId(),
      userId: enrollment.userId ?? user?.userId ?? this.#newId(),
      emailAddress: enrollment.emailAddress ?? user?.address ?? enrollment.upn,
      userDisplayName: enrollment.userDisplayName ?? user?.displayName ?? '',
      now: this.#now(),
    });
    this.#enrolled.add(enrollment.mdm ?? 'intune', device);
    this.emit('change', { type: 'enrolled', device });
    return device;
  }

  /** Removes an enrolled device; false if there is none of that id. */
  unenroll(id: string): boolean {
    const device = this.#enrolled.find(id);
    if (device === undefined) return false;
    this.#enrolled.remove(id);
    this.emit('change', { type: 'unenrolled', device });
    return true;
  }

  /** Sets the compliance state; `graceUntil` (ISO 8601) for inGracePeriod. Throws RangeError for an unknown id. */
  setCompliance(id: string, state: ComplianceState, graceUntil?: string): ManagedDevice {
    return this.updateManagedDevice(id, {
      complianceState: state,
      complianceGracePeriodExpirationDateTime: graceUntil ?? NO_GRACE_PERIOD,
    });
  }

  /** Changes properties of an enrolled device; it checks in with it. Throws RangeError for an unknown id. */
  updateManagedDevice(id: string, changes: Partial<ManagedDevice>): ManagedDevice {
    const device = this.#enrolled.find(id);
    if (device === undefined) throw new RangeError(`No managed device has the id ${id}.`);
    const changed = { ...device, lastSyncDateTime: graphTime(this.#now()), ...changes, id };
    this.#enrolled.replace(changed);
    this.emit('change', { type: 'compliance', device: changed });
    return changed;
  }

  // ── inside ────────────────────────────────────────────────────────────────

  #isoNow(): string {
    return new Date(this.#now()).toISOString();
  }

  #firstContact(mailbox: Mailbox, phone: PhoneSync): Partnership {
    const partnership = new Partnership(this.#newId(), mailbox, phone, this.#now());
    this.#partnerships.set(partnership.guid, partnership);
    mailbox.partnerships = [...mailbox.partnerships, partnership];
    this.emit('change', { type: 'partnership', partnership });
    this.#evaluate(partnership);
    return partnership;
  }

  #nextContact(partnership: Partnership, phone: PhoneSync): Partnership {
    partnership.lastSyncAttemptAt = this.#now();
    if (partnership.takeHeaders(phone)) partnership.changedAt = this.#now();
    // A blocked phone is turned away before it can tell its new OS or model, so a block rule on those sticks
    // (practical365: "is quarantine smarter than block").
    if (partnership.state !== 'blocked' && partnership.takeInformation(phone)) partnership.changedAt = this.#now();
    this.#evaluate(partnership);
    return partnership;
  }

  #evaluate(partnership: Partnership): void {
    const { mailbox } = partnership;
    const from: AccessVerdict = { state: partnership.state, reason: partnership.reason, rule: partnership.rule };
    const to = evaluateAccess(
      { ...subjectOf(partnership) },
      {
        allowedDeviceIds: mailbox.allowedDeviceIds,
        blockedDeviceIds: mailbox.blockedDeviceIds,
        rules: this.deviceRules,
        defaultAccessLevel: this.#defaultAccessLevel,
      },
    );
    if (to.state === from.state && to.reason === from.reason && to.rule === from.rule) return;
    partnership.state = to.state;
    partnership.reason = to.reason;
    partnership.rule = to.rule;
    partnership.changedAt = this.#now();
    this.emit('change', { type: 'access', partnership, from, to });
    if (this.#exchangeNotices && to.state !== from.state) this.#notify(partnership);
  }

  #notify(partnership: Partnership): void {
    const notice = accessNotice(partnership, this.userMailInsert, this.#isoNow());
    if (notice !== null) this.deliver(notice);
  }
}

/** What Set-CASMailbox may change here. */
export interface CasMailboxEdits {
  readonly allowed?: ListEdit;
  readonly blocked?: ListEdit;
  readonly activeSyncEnabled?: boolean;
}

/** A GUID made from a name, as RFC 9562 marks those of its own kind (version 8). */
function guidOfDomain(domain: string): string {
  const hash = createHash('sha256').update(domain.toLowerCase()).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function sameTexts(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/** Exchange knows a device by what its object is named by: protocol, DeviceType and EAS ID. */
function partnershipOf(mailbox: Mailbox, phone: PhoneSync): Partnership | null {
  const nameOf = ({ deviceId, deviceType, clientType = 'EAS' }: PhoneSync | Partnership): string =>
    `${clientType}§${deviceType}§${foldEasId(deviceId)}`.toLowerCase();
  const name = nameOf(phone);
  return mailbox.partnerships.find((partnership) => nameOf(partnership) === name) ?? null;
}

function subjectOf(partnership: Partnership) {
  return {
    deviceId: partnership.deviceId,
    deviceType: partnership.deviceType,
    model: partnership.model,
    os: partnership.os,
    userAgent: partnership.userAgent,
    policyMet: partnership.meetsPolicy,
    hold: partnership.hold,
  };
}

function refused(httpStatus: 401 | 403): SyncResult {
  return { state: 'unknown', reason: 'unknown', httpStatus, partnership: null };
}
