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
import { WOULD_WORDS } from '../connector/sync/would-words.ts';
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
  /** Of the texts. */
  readonly language: RuleLanguage;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The flows have a node of an MDM source, whether it runs or not. */
  readonly isInFlows: (source: string) => boolean;
}

/** The answer to a question for the overview. */
export function overviewAnswer(overview: Overview, nameOf: NameOf, { language, now, isInFlows }: Shown) {
  const { needs, counts, byReason, readings, days, delays, runs, plans, dryRun } = overview;
  const how = { language, mayForget: (source: string) => !isInFlows(source) };
  return {
    needs: needs.map((need) => needAnswer(need, nameOf, how)),
    counts: { ...counts, allowed: counts.decided.allow },
    reasons: Object.entries(byReason)
      .map(([reason, count]) => ({ ...coded('reason', reason, language), count }))
      .sort((a, b) => b.count - a.count),
    readings: readings.map((reading) => readingAnswer(reading, nameOf, language)),
    days,
    delays: {
      accountToMail: delayAnswer(delays.accountToMail),
      enrolledToAllowed: delayAnswer(delays.enrolledToAllowed),
    },
    runs: runs.map((run) => runAnswer(run, language)),
    plans: plans.map((plan) => planAnswer(plan, language)),
    health: healthOf(overview, nameOf, { language, now }),
    dryRun,
  };
}

function needAnswer(
  { code, count, about, seen, gone }: Need,
  nameOf: NameOf,
  { language, mayForget }: { readonly language: RuleLanguage; readonly mayForget: (source: string) => boolean },
) {
  const isId = code === 'held';
  return {
    ...coded('attention', code, language),
    count,
    about: about === null || isId ? about : nameOf(about),
    // A notifier has said it in words.
    seen:
      seen === null
        ? null
        : code === 'notifier'
          ? { code: 'notifier', text: inLanguage(seen, language) }
          : coded('attention', seen, language),
    gone: gone === undefined ? null : { ...gone, mayBeForgotten: mayForget(gone.source) },
  };
}

function readingAnswer(reading: ReadingAge, nameOf: NameOf, language: RuleLanguage) {
  const { failed, name, gone: _, ...rest } = reading;
  return {
    ...rest,
    name: nameOf(name),
    failed: failed === null ? null : { at: failed.at, ...coded('attention', failed.code, language) },
  };
}

function delayAnswer({ counts, sum }: Distribution) {
  return { unit: 'seconds', bounds: WAIT_BOUNDS, counts, count: counts.reduce((all, one) => all + one, 0), sum };
}

function runAnswer({ at, subject, ok, tookMs, error }: RunLine, language: RuleLanguage) {
  return {
    at,
    subject: coded('subject', subject, language),
    ok,
    tookMs,
    error: error === null ? null : coded('attention', error, language),
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
  { language, now }: { readonly language: RuleLanguage; readonly now: number },
) {
  const health = (part: string, name: string, verdict: 'ready' | 'unknown' | 'failed', why: Coded, at: string | null) =>
    ({ part, name, verdict, ...why, at }) as const;
  const ofCheck = ({ name, domain, overall, at, texts }: KeptCheck) => {
    const isOld = now - Date.parse(at) > CHECK_KEEPS_MS;
    const works = overall === 'healthy' || overall === 'warning';
    const verdict = works ? (isOld ? 'unknown' : 'ready') : overall === 'broken' ? 'failed' : 'unknown';
    const said = texts[language] ?? texts['en'] ?? overall;
    const why =
      works && isOld ? coded('health', 'check-old', language) : { code: `autodiscover-${overall}`, text: said };
    return health('autodiscover', name === domain ? name : `${name}, ${domain}`, verdict, why, at);
  };
  return [
    ...readings.map(({ source, name, startedAt, failed, isFresh, gone }) => {
      const part = source === 'eas' ? 'exchange' : 'mdm';
      if (gone !== undefined)
        return health(part, nameOf(name), 'failed', coded('health', 'source-gone', language), gone.since);
      if (startedAt === null && failed === null)
        return health(part, nameOf(name), 'failed', coded('health', 'never-read', language), null);
      if (failed !== null)
        return health(part, nameOf(name), 'failed', coded('health', failed.code, language), failed.at);
      return isFresh
        ? health(part, nameOf(name), 'ready', coded('health', 'ready', language), startedAt)
        : health(part, nameOf(name), 'unknown', coded('health', 'reading-old', language), startedAt);
    }),
    ...(notifiers.length === 0
      ? [health('mail', 'mail', 'unknown', coded('health', 'no-notifier', language), null)]
      : notifiers.map(({ name, verdict, step, text, at }) =>
          health('mail', nameOf(name), verdict, { code: step ?? 'ready', text: inLanguage(text, language) }, at),
        )),
    ...(checks.length === 0
      ? [health('autodiscover', 'Autodiscover', 'unknown', coded('health', 'never-checked', language), null)]
      : checks.map(ofCheck)),
  ];
}

/** One line of the list of devices. */
export function deviceAnswer(line: DeviceLine, nameOf: NameOf, language: RuleLanguage = 'en') {
  const { key, easId, owner, device, access, decision, mdm, waiting, mailedAt, mailFailed } = line;
  return {
    key,
    easId,
    owner,
    device: {
      type: device.type,
      model: device.model,
      os: device.os,
      platform: coded('platform', device.platform, language),
    },
    access: { state: coded('state', access.state, language), reason: access.reason, listed: access.listed },
    decision: {
      action: coded('decision', decision.action, language),
      rule: ruleIn(decision.rule, language),
      reason: coded('reason', decision.reason, language),
      since: decision.since,
    },
    mdm:
      mdm === null
        ? null
        : {
            key: mdm.key,
            source: nameOf(mdm.source),
            name: mdm.name,
            compliance: coded('compliance', mdm.compliance, language),
          },
    waiting: waiting === null ? null : waitingAnswer(waiting, language),
    mailedAt,
    mailFailed,
    firstSyncAt: line.firstSyncAt,
    lastSyncAt: line.lastSyncAt,
  };
}

function waitingAnswer(
  { state, error }: { readonly state: string; readonly error: string | null },
  language: RuleLanguage,
) {
  return { ...coded('change', state, language), error: error === null ? null : coded('change', error, language) };
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
        : { state: coded('state', eas.access.state, language), reason: eas.access.reason, listed: eas.access.listed },
    firstSyncAt: eas?.firstSyncAt ?? null,
    lastSyncAt: eas?.lastSyncAt ?? null,
    decision:
      decided === null
        ? null
        : {
            action: coded('decision', decided.decision, language),
            rule: ruleIn(decided.rule, language),
            reason: coded('reason', decided.reason, language),
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
            platform: coded('platform', mdm.device.platform, language),
            os: mdm.device.os,
            osVersion: mdm.device.osVersion,
            model: mdm.device.model,
            managed: mdm.managed,
            compliance: coded('compliance', mdm.compliance, language),
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
    entries: entries.map(({ list, state, writtenAt, rule, episode }) => ({
      list,
      state,
      writtenAt,
      rule: rule === null ? null : ruleIn(rule, language),
      episode,
    })),
    waiting:
      waiting === null
        ? null
        : {
            ...waitingAnswer({ state: waiting.state, error: waiting.lastError?.code ?? null }, language),
            seen:
              waiting.lastError === null ? null : inLanguage(waiting.lastError.text, language, waiting.lastError.code),
            attempts: waiting.attempts,
            createdAt: waiting.createdAt,
            nextAttemptAt: waiting.nextAttemptAt,
          },
    heldIn,
    steps: device.steps.map(({ step, at, author, who, evidence }) => ({
      ...coded('step', step, language),
      at,
      author,
      who: who === null ? null : nameOf(who),
      evidence: evidence.map((one) => lineInLanguage(knownWord(one, language), language)),
    })),
    mails: mails.map(({ at, kind, outcome, note, to }) => ({
      at,
      kind: coded('reason', kind, language),
      outcome: coded('mail', outcome, language),
      note: note === null ? null : inLanguage(note, language),
      to,
    })),
    audit: device.audit.map((entry) => auditAnswer({ no: null, ...entry }, nameOf, language)),
  };
}

/** A rule of the list by its own name; what decides that is none has a name in each language. */
function ruleIn(rule: string, language: RuleLanguage): string {
  const { rules } = WOULD_WORDS[language];
  return Object.hasOwn(rules, rule) ? (rules[rule] ?? rule) : rule;
}

/** A code in words; what is none stays as it is. */
function knownWord(text: string, language: RuleLanguage): string {
  const by = coded('by', text, language);
  const reason = coded('reason', text, language);
  return /^[a-z-]+$/.test(text) ? (by.text === text.replaceAll('-', ' ') ? reason.text : by.text) : text;
}

/** What a device may be paired with. */
export function candidatesAnswer(
  { reason, candidates }: PairingCandidates,
  nameOf: NameOf,
  language: RuleLanguage = 'en',
) {
  return {
    reason: { ...reason, text: inLanguage(reason.text, language, reason.code) },
    candidates: candidates.map(({ record: { key, source, device, user, compliance, enrolledAt }, why }) => ({
      key,
      source: nameOf(source),
      name: device.name,
      user: user.upn,
      model: device.model,
      serial: device.serial,
      compliance: coded('compliance', compliance, language),
      enrolledAt,
      why: lineInLanguage(why, language),
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
      action: coded('decision', action, language),
      reason: { code, text: inLanguage(text, language, code) },
      rule: ruleIn(rule, language),
      count,
      examples,
    })),
  };
}

/** A page of a held plan. */
export function planPageAnswer({ plan, changes, next }: PlanPage, language: RuleLanguage = 'en') {
  return { plan: planAnswer(plan, language), changes: changes.map((one) => changeAnswer(one, language)), next };
}

function changeAnswer(
  { key, easId, owner, device, action, from, to, rule, reason }: PlanChange,
  language: RuleLanguage,
) {
  return {
    key,
    easId,
    owner,
    device,
    action: coded('decision', action, language),
    from: coded('state', from, language),
    to: coded('state', to, language),
    rule: ruleIn(rule, language),
    reason: { ...reason, text: inLanguage(reason.text, language, reason.code) },
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
    what: coded('audit', what, language),
    deviceKey,
    rule: rule === null ? null : ruleIn(rule, language),
    reason: coded('reason', reason, language),
    evidence: evidence.map((line) => lineInLanguage(line, language)),
    before,
    after,
  };
}
