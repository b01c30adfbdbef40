/**
 * Mails that are due, reserved together before they are sent one after the other.
 *
 * In: mails that wait. Out: which of them may go, and with what. Changes: the mails, and link tokens.
 */
import { namedInLedger } from '../../access/owned-entries.ts';
import { easMailboxPrefix, easRecordKey } from '../../model/keys.ts';
import type { MailKind } from '../../model/mail-kind.ts';
import type { DeviceChange, EasRecord } from '../../model/records.ts';
import { isStillAbout, remindedIn } from '../../notify/decide-notification.ts';
import { mailMessageId } from '../../notify/mail-fields.ts';
import type { Json, Mail, MailDevice, MailToSend, OwnedEntry, StoreParts, TimelineStep } from '../../store/store.ts';
import { linkEach, newestFirst } from './enroll-mail.ts';
import type { LinkedDevice } from './enroll-mail.ts';
import { isoOf } from './mail-times.ts';
import { todaysDevices } from './todays-device.ts';
import type { TodaysDevice } from './todays-device.ts';
import type { MailPorts } from './mail-ports.ts';

/** A mail that this queue has reserved, and what it is about. */
export interface ReservedMail {
  readonly mail: MailToSend & { readonly address: string };
  /** As it was. */
  readonly before: Mail;
  readonly kind: MailKind;
  readonly devices: readonly LinkedDevice[];
  /** The same, as its rows. */
  readonly about: readonly MailDevice[];
  /** What befell the devices of all that are reserved together; whoever sends one of them adds to it. */
  readonly known: TimelineStep[];
}

/** What became of mails that were to be reserved; of what is in neither, nothing is to be sent any more, or by another queue. */
export interface ReservedMails {
  readonly mails: readonly ReservedMail[];
  /** How many wait for what else is written for their mailbox. */
  readonly waiting: number;
}

/** From here on they have their Message-IDs, and their links are good: in one transaction. Throws what the store fails with. */
export async function reserveMails(ports: MailPorts, mails: readonly Mail[]): Promise<ReservedMails> {
  await ports.queue.beat(ports.store);
  const today = await todaysReminded(ports, mails);
  return ports.store.together((parts) => reserve(parts, ports, mails, today));
}

/** How the devices of reminders are by now, by their keys. */
async function todaysReminded(
  { store }: MailPorts,
  mails: readonly Mail[],
): Promise<ReadonlyMap<string, TodaysDevice>> {
  const ids = mails.filter(({ no }) => no > 0).map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const devices = [...(await store.mails.devicesOf(ids)).values()].flat();
  return todaysDevices(store, devices.filter(({ change }) => change !== null).map(newsOf));
}

async function reserve(
  parts: StoreParts,
  ports: MailPorts,
  mails: readonly Mail[],
  today: ReadonlyMap<string, TodaysDevice>,
): Promise<ReservedMails> {
  const { settings, queue, now } = ports;
  const rows = await parts.mails.devicesOf(mails.map(({ id }) => id));
  const devicesOf = ({ id }: Mail): readonly MailDevice[] => rows.get(id) ?? [];
  const waiting = await waitingForOthers(parts, ports, mails, devicesOf);
  const domain = settings.sender.split('@')[1] ?? 'localhost';
  const wanted = mails
    .filter((mail) => !waiting.has(mail))
    .map(({ id, messageId }) => ({ id, messageId: messageId ?? mailMessageId(id, domain, now()) }));
  const mine = new Map((await parts.mails.reserve(wanted, queue.id, isoOf(now()))).map((mail) => [mail.id, mail]));
  const reserved = mails.filter(({ id }) => mine.has(id));
  const known = await parts.timeline.of(reserved.flatMap((mail) => devicesOf(mail).map(({ deviceKey }) => deviceKey)));
  const isBlocked = await blockedOf(parts, reserved.flatMap(devicesOf), known);
  const ready: ReservedMail[] = [];
  for (const before of reserved) {
    const mail = mine.get(before.id)!;
    const kind = mail.kind as MailKind;
    const all = devicesOf(before);
    const still = all.filter((device) => isAbout(device, isBlocked(device), { kind, no: mail.no }, settings));
    const about = mail.no === 0 ? still : await remindedOf(parts, ports, before, { devices: still, today });
    const keys = new Set(about.map(({ deviceKey }) => deviceKey));
    await parts.mails.leaveOut(
      mail.id,
      all.map(({ deviceKey }) => deviceKey).filter((key) => !keys.has(key)),
    );
    const changes = newestFirst(about.map(newsOf));
    const address = changes[0]?.device.eas?.mailbox.address ?? null;
    if (address === null) await parts.mails.remove(mail.id);
    else {
      const devices = linkEach(changes, kind, ports, now());
      ready.push({ mail: { ...mail, address }, before, kind, devices, about, known });
    }
  }
  const claims = ready.flatMap(({ devices }) => devices.flatMap((one) => one.claims ?? []));
  await parts.tokens.issue(...claims.map((one) => ({ ...one, linkBase: settings.linkBase })));
  return { mails: ready, waiting: waiting.size };
}

/**
 * The devices that a reminder is about, with today's records. Those that are blocked for a cause of another kind by now are
 * reminded in that kind, by a mail of its own.
 */
async function remindedOf(
  { mails }: StoreParts,
  { ids, now }: MailPorts,
  reminder: Mail,
  { devices, today }: { readonly devices: readonly MailDevice[]; readonly today: ReadonlyMap<string, TodaysDevice> },
): Promise<MailDevice[]> {
  const byKind = new Map<MailKind, MailDevice[]>();
  for (const device of devices) {
    const now = today.get(device.deviceKey);
    const mailed = now === undefined ? [] : await mails.ofDevice(device.deviceKey, now.kind ?? '');
    const isMailed = mailed.some(({ state, episode }) => state !== 'given-up' && episode === device.episode);
    const { isMeant = true, kind: todays = null } = now ?? {};
    const kind = remindedIn(reminder.kind as MailKind, {
      exists: now?.exists ?? null,
      isMeant,
      kind: todays,
      isMailed,
    });
    const change = now === undefined ? device.change : (now.change as unknown as Json);
    if (kind !== null) byKind.set(kind, [...(byKind.get(kind) ?? []), { ...device, change }]);
  }
  const at = isoOf(now());
  const anew = {
    state: 'waiting',
    createdAt: at,
    dueAt: at,
    since: null,
    attempts: 0,
    messageId: null,
    reservedBy: null,
  } as const;
  for (const [kind, some] of byKind)
    if (kind !== reminder.kind) await mails.add({ ...reminder, ...anew, id: ids(), kind }, some);
  return byKind.get(reminder.kind as MailKind) ?? [];
}

/*
 *   a first mail                                                              goes
 *   about blocks without a write, or that has waited its two minutes          at once
 *   whose mailbox has a change that is under way, or is due for its first try later
 *   whose mailbox has a block that the flow has not passed on yet             later
 *   otherwise                                                                 at once
 */

/** How long ago a block was told, at most, for the flow to pass it on soon. */
const PASSED_ON_MS = 120_000;

/** The mails that may be about more devices soon: one mail a mailbox, kind and run. */
async function waitingForOthers(
  { outbox, announcements }: StoreParts,
  { notifier, now }: MailPorts,
  mails: readonly Mail[],
  devicesOf: (mail: Mail) => readonly MailDevice[],
): Promise<Set<Mail>> {
  const mailboxes = new Map<Mail, EasRecord>();
  for (const mail of mails) {
    const isOpen = mail.openUntil !== null && Date.parse(mail.openUntil) > now();
    const eas = isOpen ? newestFirst(devicesOf(mail).map(newsOf))[0]?.device.eas : undefined;
    if (eas !== undefined) mailboxes.set(mail, eas);
  }
  if (mailboxes.size === 0) return new Set();
  const underWay = await outbox.underWay(
    [...mailboxes.values()].map(({ mailbox }) => mailbox.id),
    isoOf(now()),
  );
  const starts = new Map(
    [...mailboxes].map(([mail, eas]) => [mail, easMailboxPrefix(eas.organization, eas.mailbox.id)]),
  );
  const told = await announcements.blocksOf([...new Set(starts.values())], isoOf(now() - PASSED_ON_MS));
  const owed = told.filter(({ declinedBy }) => !declinedBy.includes(notifier));
  const waits = ([mail, eas]: [Mail, EasRecord]): boolean =>
    underWay.has(eas.mailbox.id) || owed.some(({ deviceKey }) => deviceKey?.startsWith(starts.get(mail)!) === true);
  return new Set([...mailboxes].filter(waits).map(([mail]) => mail));
}

/*
 *   the ledger's entry of the device         the mail's news
 *   none                                     is over
 *   of another blocking than the news told   is over: the later one has news of its own
 *   otherwise                                holds
 */

/** Whether the ledger says that we block a device, and still as its news told. @param known steps of these devices */
async function blockedOf(
  { entries }: StoreParts,
  devices: readonly MailDevice[],
  known: readonly TimelineStep[],
): Promise<(device: MailDevice) => boolean> {
  const asked = devices.flatMap((device) => namedInLedger(newsOf(device).device));
  const blocks = (await entries.forDevices(asked)).filter(({ list }) => list === 'blocked');
  const episodes = new Map(blocks.map((entry) => [nameOf(entry), entry.episode]));
  const begun = new Set(known.filter(({ step }) => step === 'blocked').map(blockingOf));
  return (device) => {
    const { device: about, change } = newsOf(device);
    const { eas } = about;
    const entry = eas === undefined ? undefined : episodes.get(nameOf({ ...eas, mailboxId: eas.mailbox.id }));
    if (entry === undefined) return false;
    const { episode = entry } = change;
    return episode === entry || !begun.has(blockingOf({ deviceKey: device.deviceKey, episode }));
  };
}

function blockingOf({ deviceKey, episode }: Pick<TimelineStep, 'deviceKey' | 'episode'>): string {
  return `${episode ?? ''} ${deviceKey}`;
}

function nameOf({ organization, mailboxId, easId }: Pick<OwnedEntry, 'organization' | 'mailboxId' | 'easId'>): string {
  return easRecordKey(organization, mailboxId, easId);
}

function isAbout(
  device: MailDevice,
  isInLedger: boolean,
  { kind, no }: { readonly kind: MailKind; readonly no: number },
  settings: MailPorts['settings'],
): boolean {
  const { eas } = newsOf(device).device;
  if (eas === undefined) return false;
  // A reminder is about what is known to be blocked.
  const isBlocked = isInLedger || (!device.inLedger && no === 0);
  return isStillAbout({ isBlocked, no, kind, address: eas.mailbox.address }, settings.options);
}

/** What a mail keeps of a device is what its news said. */
export function newsOf({ change }: MailDevice): DeviceChange {
  return change as unknown as DeviceChange;
}
