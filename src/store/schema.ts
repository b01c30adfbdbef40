/** The tables as Kysely sees them. Their columns are made in migrations.ts; both change together. */
import type { Generated } from 'kysely';
import type { MailState } from './store.ts';

/** Column types common to both engines: text and integer. Lists and objects are JSON text, booleans 0 and 1. */
export interface Schema {
  meta: { name: string; value: string };
  readings: {
    no: Generated<number>;
    syncId: string;
    source: 'eas' | 'mdm';
    scope: string;
    kind: 'full' | 'quick';
    state: 'reading' | 'current' | 'difference' | 'merged' | 'replaced' | 'abandoned';
    startedAt: string;
    /** When the last page came; tells a reading under way from one whose process died. */
    touchedAt: string;
    firstPage: number | null;
    nextPage: number | null;
    /** JSON of the reading's content, MDM only; null: not counted (a reading of an older version). */
    content: string | null;
    /** 0: its rows are there, 1: they are being deleted, 2: gone. */
    cleared: number;
  };
  records: {
    /** `no` of the reading whose picture this row is part of. */
    generation: number;
    key: string;
    /** `no` of the reading that brought this content: differences are folded into an older generation. */
    reading: number;
    /** Of the content; empty: this row takes the record out. */
    hash: string;
    /** JSON; null where the record is taken out. */
    record: string;
  };
  seen: {
    /** `no` of the full reading. */
    reading: number;
    no: number;
    /** See seen-records.ts. */
    records: string;
  };
  snapshots: {
    source: 'eas' | 'mdm';
    scope: string;
    /** The base. */
    generation: number;
    /** JSON list of the later readings that are shown as differences from the base, the earliest first. */
    differences: string;
    /** The latest reading that was folded into the base, or is being folded. */
    folded: number;
    /** The last full reading, and the last one of any kind. */
    fullRead: number;
    lastRead: number;
    /** The reading up to which the devices are known. */
    devicesOf: number;
    /** The last full reading, if it is known what it has seen: of older records it knows the sync times. */
    seen: number | null;
    syncId: string;
    kind: 'full' | 'quick';
    startedAt: string;
    completedAt: string;
    fullStartedAt: string;
    count: number;
    previousCount: number | null;
    content: string | null;
    /** JSON: how the server's clock stands to ours. */
    clock: string | null;
    /** JSON: what the server could not give. */
    gaps: string | null;
    /** JSON: what of the forest was seen. */
    view: string | null;
  };
  sources: {
    nodeId: string;
    scope: string;
    provider: string;
    name: string | null;
    announcedAt: string;
    /** 1: a mapping that counts before it was read. */
    expected: number;
    /** What is to be known of it, as JSON; null: nothing. */
    notes: string | null;
  };
  goneSources: { scope: string; name: string | null; goneAt: string };
  activations: {
    no: Generated<number>;
    tokenId: string;
    mailbox: string;
    easId: string;
    at: string;
    userAgent: string | null;
  };
  exemptions: {
    key: string;
    organization: string;
    /** GUID, folded. */
    mailboxId: string;
    /** Folded. */
    easId: string;
    until: string;
    note: string;
    by: string | null;
    since: string;
  };
  pairings: { easKey: string; mdmKey: string; at: string; by: string | null; note: string | null };
  entries: {
    organization: string;
    mailboxId: string;
    easIdFolded: string;
    list: 'allowed' | 'blocked';
    easId: string;
    state: 'adding' | 'owned' | 'removing';
    writtenAt: string;
    rule: string;
    episode: string;
    toldReason: string | null;
    toldKind: string | null;
  };
  /** What we took off the lists: a reading may show it still. */
  takenOff: {
    organization: string;
    mailboxId: string;
    easIdFolded: string;
    list: 'allowed' | 'blocked';
    easId: string;
    takenOffAt: string;
  };
  missed: {
    /** An EAS record's key. */
    key: string;
    organization: string;
    since: string;
    /** When Exchange was asked for it last; empty: never. */
    lookedAt: string;
  };
  outbox: {
    key: string;
    organization: string;
    mailboxId: string;
    state: 'planned' | 'reserved' | 'settling' | 'later' | 'next-sync' | 'waiting-for-mail' | 'attention';
    /** 0: it opens mail for somebody, and goes first; 1: a block. */
    turn: 0 | 1;
    attempts: number;
    createdAt: string;
    nextAttemptAt: string;
    lastError: string | null;
    change: string;
  };
  mails: {
    id: string;
    notifier: string;
    /** GUID, folded. */
    mailboxId: string;
    kind: string;
    no: number;
    state: MailState;
    createdAt: string;
    dueAt: string;
    openUntil: string | null;
    since: string | null;
    attempts: number;
    messageId: string | null;
    reservedBy: string | null;
    address: string | null;
    sentAt: string | null;
    note: string | null;
  };
  mailDevices: {
    mailId: string;
    deviceKey: string;
    kind: string;
    episode: string;
    no: number;
    blockedAt: string;
    inLedger: number;
    /** 1: its mail never went out, and never will; another one about the same may be made. */
    givenUp: number;
    /** JSON of the news; null once the mail is sent. */
    change: string | null;
  };
  devices: {
    key: string;
    organization: string;
    /** When Exchange saw it first, as it says. */
    firstSyncAt: string | null;
    /** When the first of our readings began that had it. */
    firstReadAt: string;
    /** Code of the reason for which a person was last told to look at it; null: there is nothing to look at. */
    told: string | null;
    /** What is known since it was decided about; null: it was not, or Exchange has it no more. */
    mailboxId: string | null;
    user: string | null;
    ownerName: string | null;
    /** Empty: it is not known. */
    kind: Generated<string>;
    lastSync: Generated<string>;
    easId: string | null;
    model: string | null;
    platform: string | null;
    state: string | null;
    decision: string | null;
    rule: string | null;
    reason: string | null;
    since: string | null;
    reviewAt: string | null;
    /** Since when the daily care has missed it in Exchange; null: it has not, or it is back. */
    goneAt: string | null;
  };
  merges: {
    easKey: string;
    organization: string;
    mdmKey: string;
    by: string;
    since: string;
    until: string | null;
    /** JSON. */
    hardware: string | null;
  };
  returns: { organization: string; mailboxId: string; mdmKey: string; easKey: string; at: string };
  counters: { organization: string; name: string; count: number };
  timeline: {
    no: Generated<number>;
    organization: string;
    deviceKey: string;
    episode: string | null;
    step:
      | 'added'
      | 'blocked'
      | 'mailed'
      | 'opened'
      | 'activated'
      | 'enrolled'
      | 'merged'
      | 'allowed'
      | 'released'
      | 'gone'
      | 'exempted'
      | 'exemption-ended';
    at: string;
    detail: string | null;
    waited: number | null;
  };
  leases: {
    name: string;
    holder: string;
    node: string;
    process: string;
    fence: number;
    until: string;
  };
  asked: {
    organization: string;
    /** GUID, folded. */
    mailboxId: string;
    at: string;
  };
  /** What is known of the changes that Entra tells, one row an MDM. */
  entraLinks: {
    scope: string;
    /** Goes with what is shown; null: none was read to its end yet. */
    link: string | null;
    /** Takes its place with the reading of this id. */
    nextOf: string | null;
    nextLink: string | null;
    /** JSON: what is forgotten then. */
    nextGone: string | null;
  };
  entraDevices: { scope: string; id: string; deviceId: string };
  entraRecords: { scope: string; deviceId: string; recordId: string };
  attempts: {
    key: string;
    organization: string;
    mailboxId: string;
    lastAttemptAt: string | null;
    /** Null: Exchange was not asked yet. */
    toldAt: string | null;
    /** When it was asked last, whatever came of it; empty: never. */
    askedAt: string;
    /** When it was asked last and we were not allowed to; null: never. */
    refusedAt: string | null;
    seen: string;
    /** 1: it is asked again at each full sync. */
    quiet: number;
  };
  touched: {
    organization: string;
    /** See `JoinKey`; or an MDM record's key, or `*`. */
    key: string;
    /** `either`: with its turn or after a reading, whichever comes first. */
    due: 'now' | 'turn' | 'reading' | 'either';
    /** The run that has taken it. */
    run: string | null;
    /** When it is due again once that run's plan is valid; null: not. */
    again: 'now' | 'turn' | 'reading' | 'either' | null;
  };
  changes: {
    no: Generated<number>;
    source: 'eas' | 'mdm';
    scope: string;
    /** Empty: every record of the scope. */
    key: string;
  };
  /** When a mailbox lost access last. */
  lowered: { organization: string; mailboxId: string; kind: string; at: string };
  requests: {
    no: Generated<number>;
    id: string;
    organization: string;
    node: string;
    topic: string;
    payload: string;
    askedBy: string | null;
    askedFrom: string;
    askedAt: string;
    /** How often it was begun with. */
    tries: number;
  };
  announcements: {
    no: Generated<number>;
    id: string;
    organization: string;
    kind: 'blocked' | 'allowed' | 'attention';
    deviceKey: string | null;
    at: string;
    /** When it was last handed to the flow, and by which run of it. */
    emittedAt: string;
    emittedBy: string;
    emissions: number;
    /** JSON list of the notifiers that have said why they send no mail. */
    declinedBy: string;
    news: string;
  };
  tokens: {
    tokenId: string;
    purpose: string;
    mailboxId: string;
    easId: string;
    issuedAt: string;
    expiresAt: string;
    usedAt: string | null;
    /** When its page was first asked for. */
    openedAt: string | null;
    /** The link address it was sent with; null: by an older version. */
    linkBase: string | null;
  };
  heldPlans: {
    id: string;
    organization: string;
    at: string;
    reason: string;
    /** 0: it is being staged; 1: it is valid; 2: it is not any more, and being deleted. */
    valid: number;
    /** JSON of its head. */
    plan: string;
    /** JSON list of the classes of its changes that wait for a person; null: all of its changes do. */
    held: string | null;
    /** JSON list of the classes of its changes that are still being put into the outbox; null: none is. */
    goes: string | null;
    /** 1: it is staged by a simulation, and never becomes valid. */
    simulated: number;
    /** When something was staged last; tells one that is under way from one whose process died. */
    touchedAt: string;
    /** The plan whose rows are its own: one that it took the place of; null: those under its own id. */
    rowsOf: string | null;
  };
  heldChanges: {
    planId: string;
    key: string;
    /** What guard and brake tell it by. */
    class: string;
    action: string;
    reason: string;
    mailboxId: string;
    /** The mailbox's address, folded. */
    owner: string;
    change: string;
  };
  history: {
    no: Generated<number>;
    syncId: string;
    at: string;
    subject: string;
    organization: string | null;
    ok: number;
    tookMs: number;
    report: string;
  };
  audit: {
    no: Generated<number>;
    at: string;
    who: string;
    what: string;
    deviceKey: string | null;
    organization: string | null;
    rule: string | null;
    reason: string;
    evidence: string;
    before: string;
    after: string;
    approvedBy: string | null;
  };
  settings: { name: string; value: string };
  checks: {
    node: string;
    target: string;
    name: string;
    domain: string;
    at: string;
    overall: 'healthy' | 'warning' | 'broken' | 'unknown';
    verdict: string | null;
    /** JSON: the summary by language. */
    texts: string;
  };
  notifiers: {
    node: string;
    name: string;
    process: string;
    at: string;
    verdict: 'ready' | 'unknown' | 'failed';
    step: string | null;
    text: string;
  };
}
