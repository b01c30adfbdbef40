/**
 * The other two questions of Autodiscover, SOAP and JSON, asked of the service that just answered the account. Other clients
 * use them; here they are compared, and nothing is made better or broken by them.
 */
import type { FoundService } from './check-endpoint.ts';
import type { MailboxOutcome } from './check-mailbox.ts';
import { group, step, type CheckContext } from './context.ts';
import { probeHttp, type ProbeAnswer, type ProbeFailure } from './http-probe.ts';
import { foreignText } from '../model/foreign.ts';
import { judged, type AutodiscoverStep, type Finding } from './report.ts';
import { postSignedIn } from './signed-in.ts';
import { readSoapAnswer, SOAP_ACTION, SOAP_CONTENT_TYPE, SOAP_PATH, soapRequest, type SoapAnswer } from './soap.ts';
import { seen } from './report.ts';

/** Asks both; null where the account was told nothing that could be compared. */
export async function checkComparison(
  ctx: CheckContext,
  service: FoundService | null,
  { told, ewsUrl, activeSyncUrl }: Omit<MailboxOutcome, 'step'>,
): Promise<AutodiscoverStep | null> {
  const { address } = ctx;
  if (service === null || !service.trusted || !told || address === null) return null;
  return step(ctx, 'compare', 'Compare with the other services of Autodiscover', async () =>
    group(
      'Only compared: phones and this connector ask neither.',
      await Promise.all([
        step(ctx, 'compare.soap', 'Ask the SOAP service', () => askSoap(ctx, service, address, ewsUrl)),
        step(ctx, 'compare.json', 'Ask the JSON service', () => askJson(ctx, service, address, activeSyncUrl)),
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
  if ('finding' in sent) return judged('soap.missing', `No comparison: ${sent.finding.seen}`);
  const { status, body } = sent.reply;
  if (status !== 200) return judged('soap.missing', `No comparison: HTTP ${status}.`);
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
  if (answer.kind === 'foreign') return judged('soap.missing', 'No comparison: what answers is not the SOAP service.');
  if (answer.kind === 'error' && /^ServerBusy$/i.test(answer.code))
    return judged('soap.missing', 'No comparison: the service is busy.');
  const other = answer.kind === 'error' ? `the error ${answer.code}` : answer.ewsUrls.join(', ') || 'no EWS address';
  const agrees =
    answer.kind === 'settings' && answer.ewsUrls.length > 0
      ? ours !== null && answer.ewsUrls.some((url) => isSame(url, ours))
      : ours === null;
  return agrees
    ? seen('ok', `SOAP gives the same: ${other}.`)
    : judged('soap.differs', `SOAP gives ${other}.`, { other, ours: ours ?? 'no EWS address' });
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
  if (answer.kind !== 'answer') return judged('json.missing', `No comparison: no answer (${answer.code}).`);
  const other = urlIn(answer.body);
  if (answer.status !== 200 || other === null)
    return judged('json.missing', `No comparison: HTTP ${answer.status}. Older versions and many firewalls have none.`);
  return ours !== null && isSame(other, ours)
    ? seen('ok', `JSON gives the same: ${other}.`)
    : judged('json.differs', `JSON gives ${other}.`, { other, ours: ours ?? 'no ActiveSync address' });
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
