/** The report of the first hour with an Exchange: steps, each with what was seen, a verdict and what to do. No I/O here. */
import type { Overall, StepStatus } from '../../model/check-status.ts';
import type { ErrorCode } from '../../errors.ts';
import { redact } from '../../log.ts';
import { quoted } from './quoted.ts';
import { entryOf } from './verdicts.ts';
import type { Blanks, Verdict } from './verdicts.ts';

/** The steps, in order. */
export const STEP_TITLES = {
  name: 'Name',
  tls: 'TLS',
  methods: 'Sign-in methods',
  session: 'Session',
  organization: 'Organization',
  scope: 'Scope',
  rights: 'Rights',
  throttling: 'Throttling policy',
  clock: 'Clock',
  size: 'Mailboxes and devices',
  time: 'Time of a full sync',
} as const;

export type StepId = keyof typeof STEP_TITLES;

/** What a step found. Texts come partly from foreign servers: show them as text. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, in sentences. */
  readonly seen: string;
  /** Of the error that tells why. */
  readonly code?: ErrorCode;
  /** For remedy and command. `account` is quoted here, as PowerShell takes it. */
  readonly blanks?: Blanks;
  readonly children?: readonly (Finding & { readonly title: string })[];
}

/** One line of the report. */
export interface ReportStep {
  readonly id: StepId;
  readonly title: string;
  readonly status: StepStatus;
  readonly verdict: Verdict;
  /** The verdict in a few words. */
  readonly says: string;
  readonly seen: string;
  readonly code?: ErrorCode;
  readonly remedy?: string;
  /** What to paste, a command a line. */
  readonly command?: string;
  readonly ms: number;
  readonly children?: readonly ReportStep[];
}

/** The whole report. */
export interface ExchangeReport {
  readonly kind: 'remote-powershell' | 'exchange-online' | 'simulated';
  readonly overall: Overall;
  /** True for `healthy` and `warning`: the connector can work. */
  readonly works: boolean;
  /** One sentence. */
  readonly summary: string;
  /** ISO 8601 UTC. */
  readonly startedAt: string;
  readonly ms: number;
  readonly steps: readonly ReportStep[];
}

/** A finding as a line. @param about the address, where there are several */
export function stepOf(id: StepId, finding: Finding, { ms, about }: { ms: number; about?: string }): ReportStep {
  const title = about === undefined ? STEP_TITLES[id] : `${STEP_TITLES[id]} of ${about}`;
  return line(id, title, finding, ms);
}

function line(id: StepId, title: string, finding: Finding, ms: number): ReportStep {
  const { verdict, seen, code, blanks = {}, children = [] } = finding;
  const { status, says, remedy, command } = entryOf(verdict);
  const quotedBlanks = { ...blanks, account: quoted(blanks['account'] ?? 'ACCOUNT') };
  return {
    id,
    title,
    status,
    verdict,
    says,
    seen: plain(redact(seen)),
    ...(code === undefined ? {} : { code }),
    ...(remedy === undefined ? {} : { remedy: plain(filled(remedy, blanks)) }),
    ...(command === undefined ? {} : { command: filled(command, quotedBlanks) }),
    ms,
    ...(children.length === 0 ? {} : { children: children.map((child) => line(id, child.title, child, 0)) }),
  };
}

/** A blank that has no value keeps its name: a placeholder that an administrator sees. */
function filled(text: string, blanks: Blanks): string {
  return text.replace(/\{(\w+)\}/g, (blank, name: string) => blanks[name] ?? blank);
}

/** Characters that move the cursor, end lines or turn the direction of writing. */
const UNPRINTED = /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;
/** Characters of one text; a server may say as much as it likes. */
const MAX_TEXT = 2_000;

/** A foreign text as one bounded line. */
export function plain(text: string): string {
  const one = text.replace(UNPRINTED, ' ').trim();
  return one.length > MAX_TEXT ? `${one.slice(0, MAX_TEXT)}…` : one;
}

/** Steps that prove that the connector can work; what is unknown of the others harms nothing. */
const PROVING: readonly StepId[] = ['session', 'rights', 'size'];

/**
 * What the steps mean together. Of several addresses one that works is enough: what is wrong with the others is a warning.
 *
 * | an address works | an error in what counts | a proving step unknown | a warning, or an address that fails | overall |
 * |------------------|-------------------------|------------------------|-------------------------------------|---------|
 * | no, it failed    |                         |                        |                                     | broken  |
 * | no, not tried    |                         |                        |                                     | unknown |
 * | yes              | yes                     |                        |                                     | broken  |
 * | yes              | no                      | yes                    |                                     | unknown |
 * | yes              | no                      | no                     | yes                                 | warning |
 * | yes              | no                      | no                     | no                                  | healthy |
 */
export function overallOf(steps: readonly ReportStep[]): Overall {
  const ofAddress = (step: ReportStep): boolean => ['name', 'tls', 'methods', 'session'].includes(step.id);
  const works = steps.some(({ verdict }) => verdict === 'session.open');
  if (!works) return steps.some(({ status }) => status === 'error') ? 'broken' : 'unknown';
  if (steps.some((step) => step.status === 'error' && !ofAddress(step))) return 'broken';
  const isUnproven = ({ id, status }: ReportStep): boolean => PROVING.includes(id) && status === 'unknown';
  if (steps.some(isUnproven)) return 'unknown';
  return steps.some(({ status }) => status === 'warning' || status === 'error') ? 'warning' : 'healthy';
}

/** The step to look at first: the first error, else what is unproven, else the first warning; undefined where all is well. */
export function headline(steps: readonly ReportStep[], overall: Overall): ReportStep | undefined {
  const wanted: Readonly<Record<Overall, readonly StepStatus[]>> = {
    broken: ['error'],
    unknown: ['unknown'],
    warning: ['warning', 'error'],
    healthy: [],
  };
  const counts = steps.filter(({ id, status }) => status !== 'unknown' || PROVING.includes(id));
  return counts.find(({ status }) => wanted[overall].includes(status));
}

const SUMMARIES: Readonly<Record<Overall, string>> = {
  healthy: 'The connector can work with this Exchange.',
  warning: 'The connector can work with this Exchange; look at',
  broken: 'The connector cannot work with this Exchange yet; look at',
  unknown: 'Whether the connector can work with this Exchange was not proven; look at',
};

/** The report of steps that are over. */
export function reportOf(
  kind: ExchangeReport['kind'],
  steps: readonly ReportStep[],
  { startedAt, ms }: { startedAt: string; ms: number },
): ExchangeReport {
  const overall = overallOf(steps);
  const first = headline(steps, overall);
  const summary = first === undefined ? SUMMARIES[overall] : `${SUMMARIES[overall]} ${first.title}: ${first.says}.`;
  return { kind, overall, works: overall === 'healthy' || overall === 'warning', summary, startedAt, ms, steps };
}
