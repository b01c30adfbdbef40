/**
 * Phones that act: each has an owner, a device, and a story. A story only does what a person does (add an account, read a
 * mail, open a link, press a button, enroll); what happens in between is up to the connector.
 */
import type { LabMessage } from './mailboxes.ts';
import type { Organization } from './organization.ts';
import type { OrganizationChange } from './organization-change.ts';
import type { PhoneSync } from './phone-sync.ts';
import { graphTime } from './managed-devices.ts';
import type { Enrollment, ManagedDevice } from './managed-devices.ts';

const HOUR_MS = 3_600_000;

/**
 * The seven steps of the workflow: 1 account added, 2 EAS record read, 3 blocked, 4 mail sent, 5 enrolled,
 * 6 records merged, 7 allowed.
 */
export type StepNumber = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface PhoneStep {
  readonly phone: string;
  readonly step: StepNumber;
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly text: string;
}

/** Where phones act. */
export interface PhoneWorld {
  readonly organization: Organization;
  readonly signal: AbortSignal;
  /** How phones open a web page. */
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Waits as long as a person takes between two actions. */
  pause(): Promise<void>;
  /** Resolves when the connector has finished a whole sync that began after this call. */
  nextSync(): Promise<void>;
  tell(step: PhoneStep): void;
}

/** How a phone must end, as the demo checks it. */
export interface Ending {
  readonly final: 'allowed' | 'blocked';
  /** Reason code of its device record. */
  readonly reason: string;
  readonly mails: number;
  /** Set-CASMailbox calls about this phone; undefined = not prescribed. */
  readonly writes?: number;
  readonly neverBlocked?: boolean;
  /** How its records must have merged. */
  readonly mergedBy?: string;
  /** A reason that must have been seen on the way. */
  readonly reasonOnTheWay?: string;
}

/** One phone of the demo. */
export interface PhoneStory {
  readonly id: string;
  readonly platform: 'ios' | 'android';
  readonly owner: { readonly alias: string; readonly displayName: string; readonly upn?: string };
  /** Who enrolls the phone, if that is not the owner of the mailbox. */
  readonly user?: { readonly alias: string; readonly displayName: string };
  readonly account: Omit<PhoneSync, 'mailbox' | 'deviceId'> & { readonly deviceId: string };
  readonly enrollment: Omit<Enrollment, 'upn' | 'platform'>;
  readonly must: Ending;
  play(phone: Phone): Promise<void>;
}

/** A story on its way. */
export class Phone {
  readonly story: PhoneStory;
  /** Primary SMTP address of the owner. */
  readonly address: string;
  readonly upn: string;
  readonly #world: PhoneWorld;

  constructor(story: PhoneStory, world: PhoneWorld) {
    this.story = story;
    this.#world = world;
    const domain = world.organization.domain;
    this.address = `${story.owner.alias}@${domain}`;
    this.upn = story.owner.upn ?? this.address;
  }

  /** Makes the mailboxes of the owner and the user, unless there are. */
  moveIn(): void {
    const { organization } = this.#world;
    const { owner, user } = this.story;
    if (organization.mailboxByAddress(this.address) === null) organization.addMailbox({ ...owner, upn: this.upn });
    if (user !== undefined && organization.mailboxByAddress(this.userAddress) === null) organization.addMailbox(user);
  }

  /** Address of who enrolls the phone. */
  get userAddress(): string {
    return this.story.user === undefined ? this.address : `${this.story.user.alias}@${this.#world.organization.domain}`;
  }

  /** An administrator puts the phone on the mailbox's allow list. */
  allowByAdministrator(): void {
    const mailbox = this.#world.organization.mailboxByAddress(this.address);
    if (mailbox !== null) mailbox.allowedDeviceIds = [...mailbox.allowedDeviceIds, this.story.account.deviceId];
  }

  /** The mailbox's owner joins a group. */
  joinGroup(name: string): void {
    const { organization } = this.#world;
    const mailbox = organization.mailboxByAddress(this.address);
    const group = organization.directory.findGroup(name) ?? organization.addGroup({ name });
    if (mailbox !== null) group.members = [...group.members, mailbox];
  }

  /** The MDM reports something else of the phone: its compliance, or another EAS ID. */
  report(device: ManagedDevice, changes: Partial<ManagedDevice>): void {
    this.#world.organization.updateManagedDevice(device.id, changes);
  }

  /** Step 1: the account is added and the phone syncs for the first time. */
  addAccount(account: Omit<PhoneSync, 'mailbox'> = this.story.account): void {
    this.sync(account);
    if (account !== this.story.account) return;
    this.#tell(
      1,
      `${this.story.owner.displayName} adds the mail account; Exchange has an EAS record ${account.deviceId}`,
    );
  }

  /** One sync of a mail client. */
  sync(account: Omit<PhoneSync, 'mailbox'> = this.story.account): void {
    this.#world.organization.syncPhone({ ...account, mailbox: this.address });
  }

  /** As if the account had been added two years ago, and the phone had not tried to sync for so many days. */
  lieInDrawer(days: number): void {
    this.backdate({ firstSync: 730 * 24, lastSync: days * 24 });
  }

  /** As if the account had been added a minute ago: longer than clocks that only the `Date` of answers compares may be apart. */
  tookAMinute(): void {
    this.backdate({ firstSync: 1 / 60, lastSync: 0 });
  }

  /** As if an account had synced first, and last, so many hours ago. */
  backdate({ firstSync, lastSync }: { firstSync: number; lastSync: number }, account = this.story.account): void {
    const { organization } = this.#world;
    const ago = (hours: number): number => organization.now() - hours * HOUR_MS;
    organization
      .partnership(this.address, account.deviceId)
      ?.leaveUnused({ firstSyncAt: ago(firstSync), lastSyncAt: ago(lastSync) });
  }

  /** A sync of the same mail app with another mailbox on this phone. */
  syncMailbox(address: string): void {
    this.#world.organization.syncPhone({ ...this.story.account, mailbox: address });
  }

  /** Step 5: the phone enrolls in the MDM, or did so many hours ago. */
  enroll(how: string, { hoursAgo = 0 } = {}): ManagedDevice {
    const { platform, enrollment, user } = this.story;
    const { organization } = this.#world;
    const upn = user === undefined ? this.upn : this.userAddress;
    const enrolledAt = graphTime(organization.now() - hoursAgo * HOUR_MS);
    const device = organization.enroll({ ...enrollment, upn, platform, enrolledAt });
    this.#tell(5, `enrolled as "${device.deviceName}" ${how}`);
    return device;
  }

  /** Waits until Exchange has this state for the phone. */
  async untilState(state: 'allowed' | 'blocked'): Promise<void> {
    await this.#until(
      () => this.#world.organization.partnership(this.address, this.story.account.deviceId)?.state === state,
    );
    await this.#world.pause();
  }

  /** Waits for the mail that carries a link for this phone. */
  async enrollMail(): Promise<LabMessage> {
    await this.#until(() => this.#mail() !== undefined);
    await this.#world.pause();
    const mail = this.#mail();
    if (mail === undefined) throw new Error(`${this.story.id} lost its mail.`);
    return mail;
  }

  /** Waits for a further mail with a link. */
  async newerMail(than: LabMessage): Promise<LabMessage> {
    const newer = (): LabMessage | undefined =>
      this.#world.organization.inbox(this.address).find(({ id, text }) => id !== than.id && linkIn(text) !== null);
    await this.#until(() => newer() !== undefined);
    await this.#world.pause();
    return newer() ?? than;
  }

  /** Waits for any mail. */
  async anyMail(): Promise<void> {
    await this.#until(() => this.#world.organization.inbox(this.address).length > 0);
  }

  /** Opens the link of the mail and presses the button on the page. */
  async useLink(mail: LabMessage): Promise<void> {
    const answer = await this.openLink(mail);
    if (answer === null) throw new Error(`The page behind the link of ${this.address} has no button.`);
    if (answer >= 400) throw new Error(`Pressing the button was answered with status ${answer}.`);
  }

  /** Opens the link of the mail and presses the button, if the page has one. @returns the answer's status; null: it has none */
  async openLink(mail: LabMessage): Promise<number | null> {
    const link = linkIn(mail.text);
    if (link === null) throw new Error(`The mail to ${this.address} has no link.`);
    const page = await this.#world.fetch(link);
    const form = formIn(await page.text(), page.url === '' ? link : page.url);
    if (form === null) return null;
    await this.#world.pause();
    const answer = await this.#world.fetch(form.action, {
      method: 'POST',
      body: new URLSearchParams(form.fields),
      redirect: 'manual',
    });
    return answer.status;
  }

  /** Waits as long as a person takes. */
  pause(): Promise<void> {
    return this.#world.pause();
  }

  /** Waits for a whole sync of the connector. */
  nextSync(): Promise<void> {
    return this.#world.nextSync();
  }

  #mail(): LabMessage | undefined {
    return this.#world.organization.inbox(this.address).find((mail) => linkIn(mail.text) !== null);
  }

  #tell(step: StepNumber, text: string): void {
    this.#world.tell({ phone: this.story.id, step, at: new Date(this.#world.organization.now()).toISOString(), text });
  }

  #until(condition: () => boolean): Promise<void> {
    const { organization, signal } = this.#world;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        organization.off('change', check);
        signal.removeEventListener('abort', abort);
      };
      const abort = (): void => {
        stop();
        reject(signal.reason as Error);
      };
      const check = (): void => {
        if (!condition()) return;
        stop();
        resolve();
      };
      if (signal.aborted) return abort();
      organization.on('change', check);
      signal.addEventListener('abort', abort, { once: true });
      check();
    });
  }
}

/** The first link in a mail's text that carries a token. */
export function linkIn(text: string): string | null {
  return /https?:\/\/\S+[?/=](?:[0-9a-z]{32}|[\w-]+\.[\w-]{20,})(?![\w-])\S*/.exec(text)?.[0] ?? null;
}

/** Target and hidden fields of the page's form. */
export function formIn(html: string, base: string): { action: string; fields: Record<string, string> } | null {
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html);
  if (form === null) return null;
  const inputs = (form[2] ?? '').match(/<input\b[^>]*>/gi) ?? [];
  const fields = inputs
    .map((input) => [attribute(input, 'name'), attribute(input, 'value')] as const)
    .filter((field): field is readonly [string, string] => field[0] !== null && field[1] !== null);
  return { action: new URL(attribute(form[1] ?? '', 'action') ?? '', base).href, fields: Object.fromEntries(fields) };
}

function attribute(tag: string, name: string): string | null {
  const found = new RegExp(`\\b${name}\\s*=\\s*"([^"]*)"`, 'i').exec(tag)?.[1];
  return found === undefined
    ? null
    : found
        .replace(/&quot;/g, '"')
        .replace(/&#39;/g, "'")
        .replace(/&lt;/g, '<')
        .replace(/&gt;/g, '>')
        .replace(/&amp;/g, '&');
}

/** True if the Set-CASMailbox call names this EAS ID. */
export function writeNames(change: OrganizationChange, address: string, deviceId: string): boolean {
  return (
    change.type === 'write' &&
    change.write.address === address &&
    JSON.stringify(change.write.parameters).includes(`"${deviceId}"`)
  );
}
