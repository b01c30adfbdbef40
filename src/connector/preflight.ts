/**
 * What is missing before a sync may change anything: rules, Exchange, the MDMs, their readings, and the groups that rules
 * name. In: settings as they are in a dialog, the ports, the store. Out: what was found, thing by thing. Changes: nothing but
 * which organization is known to answer.
 */
import { guardSnapshots } from '../access/guard-plan.ts';
import { compileRules } from '../access/compile-rules.ts';
import { ConnectorError } from '../errors.ts';
import { isFresh, wholeSince } from '../model/reading-age.ts';
import { mdmReadings } from '../store/mdm-readings.ts';
import type { MdmReading } from '../store/mdm-readings.ts';
import { looked, worstOf } from './check-result.ts';
import type { CheckResult, CheckVerdict } from './check-result.ts';
import { keptMatchSettings } from './matching/match-settings.ts';
import { askOrganization } from './organization/known-organization.ts';
import type { ExchangePort, MdmPort } from './ports.ts';
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

/** What the preflight looks at. */
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
    ...far.map(({ about, port }) => stepOf('mdm', about, parts, (signal) => askMdm(port, signal))),
  ]);
  const judged = await judgeMdmReadings(parts, readings, { maxAgeHours, now: now() });
  const steps = [rules, exchange, easReading, ...asked, ...judged, ...(groups === null ? [] : [groups])];
  return { verdict: worstOf(steps), steps };
}

async function stepOf(
  step: PreflightStepName,
  about: string | null,
  { signal, limitMs = LIMIT_MS }: PreflightParts,
  look: (signal: AbortSignal) => Promise<CheckResult> | CheckResult,
): Promise<PreflightStep> {
  const limit = AbortSignal.timeout(limitMs);
  const withinLimit = async (): Promise<CheckResult> => {
    try {
      return await look(AbortSignal.any([signal, limit]));
    } catch (thrown) {
      if (!limit.aborted) throw thrown;
      throw new ConnectorError('ERR_HTTP_TIMEOUT', `There was no answer within ${limitMs / 1_000} seconds.`);
    }
  };
  return { step, about, ...(await looked(withinLimit, signal)) };
}

function checkRules({ settings }: PreflightParts): CheckResult {
  const rules = rulesInUse(settings.rules);
  compileRules(rules);
  const used = rules.filter(({ disabled }) => disabled !== true).length;
  return { verdict: 'ready', text: `The rules can be used: ${used} of ${rules.length} are switched on.` };
}

/** A quick reading of what changed in this moment: it takes the rights of a reading and costs next to nothing. */
async function askExchange({ exchange, store, now }: PreflightParts, signal: AbortSignal): Promise<CheckResult> {
  await refuseMixedSides(store, exchange);
  await askOrganization({ store, exchange, now, signal });
  const since = new Date(now()).toISOString();
  await firstOf(exchange.easPages({ kind: 'quick', since, pageSize: 1, signal }));
  return { verdict: 'ready', text: 'Exchange lets the connector sign in and read devices.' };
}

async function askMdm(port: MdmPort | null, signal: AbortSignal): Promise<CheckResult> {
  if (port === null)
    return {
      verdict: 'unknown',
      text: 'It cannot be asked: it is fed by the flow, or its tenant is not deployed. A block that must be tried again waits for the next sync.',
    };
  await firstOf(port.mdmPages({ pageSize: 1, signal }));
  return { verdict: 'ready', text: 'The MDM lets the connector sign in and read devices.' };
}

async function checkEasReading({ store, exchange, now }: PreflightParts, maxAgeHours: number): Promise<CheckResult> {
  const reading = (await store.snapshots.list('eas')).find(({ scope }) => scope === exchange.organization);
  if (reading === undefined)
    throw new ConnectorError('ERR_SNAPSHOT_INCOMPLETE', 'This Exchange has not been read to its end yet.');
  const since = wholeSince(reading);
  const read = `Exchange was last read whole at ${since}`;
  if (!isFresh(reading, now(), maxAgeHours))
    return { verdict: 'unknown', text: `${read}, longer ago than ${maxAgeHours} hours. Is its source started?` };
  return { verdict: 'ready', text: `${read}; devices: ${reading.count}.` };
}

/** One step for each source that counts, judged as a sync would judge it; without any, one that says so. */
async function judgeMdmReadings(
  { store, exchange, settings }: PreflightParts,
  readings: readonly MdmReading[],
  age: { readonly maxAgeHours: number; readonly now: number },
): Promise<PreflightStep[]> {
  const measured = await withMeasures(store, exchange.organization, readings, age.now);
  const guard = { easComplete: true, brakePercent: settings.brakePercent, ...age };
  const step = 'mdm-reading' as const;
  if (measured.length === 0) {
    const problems = guardSnapshots({ ...guard, mdm: [] });
    return problems.map(({ code, text }) => ({ step, about: null, verdict: 'failed', code, text }));
  }
  return measured.flatMap((reading): PreflightStep[] => {
    const about = reading.name;
    const problems = guardSnapshots({ ...guard, mdm: [reading] });
    if (problems.length > 0) return problems.map(({ code, text }) => ({ step, about, verdict: 'failed', code, text }));
    const { count } = reading.snapshot!;
    return [
      {
        step,
        about,
        verdict: 'ready',
        text: `Last read whole at ${wholeSince(reading.snapshot!)}; records: ${count}.`,
      },
    ];
  });
}

async function readGroups(
  { exchange, directory, settings }: PreflightParts,
  signal: AbortSignal,
): Promise<CheckResult> {
  const rules = rulesInUse(settings.rules);
  const { problem, sizes } = (await GroupMembership.read(rules, { exchange, directory }, signal))!;
  if (problem !== null) return { verdict: 'failed', code: problem.code, text: problem.text };
  const members = sizes.map(
    ({ group, members: count }) => `${group} (${count === 1 ? '1 member' : `${count} members`})`,
  );
  return { verdict: 'ready', text: `Groups that rules name, each read whole: ${members.join(', ')}.` };
}

/** Waits for the first page and leaves the reading. */
async function firstOf(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pages) return;
}
