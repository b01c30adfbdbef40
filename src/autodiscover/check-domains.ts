/** Every mail domain of an organization: those Exchange says and those listed, a few at a time, in one report. */
import { checkAutodiscover, type AutodiscoverCheckOptions } from './check-autodiscover.ts';
import { asciiDomain, mailDomain } from './domain.ts';
import { worst } from './overall.ts';
import { judged, seen, stepFrom, type AutodiscoverReport, type AutodiscoverStep, type Finding } from './report.ts';
import { failed } from './context.ts';
import { inWords, said, sentences, type Said } from './words/say.ts';

/** A mail domain as Exchange has it. */
export interface AcceptedDomain {
  /** `contoso.com`, `*.contoso.com` with every name below, or `*`. */
  readonly name: string;
  /** Authoritative, InternalRelay, ExternalRelay; null: not said. */
  readonly type: string | null;
}

/** Which domains to check. */
export interface DomainList {
  /** Named by an administrator. */
  readonly listed: readonly string[];
  /** What Exchange said; null: it was not asked. */
  readonly accepted: readonly AcceptedDomain[] | null;
  /** Why Exchange gave no list, if it was asked. */
  readonly refused?: { readonly code: string; readonly message: string };
}

/** Checks under way at a time: each has about a dozen connections. */
const AT_A_TIME = 4;
/** Domains of one report. At half a minute each, and {@link AT_A_TIME}, the worst of them takes six minutes. */
export const MAX_DOMAINS = 50;

/** What becomes of each domain. */
export interface DomainPlan {
  /** In order, the main domain first. */
  readonly check: readonly string[];
  /** Not checked, and why. */
  readonly named: readonly { readonly name: string; readonly why: Said }[];
  /** More than {@link MAX_DOMAINS}. */
  readonly cut: number;
}

/**
 * | domain                                       | becomes                                           |
 * |----------------------------------------------|---------------------------------------------------|
 * | the main one; listed                         | checked                                           |
 * | Exchange: Authoritative, or it says no type  | checked                                           |
 * | Exchange: InternalRelay, ExternalRelay       | named: its mailboxes may be elsewhere             |
 * | `*.contoso.com`, `*`                         | named: it is no single name                       |
 * | no mail domain, as `contoso.local.` or `com` | named                                             |
 * | any of these a second time                   | once; checked wins over named                     |
 * | beyond the limit                             | named                                             |
 */
export function planDomains(main: string, { listed, accepted }: DomainList): DomainPlan {
  const named = new Map<string, Said>();
  const check = new Set<string>();
  const add = (name: string): void => {
    try {
      check.add(mailDomain(name));
    } catch {
      named.set(name, said('domains.no-domain'));
    }
  };
  add(main);
  for (const name of listed) add(name);
  for (const { name, type } of accepted ?? []) {
    if (name.startsWith('*')) named.set(name, said('domains.every'));
    else if (type === null || /^authoritative$/i.test(type)) add(name);
    else named.set(asciiDomain(name.toLowerCase()), said('domains.relayed', { type }));
  }
  const all = [...check];
  return {
    check: all.slice(0, MAX_DOMAINS),
    named: [...named].filter(([name]) => !check.has(name)).map(([name, why]) => ({ name, why })),
    cut: Math.max(0, all.length - MAX_DOMAINS),
  };
}

/** What is asked of every domain; the account and the EWS address belong to the main one alone. */
export type DomainsCheckOptions = AutodiscoverCheckOptions & { readonly domains: DomainList };

/**
 * Checks the main domain (`domain`, or that of `address`) and all others. The account signs in at the main domain alone: a wrong
 * password is tried once, not once a domain, and a domain somebody added in Exchange gets no password.
 *
 * The report is that of the whole: `overall` is the worst of all, `steps` say where the list is from, `domains` holds the report
 * of each domain in full. Throws what {@link checkAutodiscover} throws.
 */
export async function checkDomains({ domains, ...options }: DomainsCheckOptions): Promise<AutodiscoverReport> {
  const startedAt = performance.now();
  const main = mailDomain(options.domain ?? options.address ?? '');
  const plan = planDomains(main, domains);
  const { address: _address, credentials: _credentials, ewsUrl: _ewsUrl, ...shared } = options;
  const reports = await inTurns(plan.check, (domain) =>
    checkAutodiscover(domain === main ? options : { ...shared, domain }),
  );
  return wholeOf(reports, listSteps(plan, domains), Math.round(performance.now() - startedAt));
}

/** Runs a few at a time; the results are in the order of the tasks. The first failure ends all: the caller stopped. */
async function inTurns<T, R>(tasks: readonly T[], run: (task: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const rest = tasks.entries();
  const work = async (): Promise<void> => {
    for (const [at, task] of rest) results[at] = await run(task);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return results;
}

// ── the whole ───────────────────────────────────────────────────────────────

function listSteps(plan: DomainPlan, { accepted, refused }: DomainList): AutodiscoverStep[] {
  const steps: AutodiscoverStep[] = [];
  const add = (id: string, title: Said, finding: Finding): void => void steps.push(stepFrom(id, title, finding, 0));
  const notChecked = (what: Said | number): Said => said('domains.not-checked', { what });
  if (refused !== undefined) {
    const why = failed(refused);
    add('domains.exchange', said('ask.domains'), judged('domains.unread', why, { why }));
  } else if (accepted !== null)
    add('domains.exchange', said('ask.domains'), seen('ok', said('domains.accepted', { n: accepted.length })));
  for (const { name, why } of plan.named)
    add(`domains.named.${name}`, said('ask.domains.named', { name }), seen('skipped', notChecked(why)));
  if (plan.cut > 0)
    add('domains.cut', said('ask.domains.cut'), judged('domains.cut', notChecked(plan.cut), { n: MAX_DOMAINS }));
  return steps;
}

function wholeOf(
  domains: readonly AutodiscoverReport[],
  steps: readonly AutodiscoverStep[],
  ms: number,
): AutodiscoverReport {
  const [main] = domains;
  if (main === undefined) throw new RangeError('There is always a main domain.');
  const ofList = steps.some(({ status }) => status === 'warning') ? ('warning' as const) : ('healthy' as const);
  const overall = worst([...domains.map((report) => report.overall), ofList]);
  const first = domains.find((report) => report.overall === overall);
  const verdict = first?.verdict ?? steps.find(({ status }) => status === 'warning')?.verdict;
  const failing = domains.filter((report) => report.overall === 'broken' || report.overall === 'unknown');
  const { failing: _failing, verdict: _verdict, ...facts } = main;
  const summary = summaryOf(main, domains.length, failing);
  return {
    ...facts,
    overall,
    healthy: overall === 'healthy',
    ...(first?.failing === undefined ? {} : { failing: first.failing }),
    ...(overall === 'healthy' || verdict === undefined ? {} : { verdict }),
    summary: inWords(summary, 'en'),
    words: { summary },
    ms,
    steps,
    domains,
  };
}

function summaryOf(main: AutodiscoverReport, n: number, failing: readonly AutodiscoverReport[]): Said {
  const [first, ...more] = failing.map(({ domain, words: { summary } }) => said('domains.one', { domain, summary }));
  return first === undefined
    ? said('domains.work', { n, main: main.words.summary })
    : said('domains.fail', { n, failing: failing.length, reports: sentences(first, ...more) });
}
