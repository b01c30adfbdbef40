/**
 * What is missing before a sync may change anything: rules, Exchange, the MDMs, their readings, and the groups that rules
 * name. In: settings as they are in a dialog, the ports, the store. Out: what was found, thing by thing. Changes: nothing but
 * which organization is known to answer.
 */
import { guardSnapshots } from '../access/guard-plan.ts';
import type { GuardProblem } from '../access/guard-plan.ts';
import { compileRules } from '../access/compile-rules.ts';
import { ConnectorError } from '../errors.ts';
import type { SeenInEach } from '../errors.ts';
import { isFresh, wholeSince } from '../model/reading-age.ts';
import { valueInWords } from '../model/say.ts';
import type { ReportLanguage, Said } from '../model/say.ts';
import { mdmReadings } from '../store/mdm-readings.ts';
import type { MdmReading } from '../store/mdm-readings.ts';
import { looked, worstOf } from './check-result.ts';
import type { CheckResult, CheckVerdict } from './check-result.ts';
import { keptMatchSettings } from './matching/match-settings.ts';
import { askOrganization } from './organization/known-organization.ts';
import type { ExchangePort, MdmPort } from './ports.ts';
import { errorInLanguage } from './sentences/error-in-language.ts';
import { inLanguage } from './sentences/in-language.ts';
import { PREFLIGHT_WORDS, said } from './sentences/preflight-words.ts';
import { rulesInUse } from './sync/decider.ts';
import { GroupMembership, groupsNamedBy } from './sync/group-membership.ts';
import { withMeasures } from './sync/mdm-measures.ts';
import { refuseMixedSides } from './sync/mixed-sides.ts';
import type { SwitchParts } from './sync/switch-parts.ts';

export type PreflightStepName = 'rules' | 'exchange' | 'eas-reading' | 'mdm' | 'mdm-reading' | 'groups';

/** What was found about one thing. */
export interface PreflightStep extends CheckResult {
  readonly step: PreflightStepName;
  /** Which MDM, as a person calls it; null: there is one of its kind. */
  readonly about: string | null;
}

/** What was found; while a step has failed, a sync may not run, or may block nobody. */
export interface Preflight {
  readonly verdict: CheckVerdict;
  readonly steps: readonly PreflightStep[];
}

/** What the preflight looks at, and in which language it is said. */
export interface PreflightParts extends Pick<
  SwitchParts,
  'store' | 'mdms' | 'directory' | 'settings' | 'now' | 'signal'
> {
  readonly exchange: Pick<
    ExchangePort,
    'organization' | 'isSimulated' | 'kind' | 'whichOrganization' | 'easPages' | 'groupMembers' | 'activeDirectory'
  >;
  /** How long a far end may take to answer, in milliseconds; default one minute. */
  readonly limitMs?: number;
  /** Default: English. */
  readonly language?: ReportLanguage;
}

const LIMIT_MS = 60_000;

/*
 *   step          about          failed                              unknown                        ready
 *   rules         –              one of them cannot be meant         –                              the number in use
 *   exchange      –              no answer, no right to read, or     –                              it lets its devices be read
 *                                simulated, and an MDM is not (or
 *                                the other way round), or of another
 *                                organization than is known
 *   eas-reading   –              never read to its end               last whole one older than      since when
 *                                                                    the matcher lets an MDM's be
 *   mdm           each MDM       no answer, or no right to read      it cannot be asked: fed by     it lets its devices be read
 *                                                                    a flow, or tenant not there
 *   mdm-reading   each MDM       what the guard of a sync finds      –                              records, since when
 *   groups        –              one cannot be read                  –                              how many are in each
 *                 (left out when rules name none)
 */

/** Looks at everything, the far ends side by side. Throws ERR_ABORTED and ERR_STORE_… only. */
export async function preflight(parts: PreflightParts): Promise<Preflight> {
  const { store, mdms, now } = parts;
  const { maxAgeHours } = await keptMatchSettings(store);
  const readings = await mdmReadings(store);
  const nameOf = (source: string): string => readings.find(({ scope }) => scope === source)?.name ?? source;
  const far = mdms.deployed().map((source) => ({ about: nameOf(source), port: mdms.port(source) }));
  const namesGroups = groupsNamedBy(rulesInUse(parts.settings.rules)).length > 0;
  const [rules, exchange, easReading, groups, ...asked] = await Promise.all([
    stepOf('rules', null, parts, () => checkRules(parts)),
    stepOf('exchange', null, parts, (signal) => askExchange(parts, signal)),
    stepOf('eas-reading', null, parts, () => checkEasReading(parts, maxAgeHours)),
    namesGroups ? stepOf('groups', null, parts, (signal) => readGroups(parts, signal)) : null,
    ...far.map(({ about, port }) => stepOf('mdm', about, parts, (signal) => askMdm(parts, port, signal))),
  ]);
  const judged = await judgeMdmReadings(parts, readings, { maxAgeHours, now: now() });
  const steps = [rules, exchange, easReading, ...asked, ...judged, ...(groups === null ? [] : [groups])];
  return { verdict: worstOf(steps), steps };
}

async function stepOf(
  step: PreflightStepName,
  about: string | null,
  { signal, limitMs = LIMIT_MS, language = 'en' }: PreflightParts,
  look: (signal: AbortSignal) => Promise<CheckResult> | CheckResult,
): Promise<PreflightStep> {
  const limit = AbortSignal.timeout(limitMs);
  const withinLimit = async (): Promise<CheckResult> => {
    try {
      return await look(AbortSignal.any([signal, limit]));
    } catch (thrown) {
      if (!limit.aborted) throw thrown;
      throw new ConnectorError('ERR_HTTP_TIMEOUT', inEach(said('late', { seconds: limitMs / 1_000 })));
    }
  };
  let failure: ConnectorError | null = null;
  const found = await looked(withinLimit, signal, (error) => {
    failure = error;
  });
  return { step, about, ...found, ...(failure === null ? {} : { text: errorInLanguage(failure, language) }) };
}

function inEach(what: Said): SeenInEach {
  return { en: valueInWords(what, PREFLIGHT_WORDS.en), de: valueInWords(what, PREFLIGHT_WORDS.de) };
}

function saw(
  { language = 'en' }: Pick<PreflightParts, 'language'>,
  verdict: CheckVerdict,
  what: ReturnType<typeof said>,
): CheckResult {
  return { verdict, text: valueInWords(what, PREFLIGHT_WORDS[language]) };
}

/** What the guard of a sync finds, or who reads groups. */
function foundWrong(
  { language = 'en' }: Pick<PreflightParts, 'language'>,
  { code, text }: Pick<GuardProblem, 'code' | 'text'>,
): CheckResult {
  return { verdict: 'failed', code, text: inLanguage(text, language, code) };
}

function checkRules(parts: PreflightParts): CheckResult {
  const { settings } = parts;
  const rules = rulesInUse(settings.rules);
  compileRules(rules);
  const used = rules.filter(({ disabled }) => disabled !== true).length;
  return saw(parts, 'ready', said('rules', { used, of: rules.length }));
}

/** A quick reading of what changed in this moment: it takes the rights of a reading and costs next to nothing. */
async function askExchange(parts: PreflightParts, signal: AbortSignal): Promise<CheckResult> {
  const { exchange, store, now } = parts;
  await refuseMixedSides(store, exchange);
  await askOrganization({ store, exchange, now, signal });
  const since = new Date(now()).toISOString();
  await firstOf(exchange.easPages({ kind: 'quick', since, pageSize: 1, signal }));
  return saw(parts, 'ready', said('exchange'));
}

async function askMdm(parts: PreflightParts, port: MdmPort | null, signal: AbortSignal): Promise<CheckResult> {
  if (port === null) return saw(parts, 'unknown', said('mdm-fed'));
  await firstOf(port.mdmPages({ pageSize: 1, signal }));
  return saw(parts, 'ready', said('mdm'));
}

async function checkEasReading(parts: PreflightParts, maxAgeHours: number): Promise<CheckResult> {
  const { store, exchange, now } = parts;
  const reading = (await store.snapshots.list('eas')).find(({ scope }) => scope === exchange.organization);
  if (reading === undefined) throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', inEach(said('eas-never')));
  const time = wholeSince(reading);
  if (!isFresh(reading, now(), maxAgeHours))
    return saw(parts, 'unknown', said('eas-old', { time, hours: maxAgeHours }));
  return saw(parts, 'ready', said('eas-whole', { time, count: reading.count }));
}

/** One step for each source that counts, judged as a sync would judge it; without any, one that says so. */
async function judgeMdmReadings(
  parts: PreflightParts,
  readings: readonly MdmReading[],
  age: { readonly maxAgeHours: number; readonly now: number },
): Promise<PreflightStep[]> {
  const { store, exchange, settings } = parts;
  const measured = await withMeasures(store, exchange.organization, readings, age.now);
  const guard = { easComplete: true, brakePercent: settings.brakePercent, ...age };
  const step = 'mdm-reading' as const;
  if (measured.length === 0) {
    const problems = guardSnapshots({ ...guard, mdm: [] });
    return problems.map((problem) => ({ step, about: null, ...foundWrong(parts, problem) }));
  }
  return measured.flatMap((reading): PreflightStep[] => {
    const about = reading.name;
    const problems = guardSnapshots({ ...guard, mdm: [reading] });
    if (problems.length > 0) return problems.map((problem) => ({ step, about, ...foundWrong(parts, problem) }));
    const { count } = reading.snapshot!;
    const time = wholeSince(reading.snapshot!);
    return [{ step, about, ...saw(parts, 'ready', said('mdm-whole', { time, count })) }];
  });
}

async function readGroups(parts: PreflightParts, signal: AbortSignal): Promise<CheckResult> {
  const { exchange, directory, settings } = parts;
  const rules = rulesInUse(settings.rules);
  const { problem, sizes } = (await GroupMembership.read(rules, { exchange, directory }, signal))!;
  if (problem !== null) return foundWrong(parts, problem);
  const groups = sizes.map(({ group, members: count }) =>
    count === 1 ? said('group.one', { group }) : said('group', { group, count }),
  );
  return saw(parts, 'ready', said('groups', { groups }));
}

/** Waits for the first page and leaves the reading. */
async function firstOf(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pages) return;
}
