/** What an anonymous answer of an Autodiscover address means. No I/O here. */
import { foreignText } from '../model/foreign.ts';
import type { ProbeAnswer, ProbeFailure } from './http-probe.ts';
import { readPoxAnswer } from './pox.ts';
import { judged, seen, type Finding } from './report.ts';
import type { Verdict } from './verdicts.ts';
import { given, quoted, said, type Said, type Value } from './words/say.ts';

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
      return finding(judged('auth.preauth', said('http.sign-in-page', { status, location: given(clean(location)) })));
    return { kind: 'redirect', location };
  }
  if (status === 440) return finding(judged('auth.preauth', said('http.440')));
  if (status === 200) return directory === 'autodiscover' ? judgeBody(answer) : judgeOpenDoor(answer, directory);
  if (status === 405 && directory === 'autodiscover') return finding(seen('warning', said('http.405')));
  return finding(judged(statusVerdict(status), said('http.status', { status, server: serverOf(answer) })));
}

/** What an HTTP status says that is none of the expected ones. */
export function statusVerdict(status: number): Verdict {
  return KNOWN_STATUS.has(status) ? (`http.${status}` as Verdict) : 'http.status';
}

/** Why there was no answer. */
export function judgeFailure(failure: ProbeFailure): Finding {
  if (failure.kind === 'timeout')
    return judged('http.timeout', said('http.late'), { s: Math.round(failure.ms / 1000) });
  return judged('http.reset', said('http.ended', { code: failure.code }));
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
  if (schemes.length === 0)
    return finding(judged('auth.preauth', said('http.no-scheme', { server: serverOf(answer) })));
  const what = challengeOf(answer);
  if (answer.ms > SLOW_MS) return finding(judged('http.slow', what, { s: Math.round(answer.ms / 1000) }), true);
  const names = new Set(schemes.map((scheme) => scheme.toLowerCase()));
  if (directory === 'activesync' || names.has('negotiate') || names.has('ntlm')) return finding(seen('ok', what), true);
  if (names.has('basic')) return finding(judged('auth.schemes.basic', what, { v: NAMES[directory] }), true);
  return finding(judged('auth.schemes.bearer', what, { s: schemes }), true);
}

/** 200 to nobody: ActiveSync shows itself by its versions; anything else is a page in its place. */
function judgeOpenDoor(answer: ProbeAnswer, directory: Directory): AnonymousVerdict {
  if (hasSignInForm(answer.body))
    return finding(judged('auth.preauth', said('http.form', { server: serverOf(answer) })));
  if (directory === 'activesync' && answer.headers['ms-asprotocolversions'] !== undefined)
    return finding(seen('warning', said('http.open')), true);
  return finding(judged('http.status', said('http.other', { server: serverOf(answer), what: NAMES[directory] })));
}

function judgeBody(answer: ProbeAnswer): AnonymousVerdict {
  if (answer.unreadable !== null) return finding(judged('body.invalid', said(`http.${answer.unreadable}`)));
  const pox = readPoxAnswer(answer.body);
  if (pox.kind !== 'foreign') return finding(seen('warning', said('http.open')), true);
  if (hasSignInForm(answer.body)) {
    return finding(judged('auth.preauth', said('http.form', { server: serverOf(answer) })));
  }
  return finding(judged('body.invalid', said('http.body', { what: pox.why, server: serverOf(answer) })));
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
export function serverOf({ headers }: ProbeAnswer): Value {
  const name = clean(headers['server'] ?? '');
  return name === '' ? said('server.unnamed') : quoted(name);
}

// The front end is worth reporting: it proves that it is Exchange, and which one answered.
function challengeOf({ schemes, headers }: ProbeAnswer): Said {
  const frontEnd = headers['x-feserver'];
  return frontEnd === undefined
    ? said('http.sign-in', { schemes })
    : said('http.sign-in.front-end', { schemes, frontEnd: given(clean(frontEnd)) });
}

function clean(text: string): string {
  return foreignText(text)?.slice(0, 200) ?? '';
}
