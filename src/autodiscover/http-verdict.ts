/** What an anonymous answer of an Autodiscover address means. No I/O here. */
import { foreignText } from '../model/foreign.ts';
import type { ProbeAnswer, ProbeFailure } from './http-probe.ts';
import { readPoxAnswer } from './pox.ts';
import { judged, seen, type Finding } from './report.ts';
import type { Verdict } from './verdicts.ts';

/** An anonymous answer: a finding, or a redirect to judge. `alive`: this is an Autodiscover service. */
export type AnonymousVerdict =
  | { readonly kind: 'finding'; readonly finding: Finding; readonly alive: boolean }
  | { readonly kind: 'redirect'; readonly location: string };

const KNOWN_STATUS = new Set([403, 404, 500, 502, 503, 504]);
/** Longer than this is worth a warning; clients give up after 10 to 30 seconds. */
const SLOW_MS = 5_000;

/** What stands at an address: each has its own rules. */
export type Directory = 'autodiscover' | 'ews' | 'activesync';

/** What administrators call it. */
const NAMES: Readonly<Record<Directory, string>> = {
  autodiscover: 'Autodiscover',
  ews: 'EWS',
  activesync: 'ActiveSync',
};

/** Judges the answer to a request without credentials. 401 with sign-in methods is the healthy one. */
export function judgeAnonymous(
  answer: ProbeAnswer | ProbeFailure,
  directory: Directory = 'autodiscover',
): AnonymousVerdict {
  if (answer.kind !== 'answer') return finding(judgeFailure(answer));
  const { status } = answer;
  if (status === 401) return judgeChallenge(answer, directory);
  if (status >= 300 && status < 400 && answer.headers['location'] !== undefined) {
    const { location } = answer.headers;
    if (isSignInPage(location))
      return finding(judged('auth.preauth', `HTTP ${status} to the sign-in page ${clean(location)}.`));
    return { kind: 'redirect', location };
  }
  if (status === 440) return finding(judged('auth.preauth', 'HTTP 440: a sign-in page answers.'));
  if (status === 200) return directory === 'autodiscover' ? judgeBody(answer) : judgeOpenDoor(answer, directory);
  if (status === 405 && directory === 'autodiscover')
    return finding(seen('warning', 'HTTP 405: something answers, but not to a POST.'));
  return finding(judged(statusVerdict(status), `HTTP ${status} from ${serverOf(answer)}.`));
}

/** What an HTTP status says that is none of the expected ones. */
export function statusVerdict(status: number): Verdict {
  return KNOWN_STATUS.has(status) ? (`http.${status}` as Verdict) : 'http.status';
}

/** Why there was no answer. */
export function judgeFailure(failure: ProbeFailure): Finding {
  if (failure.kind === 'timeout')
    return judged('http.timeout', 'No complete answer in time.', { s: Math.round(failure.ms / 1000) });
  return judged('http.reset', `The connection ended without an answer (${failure.code}).`);
}

/**
 * | offered           | Autodiscover, EWS      | ActiveSync                                    |
 * |-------------------|------------------------|-----------------------------------------------|
 * | nothing           | auth.preauth           | auth.preauth                                  |
 * | Negotiate or NTLM | ok                     | ok                                            |
 * | Basic only        | auth.schemes.basic     | ok: what it offers by default; phones sign in by it |
 * | others only       | auth.schemes.bearer    | ok: modern authentication, which phones speak |
 */
function judgeChallenge(answer: ProbeAnswer, directory: Directory): AnonymousVerdict {
  const { schemes } = answer;
  const list = schemes.join(', ');
  const text = `HTTP 401, sign-in by ${list}.${marksOf(answer)}`;
  if (schemes.length === 0)
    return finding(judged('auth.preauth', `HTTP 401 without a sign-in method, from ${serverOf(answer)}.`));
  if (answer.ms > SLOW_MS) return finding(judged('http.slow', text, { s: Math.round(answer.ms / 1000) }), true);
  const names = new Set(schemes.map((scheme) => scheme.toLowerCase()));
  if (directory === 'activesync' || names.has('negotiate') || names.has('ntlm')) return finding(seen('ok', text), true);
  if (names.has('basic')) return finding(judged('auth.schemes.basic', text, { v: NAMES[directory] }), true);
  return finding(judged('auth.schemes.bearer', text, { s: list }), true);
}

/** 200 to nobody: ActiveSync shows itself by its versions; anything else is a page in its place. */
function judgeOpenDoor(answer: ProbeAnswer, directory: Directory): AnonymousVerdict {
  if (hasSignInForm(answer.body))
    return finding(judged('auth.preauth', `HTTP 200 with a sign-in form from ${serverOf(answer)}.`));
  if (directory === 'activesync' && answer.headers['ms-asprotocolversions'] !== undefined)
    return finding(seen('warning', 'HTTP 200 without a sign-in: Exchange asks for one.'), true);
  return finding(judged('http.status', `HTTP 200 from ${serverOf(answer)}, and no ${NAMES[directory]}.`));
}

function judgeBody(answer: ProbeAnswer): AnonymousVerdict {
  if (answer.unreadable !== null)
    return finding(judged('body.invalid', `HTTP 200 with a body that is ${answer.unreadable}.`));
  const pox = readPoxAnswer(answer.body);
  if (pox.kind !== 'foreign')
    return finding(seen('warning', 'HTTP 200 without a sign-in: Exchange asks for one.'), true);
  if (hasSignInForm(answer.body)) {
    return finding(judged('auth.preauth', `HTTP 200 with a sign-in form from ${serverOf(answer)}.`));
  }
  return finding(judged('body.invalid', `HTTP 200 with ${pox.why} from ${serverOf(answer)}.`));
}

function finding(finding: Finding, alive = false): AnonymousVerdict {
  return { kind: 'finding', finding, alive };
}

function hasSignInForm(body: string): boolean {
  return /<form\b/i.test(body) && /type\s*=\s*["']?password/i.test(body);
}

function isSignInPage(location: string): boolean {
  return /\/owa\/auth|logon\.aspx|\/adfs\/ls|\/my\.policy|[?&]ReturnUrl=/i.test(location);
}

/** Name of the server software, for texts. */
export function serverOf(answer: ProbeAnswer): string {
  return clean(answer.headers['server'] ?? '') || 'an unnamed server';
}

// Worth reporting: they prove that it is Exchange, and which front end answered.
function marksOf({ headers }: ProbeAnswer): string {
  const frontEnd = headers['x-feserver'];
  return frontEnd === undefined ? '' : ` Front end ${clean(frontEnd)}.`;
}

function clean(text: string): string {
  return foreignText(text)?.slice(0, 200) ?? '';
}
