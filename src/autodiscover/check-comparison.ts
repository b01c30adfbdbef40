/**
 * The other two questions of Autodiscover, SOAP and JSON, asked of the service that just answered the account. Other clients
 * use them; here they are compared, and nothing is made better or broken by them.
 */
import type { FoundService } from './check-endpoint.ts';
import type { MailboxOutcome } from './check-mailbox.ts';
import { group, step, type CheckContext } from './context.ts';
import { probeHttp, type ProbeAnswer, type ProbeFailure } from './http-probe.ts';
import { foreignText } from '../model/foreign.ts';
import { judged, seen, type AutodiscoverStep, type Finding } from './report.ts';
import { postSignedIn } from './signed-in.ts';
import { readSoapAnswer, SOAP_ACTION, SOAP_CONTENT_TYPE, SOAP_PATH, soapRequest, type SoapAnswer } from './soap.ts';
import { given, said } from './words/say.ts';

/** Asks both; null where the account was told nothing that could be compared. */
export async function checkComparison(
  ctx: CheckContext,
  service: FoundService | null,
  { told, ewsUrl, activeSyncUrl }: Omit<MailboxOutcome, 'step'>,
): Promise<AutodiscoverStep | null> {
  const { address } = ctx;
  if (service === null || !service.trusted || !told || address === null) return null;
  return step(ctx, 'compare', said('ask.compare'), async () =>
    group(
      said('compare'),
      await Promise.all([
        step(ctx, 'compare.soap', said('ask.compare.soap'), () => askSoap(ctx, service, address, ewsUrl)),
        step(ctx, 'compare.json', said('ask.compare.json'), () => askJson(ctx, service, address, activeSyncUrl)),
      ]),
    ),
  );
}

async function askSoap(
  ctx: CheckContext,
  service: FoundService,
  address: string,
  ours: string | null,
): Promise<Finding> {
  const url = new URL(SOAP_PATH, service.url);
  const sent = await postSignedIn(ctx, service, {
    path: SOAP_PATH,
    contentType: SOAP_CONTENT_TYPE,
    headers: { SOAPAction: SOAP_ACTION },
    body: soapRequest(address, url.href),
  });
  if ('finding' in sent) return judged('soap.missing', said('compare.failed', { why: sent.finding.seen }));
  const { status, body } = sent.reply;
  if (status !== 200) return judged('soap.missing', said('compare.status', { status }));
  return judgeSoap(readSoapAnswer(body.toString('utf8')), ours);
}

/**
 * | SOAP                         | XML gave an EWS address | finding      |
 * |------------------------------|-------------------------|--------------|
 * | no answer of the service     | any                     | soap.missing |
 * | ServerBusy                   | any                     | soap.missing |
 * | another error                | yes                     | soap.differs |
 * | another error                | no                      | ok           |
 * | addresses, ours among them   | yes                     | ok           |
 * | addresses without ours       | yes                     | soap.differs |
 * | addresses                    | no                      | soap.differs |
 * | none                         | yes                     | soap.differs |
 * | none                         | no                      | ok           |
 */
export function judgeSoap(answer: SoapAnswer, ours: string | null): Finding {
  if (answer.kind === 'foreign') return judged('soap.missing', said('compare.no-soap'));
  if (answer.kind === 'error' && /^ServerBusy$/i.test(answer.code)) return judged('soap.missing', said('compare.busy'));
  const none = said('compare.no-ews');
  const gave = answer.kind === 'error' || answer.ewsUrls.length === 0 ? none : answer.ewsUrls.map(given);
  const other = answer.kind === 'error' ? said('compare.error', { code: given(answer.code) }) : gave;
  const agrees =
    answer.kind === 'settings' && answer.ewsUrls.length > 0
      ? ours !== null && answer.ewsUrls.some((url) => isSame(url, ours))
      : ours === null;
  return agrees
    ? seen('ok', said('compare.same', { service: 'SOAP', other }))
    : judged('soap.differs', said('compare.differs', { service: 'SOAP', other }), {
        other,
        ours: ours === null ? none : given(ours),
      });
}

/** Exchange 2016 and later, asked without a sign-in by Outlook for iOS and Android (CSS-Exchange, Test-HMAEAS.ps1). */
async function askJson(
  ctx: CheckContext,
  service: FoundService,
  address: string,
  ours: string | null,
): Promise<Finding> {
  const url = new URL('/autodiscover/autodiscover.json', service.url);
  url.search = new URLSearchParams({ Email: address, Protocol: 'ActiveSync', RedirectCount: '3' }).toString();
  const answer = await probeHttp(
    { url, address: service.address, method: 'GET', trust: 'required' },
    { ca: ctx.ca, signal: ctx.signal, timeoutMs: ctx.stepMs },
  );
  return judgeJson(answer, ours);
}

/**
 * | JSON                    | XML gave an ActiveSync address | finding                                        |
 * |-------------------------|--------------------------------|------------------------------------------------|
 * | no answer that is one   | any                            | json.missing: old versions and firewalls       |
 * | the same address        | yes                            | ok                                             |
 * | another address         | any                            | json.differs                                   |
 */
export function judgeJson(answer: ProbeAnswer | ProbeFailure, ours: string | null): Finding {
  if (answer.kind !== 'answer') return judged('json.missing', said('compare.silent', { code: answer.code }));
  const url = urlIn(answer.body);
  if (answer.status !== 200 || url === null)
    return judged('json.missing', said('compare.no-json', { status: answer.status }));
  const other = given(url);
  return ours !== null && isSame(url, ours)
    ? seen('ok', said('compare.same', { service: 'JSON', other }))
    : judged('json.differs', said('compare.differs', { service: 'JSON', other }), {
        other,
        ours: ours === null ? said('compare.no-activesync') : given(ours),
      });
}

function urlIn(body: string): string | null {
  try {
    const { Url: url } = JSON.parse(body) as { Url?: unknown };
    return foreignText(url)?.slice(0, 500) ?? null;
  } catch {
    return null;
  }
}

/** Host names in any case; a slash at the end and the case of the path do not matter to IIS. */
function isSame(one: string, other: string): boolean {
  const plain = (url: string): string => url.toLowerCase().replace(/\/$/, '');
  return plain(one) === plain(other);
}
