/**
 * A person wants the mail about blocked devices sent again, as somebody asks who has lost it, or whose link has expired.
 *
 * In: a device or a mailbox. Out: how many devices are mailed about. Changes: mails, which go out by themselves; the audit.
 */
import { namedInLedger } from '../../access/owned-entries.ts';
import { ConnectorError } from '../../errors.ts';
import { shownEasId } from '../../model/foreign.ts';
import { easRecordKey, foldAddress } from '../../model/keys.ts';
import type { MailKind } from '../../model/mail-kind.ts';
import type { DeviceChange, EasRecord } from '../../model/records.ts';
import { isStillAbout } from '../../notify/decide-notification.ts';
import type { Json, Mail, MailDevice, OwnedEntry, Store, StoreParts } from '../../store/store.ts';
import type { NewsPorts } from './record-news.ts';
import { isoOf, takenUpAgain } from './mail-times.ts';
import { todaysDevices } from './todays-device.ts';
import type { TodaysDevice } from './todays-device.ts';
import { REFUSAL_SPEECH, refusal, refused } from '../../model/refusals.ts';
import { valueInWords } from '../../model/say.ts';
import type { Said, Value } from '../../model/say.ts';
import { sayIn } from '../../model/sayings.ts';
import { REPORT_SAYINGS_EN } from '../sentences/report-sayings-en.ts';

const say = sayIn(REPORT_SAYINGS_EN);

/** Devices that an error tells of. */
const TOLD = 5;

/** What follows the episode of a device that had its mail: it may have another, and that one has no reminders of its own. */
const RESENT = '/resent/';

/** True for a device of a mail that a person had sent again. */
export function isResent({ episode }: Pick<MailDevice, 'episode'>): boolean {
  return episode.includes(RESENT);
}

/** What sending again takes. */
export interface ResendPorts extends Pick<NewsPorts, 'store' | 'settings' | 'notifier' | 'now' | 'ids'> {
  /** Who does it, for the audit. */
  readonly who: string;
}

/** A blocked device that is mailed about. */
export interface Wanted {
  readonly entry: OwnedEntry;
  readonly today: TodaysDevice & { readonly kind: MailKind };
}

/*
 *   of the asked device                                      then
 *   Exchange has no record, or it is no name of any          refused, with what is known
 *   no entry of ours blocks it, the rules do not block it,   left out; refused, with why, if this is so of all
 *   its cause has no mail, its address may not be mailed
 *   a first mail in today's kind waits, or needs attention   that one goes now
 *   it had none in today's kind about this blocking          it is the first one, reminders included
 *   otherwise                                                it goes again, whatever was sent before, without reminders
 *
 * Every mail that goes has new links.
 */

/**
 * Has the mail of today's cause sent about the blocked devices of that name: a device's key, or an address, user principal name
 * or GUID of a mailbox. Throws ERR_INPUT_INVALID with what is known where there is nothing to send.
 * @param asked.by who wants it; null: nobody has said
 * @returns about how many devices
 */
export async function resendMails(
  ports: ResendPorts,
  asked: { readonly name: unknown; readonly by: string | null },
): Promise<number> {
  const { store } = ports;
  const name = typeof asked.name === 'string' ? asked.name.trim() : '';
  if (name === '') throw new ConnectorError('ERR_INPUT_INVALID', refusal('resend.unnamed', { how: NAMES }));
  const records = await recordsOf(store, name);
  if (records.length === 0) {
    const organizations = (await store.snapshots.list('eas')).map(({ scope }) => scope);
    const read = organizations.length === 0 ? refused('resend.never-read') : refused('resend.read', { organizations });
    const seen = refusal('resend.unknown', { name, read, how: NAMES });
    throw new ConnectorError('ERR_INPUT_INVALID', seen, { details: { name, organizations } });
  }
  const { wanted, others } = await wantedOf(ports, records);
  if (wanted.length === 0) {
    const known = others.slice(0, TOLD);
    const [first, ...rest] = known;
    const all = rest.reduce<Value>((before, one) => refused('resend.and', { before, one }), first ?? '');
    const n = others.length - known.length;
    const why = n > 0 ? refused('resend.more', { why: all, n }) : all;
    const devices = known.map((one) => valueInWords(one, REFUSAL_SPEECH.en));
    throw new ConnectorError('ERR_INPUT_INVALID', refusal('resend.nothing', { name, why }), {
      details: { name, devices },
    });
  }
  await store.together(async (parts) => {
    for (const [, some] of Map.groupBy(wanted, ({ entry, today }) => `${today.kind} ${entry.mailboxId}`))
      await addAgain(parts, ports, some, { name, by: asked.by });
  });
  return wanted.length;
}

const NAMES = refused('resend.how');

/** EAS records of the last readings. */
async function recordsOf({ snapshots }: Pick<Store, 'snapshots'>, name: string): Promise<EasRecord[]> {
  const one = await snapshots.get<EasRecord>(name);
  if (one?.kind === 'eas') return [one];
  const folded = foldAddress(name);
  const found: EasRecord[] = [];
  for await (const page of snapshots.read('eas'))
    found.push(
      ...page.filter(({ mailbox: { id, upn, address, addresses } }) =>
        [id, upn, address, ...addresses].some((known) => known !== null && foldAddress(known) === folded),
      ),
    );
  return found;
}

/** Which of them are mailed about, and why the others are not. */
export async function wantedOf(
  { store, settings: { options } }: Pick<ResendPorts, 'store' | 'settings'>,
  records: readonly EasRecord[],
): Promise<{ readonly wanted: readonly Wanted[]; readonly others: readonly Said[] }> {
  const entries = await store.entries.forDevices(records.flatMap((eas) => namedInLedger({ eas })));
  const blocks = new Map(
    entries
      .filter(({ list, state }) => list === 'blocked' && state === 'owned')
      .map((entry) => [easRecordKey(entry.organization, entry.mailboxId, entry.easId), entry]),
  );
  const today = await todaysDevices(
    store,
    records.flatMap((eas) => {
      const entry = blocks.get(eas.key);
      return entry === undefined ? [] : [newsOfBlock(eas, entry)];
    }),
  );
  const wanted: Wanted[] = [];
  const others: Said[] = [];
  for (const { key, mailbox, ...record } of records) {
    const easId = shownEasId(record.easId);
    const [entry, now] = [blocks.get(key), today.get(key)];
    if (entry === undefined || now === undefined) others.push(refused('resend.not-blocked', { easId }));
    else if (!now.isMeant) others.push(refused('resend.left', { easId }));
    else if (now.kind === null)
      others.push(refused('resend.no-kind', { easId, reason: now.change.decision.reason.code }));
    else if (!isStillAbout({ isBlocked: true, no: 0, kind: now.kind, address: mailbox.address }, options))
      others.push(refused('resend.address', { easId, mailbox: mailbox.address ?? refused('resend.no-address') }));
    else wanted.push({ entry, today: { ...now, kind: now.kind } });
  }
  return { wanted, others };
}

/** As the access switch would tell it. */
function newsOfBlock(eas: EasRecord, { rule, writtenAt, episode }: OwnedEntry): DeviceChange {
  const reason = { code: 'not-enrolled', text: 'It is blocked, and its mail is sent again.' } as const;
  return {
    device: { key: eas.key, status: 'eas', eas, match: { by: null, evidence: [] }, reason },
    decision: { action: 'block', rule, reason: { ...reason, evidence: [] } },
    change: { from: 'blocked', to: 'blocked', at: writtenAt, applied: true, attempts: 0, episode },
  };
}

/**
 * One mail about devices of one mailbox, in one kind; of those whose first mail waits, that one.
 * @param asked.once names the wish: told twice, it leads to one mail
 */
export async function addAgain(
  { mails, audit }: Pick<StoreParts, 'mails' | 'audit'>,
  { notifier, now, ids, who }: Pick<ResendPorts, 'notifier' | 'now' | 'ids' | 'who'>,
  wanted: readonly Wanted[],
  { name, by, once }: { readonly name: string; readonly by: string | null; readonly once?: string },
): Promise<void> {
  const [at, id] = [isoOf(now()), ids()];
  const about: MailDevice[] = [];
  for (const { entry, today } of wanted) {
    const { key } = today.change.device;
    const ofKind = await mails.ofDevice(key, today.kind);
    const first = ofKind.find(
      ({ state, episode, no }) => no === 0 && state !== 'given-up' && episode === entry.episode,
    );
    const waits = first?.state === 'waiting' || first?.state === 'attention';
    if (first !== undefined && waits) await mails.update(first.id, takenUpAgain(now()));
    else
      about.push({
        deviceKey: key,
        episode: first === undefined ? entry.episode : `${entry.episode}${RESENT}${once ?? id}`,
        blockedAt: entry.writtenAt,
        inLedger: true,
        change: today.change as unknown as Json,
      });
    await audit.append([
      {
        at,
        who,
        what: 'resend',
        deviceKey: key,
        organization: entry.organization,
        rule: null,
        reason: today.kind,
        evidence: [say('evidence.asked', { name })],
        before: { mails: ofKind.length },
        after: { mail: first !== undefined && waits ? first.id : id },
        approvedBy: by,
      },
    ]);
  }
  const [one] = wanted;
  if (about.length > 0 && one !== undefined) await mails.add(mailOf(one, { id, notifier, at }), about);
}

function mailOf({ entry, today }: Wanted, { id, notifier, at }: Pick<Mail, 'id' | 'notifier'> & { at: string }): Mail {
  return {
    id,
    notifier,
    mailboxId: entry.mailboxId,
    kind: today.kind,
    no: 0,
    state: 'waiting',
    createdAt: at,
    dueAt: at,
    openUntil: null,
    since: at,
    attempts: 0,
    messageId: null,
    reservedBy: null,
    address: today.change.device.eas?.mailbox.address ?? null,
    sentAt: null,
    note: null,
  };
}
