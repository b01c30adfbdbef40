/** Reads WWW-Authenticate. RFC 9110 11.6.1; no I/O here. */

/** One offered way to sign in. */
export interface Challenge {
  /** Lower case: `basic`, `negotiate`, `ntlm`, `kerberos`, … */
  readonly scheme: string;
  /** The token after the scheme, base64, or null. */
  readonly token: string | null;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const PARAMETER = new RegExp(`^(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${TOKEN}))$`);
const SCHEME = new RegExp(`^(${TOKEN})(?:\\s+(.*))?$`);
const TOKEN68 = /^[A-Za-z0-9._~+/-]+=*$/;
/** Of all WWW-Authenticate headers together: a Kerberos ticket with many groups takes some ten thousand. */
const MAX_CHARS = 64 * 1024;

/** Splits at commas outside quotes. */
function pieces(text: string): string[] {
  const found: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted && char === '\\') at += 1;
    else if (char === '"') quoted = !quoted;
    else if (char === ',' && !quoted) {
      found.push(text.slice(start, at));
      start = at + 1;
    }
  }
  found.push(text.slice(start));
  return found.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

/** Reads one header, or several joined by commas as Node.js gives them. What is malformed is left out. */
export function parseChallenges(header: string | undefined): Challenge[] {
  const challenges: { scheme: string; token: string | null; parameters: Map<string, string> }[] = [];
  const addParameter = (text: string): boolean => {
    const match = PARAMETER.exec(text);
    const current = challenges.at(-1);
    if (match?.[1] === undefined || current === undefined) return false;
    current.parameters.set(match[1].toLowerCase(), match[3] ?? (match[2] ?? '').replace(/\\(.)/g, '$1'));
    return true;
  };
  for (const piece of pieces((header ?? '').slice(0, MAX_CHARS))) {
    if (PARAMETER.test(piece) && addParameter(piece)) continue;
    const match = SCHEME.exec(piece);
    if (match?.[1] === undefined) continue;
    const rest = match[2]?.trim() ?? '';
    challenges.push({ scheme: match[1].toLowerCase(), token: null, parameters: new Map() });
    const current = challenges.at(-1);
    if (rest === '' || current === undefined || addParameter(rest)) continue;
    if (TOKEN68.test(rest)) current.token = rest;
  }
  return challenges;
}

/** The offered schemes in the server's order, each once. */
export function offeredSchemes(header: string | undefined): string[] {
  return [...new Set(parseChallenges(header).map((challenge) => challenge.scheme))];
}

/** The token of a scheme's challenge, or null. */
export function challengeToken(header: string | undefined, scheme: string): string | null {
  return (
    parseChallenges(header).find((challenge) => challenge.scheme === scheme.toLowerCase() && challenge.token !== null)
      ?.token ?? null
  );
}
