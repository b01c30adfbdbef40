/**
 * What the console's routes answer: the use cases' numbers, codes and times with words and names. Foreign text is text in JSON
 * and nothing else. Pure.
 */
import type { DeviceLine } from '../connector/listings/browse-devices.ts';
import type { PlanChange, PlanPage, PlanSummary } from '../connector/listings/list-plans.ts';
import type { OneDevice } from '../connector/listings/one-device.ts';
import { WAIT_BOUNDS } from '../connector/listings/overview.ts';
import type { PairingCandidates } from '../connector/listings/pairing-candidates.ts';
import { inLanguage, lineInLanguage } from '../connector/sentences/in-language.ts';
import type { RuleLanguage } from '../connector/sentences/in-language.ts';
import type { Need, Overview, ReadingAge, RunLine } from '../connector/listings/overview.ts';
import type { Distribution, KeptCheck, NumberedEntry } from '../store/store.ts';
import { coded } from './words.ts';
import type { Coded, WordKind } from './words.ts';

export type { ToldReadiness } from '../connector/sentences/readiness-sentences.ts';

/** What a person calls a node, source or organization, by its id; the id itself where nobody has named it. */
export type NameOf = (id: string) => string;

/** An id with its name. */
export interface Named {
  readonly id: string;
  readonly name: string;
}

/** How an overview is shown. */
interface Shown {
  /** Of what an Autodiscover check has said. */
  readonly language: string;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The flows have a node of an MDM source, whether it runs or not. */
  readonly isInFlows: (source: string) => boolean;
}

/** The answer to a question for the overview. */
export function overviewAnswer(overview: Overview, nameOf: NameOf, { language, now, isInFlows }: Shown) {
  const { needs, counts, byReason, readings, days, delays, runs, plans, dryRun } = overview;
  return {
    needs: needs.map((need) => needAnswer(need, nameOf, (source) => !isInFlows(source))),
    counts: { ...counts, allowed: counts.decided.allow },
    reasons: Object.entries(byReason)
      .map(([reason, count]) => ({ ...coded('reason', reason), count }))
      .sort((a, b) => b.count - a.count),
    readings: readings.map((reading) => readingAnswer(reading, nameOf)),
    days,
    delays: {
      accountToMail: delayAnswer(delays.accountToMail),
      enrolledToAllowed: delayAnswer(delays.enrolledToAllowed),
    },
    runs: runs.map(runAnswer),
    plans: plans.map((plan) => planAnswer(plan, language === 'de' ? 'de' : 'en')),
    health: healthOf(overview, nameOf, { language, now }),
    dryRun,
  };
}

function needAnswer({ code, count, about, seen, gone }: Need, nameOf: NameOf, mayForget: (source: string) => boolean) {
  const isId = code === 'held';
  return {
    ...coded('attention', code),
    count,
    about: about === null || isId ? about : nameOf(about),
    // A notifier has said it in words.
    seen: seen === null ? null : code === 'notifier' ? { code: 'notifier', text: seen } : coded('attention', seen),
    gone: gone === undefined ? null : { ...gone, mayBeForgotten: mayForget(gone.source) },
  };
}

function readingAnswer(reading: ReadingAge, nameOf: NameOf) {
  const { failed, name, gone: _, ...rest } = reading;
  return {
    ...rest,
    name: nameOf(name),
    failed: failed === null ? null : { at: failed.at, ...coded('attention', failed.code) },
  };
}

function delayAnswer({ counts, sum }: Distribution) {
  return { unit: 'seconds', bounds: WAIT_BOUNDS, counts, count: counts.reduce((all, one) => all + one, 0), sum };
}

function runAnswer({ at, subject, ok, tookMs, error }: RunLine) {
  return {
    at,
    subject: coded('subject', subject),
    ok,
    tookMs,
    error: error === null ? null : coded('attention', error),
  };
}

/** What a check has found counts for so long. */
const CHECK_KEEPS_MS = 2 * 86_400_000;

/*
 *   part           what is known                                    verdict
 *   mdm            nothing on the canvas reads it any more          failed
 *   exchange, mdm  never read, or the last try to read failed       failed
 *   exchange, mdm  the last whole reading is too old                unknown
 *   exchange, mdm  otherwise                                        ready
 *   mail           there is no notifier                             unknown
 *   mail           each notifier                                    as it has said of itself
 *   autodiscover   no check was made, or none within 30 days        unknown
 *   autodiscover   a check found that clients find their way        ready; unknown once it is two days old
 *   autodiscover   a check found that they do not                   failed
 *   autodiscover   a check could not prove either                   unknown
 */

/** The health of what the connector depends on, as far as the store knows it. */
function healthOf(
  { readings, notifiers, checks }: Pick<Overview, 'readings' | 'notifiers' | 'checks'>,
  nameOf: NameOf,
  { language, now }: { readonly language: string; readonly now: number },
) {
  const health = (part: string, name: string, verdict: 'ready' | 'unknown' | 'failed', why: Coded, at: string | null) =>
    ({ part, name, verdict, ...why, at }) as const;
  const ofCheck = ({ name, domain, overall, at, texts }: KeptCheck) => {
    const isOld = now - Date.parse(at) > CHECK_KEEPS_MS;
    const works = overall === 'healthy' || overall === 'warning';
    const verdict = works ? (isOld ? 'unknown' : 'ready') : overall === 'broken' ? 'failed' : 'unknown';
    const said = texts[language] ?? texts['en'] ?? overall;
    const why = works && isOld ? coded('health', 'check-old') : { code: `autodiscover-${overall}`, text: said };
    return health('autodiscover', name === domain ? name : `${name}, ${domain}`, verdict, why, at);
  };
  return [
    ...readings.map(({ source, name, startedAt, failed, isFresh, gone }) => {
      const part = source === 'eas' ? 'exchange' : 'mdm';
      if (gone !== undefined) return health(part, nameOf(name), 'failed', coded('health', 'source-gone'), gone.since);
      if (startedAt === null && failed === null)
        return health(part, nameOf(name), 'failed', coded('health', 'never-read'), null);
      if (failed !== null) return health(part, nameOf(name), 'failed', coded('health', failed.code), failed.at);
      return isFresh
        ? health(part, nameOf(name), 'ready', coded('health', 'ready'), startedAt)
        : health(part, nameOf(name), 'unknown', coded('health', 'reading-old'), startedAt);
    }),
    ...(notifiers.length === 0
      ? [health('mail', 'mail', 'unknown', coded('health', 'no-notifier'), null)]
      : notifiers.map(({ name, verdict, step, text, at }) =>
          health('mail', nameOf(name), verdict, { code: step ?? 'ready', text }, at),
        )),
    ...(checks.length === 0
      ? [health('autodiscover', 'Autodiscover', 'unknown', coded('health', 'never-checked'), null)]
      : checks.map(ofCheck)),
  ];
}

/** One line of the list of devices. */
export function deviceAnswer(line: DeviceLine, nameOf: NameOf) {
  const { key, easId, owner, device, access, decision, mdm, waiting, mailedAt, mailFailed } = line;
  return {
    key,
    easId,
    owner,
    device: { type: device.type, model: device.model, os: device.os, platform: coded('platform', device.platform) },
    access: { state: coded('state', access.state), reason: access.reason, listed: access.listed },
    decision: {
      action: coded('decision', decision.action),
      rule: decision.rule,
      reason: coded('reason', decision.reason),
      since: decision.since,
    },
    mdm:
      mdm === null
        ? null
        : {
            key: mdm.key,
            source: nameOf(mdm.source),
            name: mdm.name,
            compliance: coded('compliance', mdm.compliance),
          },
    waiting: waiting === null ? null : waitingAnswer(waiting),
    mailedAt,
    mailFailed,
    firstSyncAt: line.firstSyncAt,
    lastSyncAt: line.lastSyncAt,
  };
}

function waitingAnswer({ state, error }: { readonly state: string; readonly error: string | null }) {
  return { ...coded('change', state), error: error === null ? null : coded('change', error) };
}

/** All of one device. @param mayBeRemoved a person may have its partnership removed */
export function oneDeviceAnswer(
  device: OneDevice,
  nameOf: NameOf,
  mayBeRemoved: boolean,
  language: RuleLanguage = 'en',
) {
  const { key, easId, mailboxId, eas, mdm, merge, pairing, exemption, decided, entries, waiting, heldIn, mails } =
    device;
  const orNull = (kind: WordKind, code: string | null | undefined): Coded | null =>
    code === null || code === undefined ? null : coded(kind, code);
  return {
    key,
    easId,
    owner: {
      name: eas?.mailbox.displayName ?? null,
      address: eas?.mailbox.address ?? decided?.user ?? null,
      upn: eas?.mailbox.upn ?? null,
      mailboxId,
    },
    isInExchange: eas !== null,
    mayBeRemoved: mayBeRemoved && eas !== null,
    device: eas === null ? null : eas.device,
    access:
      eas === null
        ? null
        : { state: coded('state', eas.access.state), reason: eas.access.reason, listed: eas.access.listed },
    firstSyncAt: eas?.firstSyncAt ?? null,
    lastSyncAt: eas?.lastSyncAt ?? null,
    decision:
      decided === null
        ? null
        : {
            action: coded('decision', decided.decision),
            rule: decided.rule,
            reason: coded('reason', decided.reason),
            since: decided.since,
            reviewAt: decided.reviewAt,
          },
    mdm:
      mdm === null
        ? null
        : {
            key: mdm.key,
            source: nameOf(mdm.source),
            name: mdm.device.name,
            platform: coded('platform', mdm.device.platform),
            os: mdm.device.os,
            osVersion: mdm.device.osVersion,
            model: mdm.device.model,
            managed: mdm.managed,
            compliance: coded('compliance', mdm.compliance),
            complianceReason: mdm.complianceReason,
            enrolledAt: mdm.enrolledAt,
            lastSeenAt: mdm.lastSeenAt,
          },
    merge:
      merge === null
        ? null
        : { mdmKey: merge.mdmKey, by: orNull('by', merge.by), since: merge.since, until: merge.until },
    pairing: pairing === null ? null : { mdmKey: pairing.mdmKey, at: pairing.at, by: pairing.by, note: pairing.note },
    exempt:
      exemption === null
        ? null
        : { until: exemption.until, note: exemption.note, by: exemption.by, since: exemption.since },
    entries: entries.map(({ list, state, writtenAt, rule, episode }) => ({ list, state, writtenAt, rule, episode })),
    waiting:
      waiting === null
        ? null
        : {
            ...waitingAnswer({ state: waiting.state, error: waiting.lastError?.code ?? null }),
            seen: waiting.lastError?.text ?? null,
            attempts: waiting.attempts,
            createdAt: waiting.createdAt,
            nextAttemptAt: waiting.nextAttemptAt,
          },
    heldIn,
    steps: device.steps.map(({ step, at, author, who, evidence }) => ({
      ...coded('step', step),
      at,
      author,
      who: who === null ? null : nameOf(who),
      evidence: evidence.map((one) => lineInLanguage(knownWord(one), language)),
    })),
    mails: mails.map(({ at, kind, outcome, note, to }) => ({
      at,
      kind: coded('reason', kind),
      outcome: coded('mail', outcome),
      note,
      to,
    })),
    audit: device.audit.map((entry) => auditAnswer({ no: null, ...entry }, nameOf, language)),
  };
}

/** A code in words; what is none stays as it is. */
function knownWord(text: string): string {
  const by = coded('by', text);
  const reason = coded('reason', text);
  return /^[a-z-]+$/.test(text) ? (by.text === text.replaceAll('-', ' ') ? reason.text : by.text) : text;
}

/** What a device may be paired with. */
export function candidatesAnswer({ reason, candidates }: PairingCandidates, nameOf: NameOf) {
  return {
    reason,
    candidates: candidates.map(({ record: { key, source, device, user, compliance, enrolledAt }, why }) => ({
      key,
      source: nameOf(source),
      name: device.name,
      user: user.upn,
      model: device.model,
      serial: device.serial,
      compliance: coded('compliance', compliance),
      enrolledAt,
      why,
    })),
  };
}

/** One held plan. */
export function planAnswer({ id, at, reason, changes, groups }: PlanSummary, language: RuleLanguage = 'en') {
  return {
    id,
    at,
    reason: { ...reason, text: inLanguage(reason.text, language, reason.code) },
    changes,
    groups: groups.map(({ action, reason: code, text, rule, count, examples }) => ({
      action: coded('decision', action),
      reason: { code, text: inLanguage(text, language, code) },
      rule,
      count,
      examples,
    })),
  };
}

/** A page of a held plan. */
export function planPageAnswer({ plan, changes, next }: PlanPage, language: RuleLanguage = 'en') {
  return { plan: planAnswer(plan, language), changes: changes.map(changeAnswer), next };
}

function changeAnswer({ key, easId, owner, device, action, from, to, rule, reason }: PlanChange) {
  return {
    key,
    easId,
    owner,
    device,
    action: coded('decision', action),
    from: coded('state', from),
    to: coded('state', to),
    rule,
    reason,
  };
}

/** One entry of the audit. */
export function auditAnswer(
  entry: Omit<NumberedEntry, 'no'> & { readonly no: number | null },
  nameOf: NameOf,
  language: RuleLanguage = 'en',
) {
  const { at, who, what, deviceKey, rule, reason, evidence, before, after, approvedBy } = entry;
  return {
    at,
    who: nameOf(who),
    approvedBy: approvedBy === null ? null : nameOf(approvedBy),
    what: coded('audit', what),
    deviceKey,
    rule,
    reason: coded('reason', reason),
    evidence: evidence.map((line) => lineInLanguage(line, language)),
    before,
    after,
  };
}
