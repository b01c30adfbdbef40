/** What is said of a sign-in, of Intune's answers and of the clock. Pure. */
import type { ConnectorError, ErrorCode } from '../../errors.ts';
import { errorSeen } from '../../model/check-report.ts';
import type { Blanks } from '../../model/check-report.ts';
import type { Said } from '../../model/say.ts';
import { compareWithOverview } from '../../model/overview.ts';
import type { Finding } from './report.ts';
import type { Verdict } from './verdicts.ts';
import { said } from './words/words.ts';

/** Entra's numbers that have a verdict of their own (learn.microsoft.com, "Microsoft Entra authentication error codes"). */
export const SIGN_IN_VERDICTS: Readonly<Record<string, Verdict>> = {
  AADSTS7000215: 'sign-in.secret-wrong',
  AADSTS7000222: 'sign-in.secret-expired',
  AADSTS7000216: 'sign-in.no-credential',
  AADSTS700016: 'sign-in.application-unknown',
  AADSTS7000229: 'sign-in.consent',
  AADSTS65001: 'sign-in.consent',
  AADSTS650052: 'sign-in.consent',
  AADSTS700027: 'sign-in.certificate',
  AADSTS700024: 'sign-in.clock',
  AADSTS900023: 'sign-in.tenant-name',
  AADSTS90002: 'sign-in.tenant-unknown',
  AADSTS500011: 'sign-in.cloud',
  AADSTS7000112: 'sign-in.application-disabled',
  AADSTS53003: 'sign-in.conditional-access',
};

/** What is said of a sign-in that was refused, or of a server that could not be reached. */
export function judgeSignIn(error: ConnectorError, client: string): Finding {
  const { aadsts } = error.details;
  if (typeof aadsts !== 'string') return failed('sign-in.failed', error, { client });
  return failed(SIGN_IN_VERDICTS[aadsts] ?? 'sign-in.refused', error, {
    client,
    number: aadsts.slice('AADSTS'.length),
  });
}

/** Days before its end from which a certificate is to be renewed. */
const EXPIRING_DAYS = 30;

/** What is said of a sign-in that was granted. @param expiresAt of the certificate, milliseconds since 1970; null: a secret */
export function judgeSignedIn(expiresAt: number | null, now: number, client: string): Finding {
  const days = expiresAt === null ? Infinity : Math.floor((expiresAt - now) / 86_400_000);
  if (days >= EXPIRING_DAYS) return { verdict: 'sign-in.done', seen: said('sign-in.done') };
  return {
    verdict: 'sign-in.expiring',
    seen: said('sign-in.expiring', { days: Math.max(0, days) }),
    blanks: { client },
  };
}

/** Code of an answer of Intune → verdict; any other: intune.failed. */
const INTUNE_VERDICTS: Partial<Readonly<Record<ErrorCode, Verdict>>> = {
  ERR_GRAPH_FORBIDDEN: 'intune.forbidden',
  ERR_GRAPH_THROTTLED: 'intune.throttled',
};

/**
 * What is said of Intune when it does not give its devices.
 *
 * | Graph says                                              | verdict           |
 * |---------------------------------------------------------|-------------------|
 * | 400, "not applicable to target tenant"                  | intune.no-licence |
 * | a text that names a licence                             | intune.no-licence |
 * | 403                                                     | intune.forbidden  |
 * | 429 until our patience ends                             | intune.throttled  |
 * | anything else                                           | intune.failed     |
 *
 * The first is what a tenant without Intune is answered (microsoftgraph/msgraph-beta-sdk-go, issue 198).
 */
export function judgeRefusal(error: ConnectorError, client: string): Finding {
  const { graphMessage } = error.details;
  const isUnlicensed =
    typeof graphMessage === 'string' && /not applicable to target tenant|\blicen[cs]ed?\b/i.test(graphMessage);
  const verdict = isUnlicensed ? 'intune.no-licence' : (INTUNE_VERDICTS[error.code] ?? 'intune.failed');
  return failed(verdict, error, { client });
}

/**
 * What is said of the list against the overview.
 *
 * | overview      | list      | verdict        |
 * |---------------|-----------|----------------|
 * | not told      | any       | devices.untold |
 * | none          | none      | devices.none   |
 * | some          | none      | devices.hidden |
 * | far more      | some      | devices.fewer  |
 * | about as many | some      | devices.agree  |
 */
export function judgeDevices(enrolled: number | null, listed: number): Finding {
  const compared = compareWithOverview(enrolled, listed);
  const seen = listSeen(enrolled, listed);
  const verdicts = {
    unknown: 'devices.untold',
    agrees: listed === 0 ? 'devices.none' : 'devices.agree',
    empty: 'devices.hidden',
    'far-below': 'devices.fewer',
  } as const;
  const verdict = verdicts[compared];
  if (compared === 'agrees') return { verdict, seen };
  return { verdict, seen: said('both', { first: seen, second: said(`overview.${compared}`) }) };
}

function listSeen(enrolled: number | null, listed: number): Said {
  if (enrolled === null) return listed === 1 ? said('devices.one') : said('devices.some', { listed });
  return listed === 1 ? said('devices.one.of', { enrolled }) : said('devices.some.of', { listed, enrolled });
}

/** A step that an error ended. */
export function failed(verdict: Verdict, error: ConnectorError, blanks: Blanks = {}): Finding {
  return { verdict, seen: errorSeen(error), code: error.code, blanks };
}
