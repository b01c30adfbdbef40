/** What the public address shows, beside what the address inside shows. No I/O here. */
import { judgeCertificate, type CertificateFacts } from './certificate.ts';
import type { Sight } from './check-endpoint.ts';
import { judgeRedirect, type RedirectScene } from './redirect.ts';
import { judged, seen, type Finding } from './report.ts';
import { quoted, said } from './words/say.ts';

/** Where this is about. */
export interface OutsideScene {
  /** The public address. */
  readonly ip: string;
  /** As `autodiscover.contoso.com`. */
  readonly name: string;
  /** What is expected there, as administrators call it. */
  readonly what: 'Autodiscover' | 'ActiveSync';
  readonly now: Date;
}

/**
 * From inside, what stands at the public address may be the firewall itself. So nothing seen there is worse than a warning,
 * and what cannot be reached says nothing.
 *
 * | outside                                   | inside               | finding                                     |
 * |-------------------------------------------|----------------------|---------------------------------------------|
 * | no TLS                                    | any                  | outside.answer                              |
 * | unfit: name, date, strength, self-signed  | any other            | outside.certificate                         |
 * | an authority that phones do not know      | one that they know   | outside.certificate                         |
 * | the same certificate                      | the same             | ok                                          |
 * | fit                                       | another one, or none | outside.differs: normal with a proxy before |
 */
export function judgeOutsideCertificate(
  outside: CertificateFacts | null,
  inside: CertificateFacts | null,
  { ip, name, what, now }: OutsideScene,
): Finding {
  if (outside === null)
    return judged('outside.answer', said('outside.no-tls', { address: ip }), {
      ip,
      what,
      why: said('outside.no-tls.why'),
    });
  if (inside !== null && isSame(outside, inside)) return seen('ok', said('outside.same-certificate'));
  const known = inside === null ? [] : problems(inside, name, now).map(({ verdict }) => verdict);
  const fresh = problems(outside, name, now).find(
    ({ verdict, status }) => !known.includes(verdict) && (status === 'error' || inside !== null),
  );
  if (fresh !== undefined) return judged('outside.certificate', fresh.seen, { ip, why: fresh.seen });
  const until = outside.validTo.toISOString().slice(0, 10);
  const issuer = quoted(outside.issuer);
  return inside === null
    ? seen('ok', said('outside.certificate', { issuer, until }))
    : judged('outside.differs', said('outside.other-certificate', { name, issuer, until }));
}

function problems(facts: CertificateFacts, name: string, now: Date): readonly Finding[] {
  const { name: forName, dates, fitness, chain } = judgeCertificate(facts, name, now);
  return [forName, dates, fitness, chain].filter(({ status }) => status === 'error' || status === 'warning');
}

function isSame(one: CertificateFacts, other: CertificateFacts): boolean {
  const print = ({ subject, issuer, names, validFrom, validTo }: CertificateFacts): string =>
    JSON.stringify([subject, issuer, names, validFrom, validTo]);
  return print(one) === print(other);
}

/**
 * | outside                              | inside                     | finding                          |
 * |--------------------------------------|----------------------------|----------------------------------|
 * | no complete answer in time           | any                        | outside.unreachable              |
 * | the service                          | offers the same sign-ins   | ok                               |
 * | the service                          | other sign-ins, or nothing | outside.differs                  |
 * | redirect that may be followed        | any                        | outside.differs                  |
 * | redirect to a stranger or plain HTTP | any                        | outside.answer                   |
 * | anything else                        | any                        | outside.answer                   |
 */
export function judgeOutsideAnswer(
  outside: Sight,
  inside: Sight | null,
  { ip, name, what }: OutsideScene,
  scene: RedirectScene,
): Finding {
  const { answer } = outside;
  if (answer === null) return seen('skipped', said('tls.first'));
  if (answer.kind === 'redirect') {
    const decision = judgeRedirect(answer.location, scene);
    if ('follow' in decision) {
      const { origin, pathname } = decision.follow;
      return judged('outside.differs', said('outside.redirects', { to: `${origin}${pathname}` }));
    }
    const to = decision.target;
    const why = said('outside.redirects.why', { to });
    return judged('outside.answer', said('outside.redirects', { to }), { ip, what, why });
  }
  if (answer.finding.status === 'unknown')
    return judged('outside.unreachable', said('outside.silent', { address: ip, seen: answer.finding.seen }), { name });
  if (!answer.alive) return judged('outside.answer', answer.finding.seen, { ip, what, why: answer.finding.seen });
  if (inside?.answer?.kind !== 'finding' || !inside.answer.alive)
    return judged('outside.differs', said('outside.only', { what, seen: answer.finding.seen }));
  const [there, here] = [outside.schemes, inside.schemes];
  return there.join() === here.join()
    ? seen('ok', said('outside.same-answer', { what }))
    : judged('outside.differs', said('outside.other-schemes', { what, there, here }));
}
