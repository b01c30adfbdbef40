/**
 * What each column of each table says of a person, how their rows are found, and for how long they are kept. Export and
 * deletion of one person's data go by it, and docs/personal-data.md shows it. A table or column that is not in it does not
 * compile.
 */
import type { Schema } from '../schema.ts';

/**
 *   mailbox        GUID of the mailbox, by which a row is the person's
 *   key            key of an EAS record or an MDM record, or a key over which records reach each other (model/join-keys.ts), likewise
 *   entra-…        id of the person's device in Entra, or of the object of it, likewise
 *   owner, eas-id  says whose mailbox, or which device, a row with a mailbox is about: by these a person is looked for
 *   own            says more about them, and goes with its row
 *   shared         text or JSON that may name them though the row is about others too: what does is cut out
 *   staff          who did or wished something as an administrator
 *   numbers        numbers made of keys, from which nobody can be told without the key
 *   none           nothing of a person
 */
export type Holding =
  | 'mailbox'
  | 'key'
  | 'entra-record'
  | 'entra-device'
  | 'entra-object'
  | 'owner'
  | 'eas-id'
  | 'own'
  | 'shared'
  | 'staff'
  | 'numbers'
  | 'none';

/** One table. */
export interface PersonalTable<Columns = Record<string, unknown>> {
  /** What is in it, for people. */
  readonly what: string;
  /** For how long, for people. */
  readonly kept: string;
  /**
   * What a deletion does with the person's rows: they go; their content goes and that something happened stays; they stay until
   * it is said that they shall go, too.
   */
  readonly deletion: 'goes' | 'is emptied' | 'is asked for';
  /** A row that names the person goes, instead of what names them being cut out of it. */
  readonly goesWhole?: true;
  readonly columns: { readonly [Column in keyof Columns]-?: Holding };
}

const SNAPSHOT_KEPT = 'as long as Exchange or the MDM has the record; the next full reading after that forgets it';
const ORGANIZATION_KEPT = 'until the organization is let go of';
const DEVICE_KEPT =
  'as long as Exchange has the device, a year more, and then as long as anything but the audit refers to it';
const MAIL_KEPT = 'a year, and as long as a block of one of its devices stands';

export const PERSONAL: { readonly [Name in keyof Schema]: PersonalTable<Schema[Name]> } = {
  meta: {
    what: 'version, id and link secret of the store',
    kept: 'for good',
    deletion: 'goes',
    columns: { name: 'none', value: 'none' },
  },
  settings: {
    what: 'small values, among them the last dry run with examples of devices, and bits by which users of an MDM are recognized',
    kept: 'until the next value takes the place of it',
    deletion: 'goes',
    columns: { name: 'none', value: 'shared' },
  },
  sources: {
    what: 'MDM sources that are deployed',
    kept: 'as long as they are',
    deletion: 'goes',
    columns: {
      nodeId: 'none',
      scope: 'none',
      provider: 'none',
      name: 'none',
      announcedAt: 'none',
      expected: 'none',
      notes: 'shared',
    },
  },
  goneSources: {
    what: 'MDM sources that were taken off the canvas',
    kept: 'as long as their readings count',
    deletion: 'goes',
    columns: { scope: 'none', name: 'none', goneAt: 'none' },
  },
  leases: {
    what: 'which process works',
    kept: 'a month after the last one',
    deletion: 'goes',
    columns: { name: 'none', holder: 'none', node: 'none', process: 'none', fence: 'none', until: 'none' },
  },
  readings: {
    what: 'readings of Exchange and MDMs, counted',
    kept: 'the last 1,000',
    deletion: 'goes',
    columns: {
      no: 'none',
      syncId: 'none',
      source: 'none',
      scope: 'none',
      kind: 'none',
      state: 'none',
      startedAt: 'none',
      touchedAt: 'none',
      firstPage: 'none',
      nextPage: 'none',
      content: 'none',
      cleared: 'none',
    },
  },
  snapshots: {
    what: 'which reading is shown, and mailboxes of which Exchange did not give everything',
    kept: 'until the next reading',
    deletion: 'goes',
    columns: {
      source: 'none',
      scope: 'none',
      generation: 'none',
      differences: 'none',
      folded: 'none',
      fullRead: 'none',
      lastRead: 'none',
      devicesOf: 'none',
      seen: 'none',
      syncId: 'none',
      kind: 'none',
      startedAt: 'none',
      completedAt: 'none',
      fullStartedAt: 'none',
      count: 'none',
      previousCount: 'none',
      content: 'none',
      clock: 'none',
      gaps: 'shared',
      view: 'none',
    },
  },
  seen: {
    what: 'numbers of the records that the last full reading has seen',
    kept: 'until the next full reading',
    deletion: 'goes',
    columns: { reading: 'none', no: 'none', records: 'numbers' },
  },
  records: {
    what: 'EAS records (mailbox with its names and addresses, phone) and MDM records (user, device, serial number, compliance)',
    kept: SNAPSHOT_KEPT,
    deletion: 'goes',
    columns: { generation: 'none', key: 'key', reading: 'none', hash: 'own', record: 'own' },
  },
  pairings: {
    what: 'pairs of records that an administrator made',
    kept: 'until an administrator takes them back',
    deletion: 'goes',
    columns: { easKey: 'key', mdmKey: 'key', at: 'own', by: 'staff', note: 'own' },
  },
  exemptions: {
    what: 'devices that are exempted for a time, with a note why',
    kept: 'until they end',
    deletion: 'goes',
    columns: {
      key: 'key',
      organization: 'none',
      mailboxId: 'mailbox',
      easId: 'eas-id',
      until: 'own',
      note: 'own',
      by: 'staff',
      since: 'own',
    },
  },
  activations: {
    what: 'links that users opened and confirmed, with the browser',
    kept: 'a year, and as long as Exchange has the device',
    deletion: 'goes',
    columns: { no: 'none', tokenId: 'own', mailbox: 'mailbox', easId: 'eas-id', at: 'own', userAgent: 'own' },
  },
  tokens: {
    what: 'links that were mailed',
    kept: 'a year after they expired',
    deletion: 'goes',
    columns: {
      tokenId: 'own',
      purpose: 'none',
      mailboxId: 'mailbox',
      easId: 'eas-id',
      issuedAt: 'own',
      expiresAt: 'own',
      usedAt: 'own',
      openedAt: 'own',
      linkBase: 'none',
    },
  },
  entries: {
    what: 'entries of ours on the personal lists in Exchange',
    kept: 'as long as the entry is on the list',
    deletion: 'is asked for',
    columns: {
      organization: 'none',
      mailboxId: 'mailbox',
      easIdFolded: 'eas-id',
      list: 'own',
      easId: 'eas-id',
      state: 'none',
      writtenAt: 'own',
      rule: 'own',
      episode: 'own',
      toldReason: 'own',
      toldKind: 'own',
    },
  },
  takenOff: {
    what: 'entries of ours that were taken off the personal lists in Exchange',
    kept: '30 days',
    deletion: 'goes',
    columns: {
      organization: 'none',
      mailboxId: 'mailbox',
      easIdFolded: 'eas-id',
      list: 'own',
      easId: 'eas-id',
      takenOffAt: 'own',
    },
  },
  missed: {
    what: 'devices with an entry of ours that Exchange has no more',
    kept: 'until the entry is taken off',
    deletion: 'goes',
    columns: { key: 'key', organization: 'none', since: 'own', lookedAt: 'own' },
  },
  outbox: {
    what: 'changes on their way to Exchange, with the device',
    kept: 'until they are made, or a sync wants them no more',
    deletion: 'goes',
    columns: {
      key: 'key',
      organization: 'none',
      mailboxId: 'mailbox',
      state: 'none',
      turn: 'none',
      attempts: 'none',
      createdAt: 'own',
      nextAttemptAt: 'own',
      lastError: 'shared',
      change: 'shared',
    },
  },
  heldPlans: {
    what: 'plans that wait for a person, with examples of devices',
    kept: 'until they are approved, discarded, or a sync makes them anew',
    deletion: 'goes',
    columns: {
      id: 'none',
      organization: 'none',
      at: 'none',
      reason: 'shared',
      valid: 'none',
      plan: 'shared',
      held: 'none',
      goes: 'none',
      simulated: 'none',
      touchedAt: 'none',
      rowsOf: 'none',
    },
  },
  heldChanges: {
    what: 'the changes of such a plan, with their devices',
    kept: 'as the plan',
    deletion: 'goes',
    columns: {
      planId: 'none',
      key: 'key',
      class: 'none',
      action: 'own',
      reason: 'own',
      mailboxId: 'mailbox',
      owner: 'owner',
      change: 'shared',
    },
  },
  notifiers: {
    what: 'what each notifier says of itself',
    kept: 'as long as it is deployed',
    deletion: 'goes',
    columns: {
      node: 'none',
      name: 'none',
      process: 'none',
      at: 'none',
      verdict: 'none',
      step: 'none',
      text: 'shared',
    },
  },
  announcements: {
    what: 'news that the flow is owed, with the device',
    kept: 'until the flow has had them and every mail is made',
    deletion: 'goes',
    columns: {
      no: 'none',
      id: 'none',
      organization: 'none',
      kind: 'own',
      deviceKey: 'key',
      at: 'own',
      emittedAt: 'none',
      emittedBy: 'none',
      emissions: 'none',
      declinedBy: 'none',
      news: 'shared',
    },
  },
  mails: {
    what: 'mails to users: address, when, what became of it',
    kept: MAIL_KEPT,
    deletion: 'goes',
    columns: {
      id: 'none',
      notifier: 'none',
      mailboxId: 'mailbox',
      kind: 'own',
      no: 'none',
      state: 'none',
      createdAt: 'own',
      dueAt: 'own',
      openUntil: 'none',
      since: 'own',
      attempts: 'none',
      messageId: 'own',
      reservedBy: 'none',
      address: 'owner',
      sentAt: 'own',
      note: 'shared',
    },
  },
  mailDevices: {
    what: 'the devices a mail is about; until it is sent with what happened',
    kept: MAIL_KEPT,
    deletion: 'goes',
    columns: {
      mailId: 'none',
      deviceKey: 'key',
      kind: 'own',
      episode: 'own',
      no: 'none',
      blockedAt: 'own',
      inLedger: 'none',
      givenUp: 'none',
      change: 'shared',
    },
  },
  devices: {
    what: 'each device with its owner, model, state, decision and reason',
    kept: DEVICE_KEPT,
    deletion: 'goes',
    columns: {
      key: 'key',
      organization: 'none',
      firstSyncAt: 'own',
      firstReadAt: 'own',
      told: 'own',
      mailboxId: 'mailbox',
      user: 'owner',
      ownerName: 'own',
      easId: 'eas-id',
      kind: 'none',
      model: 'own',
      platform: 'own',
      state: 'own',
      lastSync: 'own',
      decision: 'own',
      rule: 'own',
      reason: 'own',
      since: 'own',
      reviewAt: 'own',
      goneAt: 'own',
    },
  },
  merges: {
    what: 'which records are one device',
    kept: 'as long as Exchange has the device',
    deletion: 'goes',
    columns: {
      easKey: 'key',
      organization: 'none',
      mdmKey: 'key',
      by: 'none',
      since: 'own',
      until: 'own',
      hardware: 'own',
    },
  },
  checks: {
    what: 'the last result of each Autodiscover check, with the domain or address that was checked',
    kept: '30 days',
    deletion: 'goes',
    goesWhole: true,
    columns: {
      node: 'none',
      target: 'shared',
      name: 'none',
      domain: 'none',
      at: 'none',
      overall: 'none',
      verdict: 'none',
      texts: 'shared',
    },
  },
  returns: {
    what: 'devices that came back under a new EAS ID',
    kept: 'two months',
    deletion: 'goes',
    columns: { organization: 'none', mailboxId: 'mailbox', mdmKey: 'key', easKey: 'key', at: 'own' },
  },
  counters: {
    what: 'how many devices are decided how',
    kept: ORGANIZATION_KEPT,
    deletion: 'goes',
    columns: { organization: 'none', name: 'none', count: 'none' },
  },
  touched: {
    what: 'of which mailboxes, users and devices something changed since the last decision',
    kept: 'until the next sync',
    deletion: 'goes',
    columns: { organization: 'none', key: 'key', due: 'none', run: 'none', again: 'none' },
  },
  changes: {
    what: 'keys of the records that changed last',
    kept: 'the last 100,000',
    deletion: 'goes',
    columns: { no: 'none', source: 'none', scope: 'none', key: 'key' },
  },
  timeline: {
    what: 'when what happened to a device',
    kept: '90 days after the block was closed',
    deletion: 'goes',
    columns: {
      no: 'none',
      organization: 'none',
      deviceKey: 'key',
      episode: 'own',
      step: 'own',
      at: 'own',
      detail: 'own',
      waited: 'own',
    },
  },
  attempts: {
    what: 'when a device tried to sync last',
    kept: DEVICE_KEPT,
    deletion: 'goes',
    columns: {
      key: 'key',
      organization: 'none',
      mailboxId: 'mailbox',
      lastAttemptAt: 'own',
      toldAt: 'own',
      askedAt: 'own',
      refusedAt: 'own',
      seen: 'own',
      quiet: 'none',
    },
  },
  asked: {
    what: 'mailboxes whose users the MDMs were asked for',
    kept: 'until the MDMs are read wholly',
    deletion: 'goes',
    columns: { organization: 'none', mailboxId: 'mailbox', at: 'own' },
  },
  entraLinks: {
    what: 'up to where Entra told its changes',
    kept: 'as long as the source reads them',
    deletion: 'goes',
    columns: { scope: 'none', link: 'none', nextOf: 'none', nextLink: 'none', nextGone: 'shared' },
  },
  entraDevices: {
    what: 'ids of devices in Entra',
    kept: 'as long as the source reads its changes from Entra',
    deletion: 'goes',
    columns: { scope: 'none', id: 'entra-object', deviceId: 'entra-device' },
  },
  entraRecords: {
    what: 'which MDM record a device in Entra is',
    kept: 'as long as the source reads its changes from Entra',
    deletion: 'goes',
    columns: { scope: 'none', deviceId: 'entra-device', recordId: 'entra-record' },
  },
  lowered: {
    what: 'mailboxes that lost access within a day, for the brake',
    kept: 'a day',
    deletion: 'goes',
    columns: { organization: 'none', mailboxId: 'mailbox', kind: 'own', at: 'own' },
  },
  requests: {
    what: 'what an administrator has asked the working instance for',
    kept: 'until it is done',
    deletion: 'goes',
    goesWhole: true,
    columns: {
      no: 'none',
      id: 'none',
      organization: 'none',
      node: 'none',
      topic: 'none',
      payload: 'shared',
      askedBy: 'staff',
      askedFrom: 'none',
      askedAt: 'none',
      tries: 'none',
    },
  },
  history: {
    what: 'reports of the runs, with examples of devices and owners',
    kept: '90 days, 50,000 of a kind at most',
    deletion: 'goes',
    columns: {
      no: 'none',
      syncId: 'none',
      at: 'none',
      subject: 'none',
      organization: 'none',
      ok: 'none',
      tookMs: 'none',
      report: 'shared',
    },
  },
  audit: {
    what: 'each change of a list, and what administrators did: who, what, why, before and after',
    kept: 'for good, until an administrator exports and cuts it',
    deletion: 'is emptied',
    columns: {
      no: 'none',
      at: 'none',
      who: 'staff',
      what: 'none',
      deviceKey: 'key',
      organization: 'none',
      rule: 'none',
      reason: 'shared',
      evidence: 'shared',
      before: 'shared',
      after: 'shared',
      approvedBy: 'staff',
    },
  },
};
