/** What Autodiscover says to the notification account itself: has it a mailbox, and which addresses does it get? */
import { checkEndpoint, followRedirect, type FoundService, type Sight } from './check-endpoint.ts';
import { group, leaveAlone, step, type CheckContext, type CheckCredentials } from './context.ts';
import { asciiAddress } from './domain.ts';
import { askSignedIn, signInMethod } from './signed-in.ts';
import type { PoxAnswer, PoxSchema } from './pox.ts';
import { MAX_HOPS, mayFollow } from './redirect.ts';
import {
  findingOf,
  judged,
  leavesOf,
  seen,
  stepFrom,
  worst,
  type AutodiscoverStep,
  type Finding,
  type StepStatus,
} from './report.ts';
import { given, quoted, said } from './words/say.ts';

/** What the account was told. */
export interface MailboxOutcome {
  readonly step: AutodiscoverStep;
  readonly ewsUrl: string | null;
  readonly activeSyncUrl: string | null;
  /** It signed in and was given settings, for Exchange clients and for phones. */
  readonly told: boolean;
  /** What the ActiveSync address showed; null if it was not contacted. */
  readonly activeSyncSight: Sight | null;
}

/** Signs in at the found service and at no other place, and only if its certificate is trusted. */
export async function checkMailbox(ctx: CheckContext, service: FoundService | null): Promise<MailboxOutcome> {
  const urls: { ewsUrl: string | null; activeSyncUrl: string | null } = { ewsUrl: null, activeSyncUrl: null };
  let told = false;
  const sights: { activesync: Sight | null; ews: Sight | null } = { activesync: null, ews: null };
  const top = await step(ctx, 'mailbox', said('ask.mailbox'), async () => {
    const { credentials, address } = ctx;
    if (credentials === null || address === null) return seen('skipped', said('mailbox.no-account'));
    if (service === null) return seen('skipped', said('mailbox.no-service'));
    if (!service.trusted) return seen('skipped', said('mailbox.untrusted'));
    if (signInMethod(credentials, service.schemes) === null) {
      const { schemes } = service;
      return judged('auth.schemes.unusable', said('mailbox.offered', { schemes }), { s: schemes });
    }
    const steps = [await checkUpn(ctx, credentials, address)];
    let outlook = await askSettings(ctx, service, address, 'outlook');
    if (isRefused(outlook.step)) return group(said('mailbox.refused'), [...steps, outlook.step]);
    // Phones ask by themselves: Z-Push answers them alone.
    let mobile = await askSettings(ctx, service, address, 'mobilesync');
    if (isBusy(outlook.step) || isBusy(mobile.step)) {
      await leaveAlone(ctx);
      if (isBusy(outlook.step)) outlook = await askSettings(ctx, service, address, 'outlook');
      if (isBusy(mobile.step)) mobile = await askSettings(ctx, service, address, 'mobilesync');
    }
    urls.ewsUrl = outlook.settings?.ewsUrl ?? null;
    urls.activeSyncUrl = mobile.settings?.activeSyncUrl ?? null;
    told = mobile.settings !== null && (outlook.settings !== null || isPhonesOnly(outlook.step, mobile.settings));
    steps.push(told && outlook.settings === null ? phonesOnly(outlook.step) : outlook.step, mobile.step);
    steps.push(
      ...(await Promise.all([
        checkUrl(ctx, 'ews', urls.ewsUrl, sights),
        checkUrl(ctx, 'activesync', urls.activeSyncUrl, sights),
      ])),
    );
    const none = said('mailbox.no-url');
    return group(
      said('mailbox.urls', {
        ews: urls.ewsUrl === null ? none : given(urls.ewsUrl),
        activesync: urls.activeSyncUrl === null ? none : given(urls.activeSyncUrl),
      }),
      steps,
    );
  });
  return { step: top, ...urls, told, activeSyncSight: sights.activesync };
}

/** A refused sign-in is not tried again: it counts towards a lock-out. */
function isRefused({ verdict }: AutodiscoverStep): boolean {
  return verdict === 'auth.password' || verdict === 'auth.kerberos';
}

/** Asked once more at the end [MS-OXDSCLI clients: ServerBusy]. */
function isBusy({ verdict }: AutodiscoverStep): boolean {
  return verdict === 'http.503';
}

/** The server signed the account in, knows no Exchange clients, and gives phones their address. */
function isPhonesOnly({ verdict }: AutodiscoverStep, { activeSyncUrl }: Settings): boolean {
  return activeSyncUrl !== null && (verdict === 'http.status' || verdict === 'user.601');
}

function phonesOnly({ id, ms, words: { title, seen: what } }: AutodiscoverStep): AutodiscoverStep {
  return stepFrom(id, title, judged('eas.only', what), ms);
}

function checkUpn(ctx: CheckContext, { username }: CheckCredentials, address: string): Promise<AutodiscoverStep> {
  return step(ctx, 'mailbox.upn', said('ask.mailbox.upn'), () => {
    if (!username.includes('@')) return seen('ok', said('upn.none'));
    const same = asciiAddress(username).toLowerCase() === address.toLowerCase();
    return same
      ? seen('ok', said('upn.same'))
      : judged('mailbox.upn', said('upn.differs', { username, address }), { a: username });
  });
}

// ── settings ────────────────────────────────────────────────────────────────

interface Settings {
  readonly ewsUrl: string | null;
  readonly activeSyncUrl: string | null;
}

async function askSettings(
  ctx: CheckContext,
  service: FoundService,
  address: string,
  schema: PoxSchema,
): Promise<{ step: AutodiscoverStep; settings: Settings | null }> {
  let settings: Settings | null = null;
  const title = said(schema === 'outlook' ? 'ask.mailbox.settings' : 'ask.mailbox.phones');
  const asked = await step(
    ctx,
    schema === 'outlook' ? 'mailbox.settings' : 'mailbox.phone-settings',
    title,
    async () => {
      const { finding, answer } = await converse(ctx, service, address, schema, [
        `${service.url.href} ${address.toLowerCase()}`,
      ]);
      if (answer !== null) settings = answer;
      return finding;
    },
  );
  return { step: asked, settings };
}

type Conversation = { readonly finding: Finding; readonly answer: Settings | null };

/** Asks, and follows redirects to other addresses and places; `seenBefore` holds (URL, address) pairs. */
async function converse(
  ctx: CheckContext,
  service: FoundService,
  address: string,
  schema: PoxSchema,
  seenBefore: readonly string[],
): Promise<Conversation> {
  const reply = await askSignedIn(ctx, service, address, schema);
  if ('finding' in reply) return { finding: reply.finding, answer: null };
  const { pox } = reply;
  if (pox.kind === 'settings') {
    const settings = { ewsUrl: nearestEws(ctx, pox.ewsUrls), activeSyncUrl: pox.activeSyncUrl };
    return { finding: judgeSettings(settings, pox.protocols, schema), answer: settings };
  }
  if (pox.kind === 'error') return { finding: judgeError(pox, schema, address), answer: null };
  if (pox.kind === 'foreign')
    return { finding: judged('body.invalid', said('body.none', { what: pox.why })), answer: null };
  if (pox.kind === 'redirect-address') return redirectAddress(ctx, service, pox.address, schema, seenBefore);
  return redirectUrl(ctx, service, pox.url, address, schema, seenBefore);
}

/**
 * The first address that mails may go to: Exchange hands out the internal one first, and its name may be one that nobody can
 * be proven to own (`ex01.contoso.local`). Where there is none, the first: it is shown, and may be confirmed.
 */
function nearestEws({ domain, allowedRedirects }: CheckContext, urls: readonly string[]): string | null {
  const may = (url: string): boolean =>
    mayFollow(URL.parse(url)?.hostname ?? '', { domain, allowed: allowedRedirects });
  return urls.find(may) ?? urls[0] ?? null;
}

function judgeSettings({ ewsUrl, activeSyncUrl }: Settings, protocols: readonly string[], schema: PoxSchema): Finding {
  if (schema === 'outlook')
    return ewsUrl === null
      ? seen('warning', said('settings.no-ews', { protocols: protocols.map(given) }))
      : seen('ok', said('settings.ews', { url: given(ewsUrl), protocols: protocols.map(given) }));
  return activeSyncUrl === null
    ? judged('eas.url', said('settings.no-activesync'))
    : seen('ok', said('settings.activesync', { url: given(activeSyncUrl) }));
}

/** POX 500 = no such mailbox; the HTTP layer looks healthy for such an account, only the body tells. */
function judgeError({ code, message }: PoxAnswer & { kind: 'error' }, schema: PoxSchema, address: string): Finding {
  const text = message.replace(/\.$/, '');
  const values = { code: given(code), message: text === '' ? said('settings.no-text') : quoted(text) };
  const what = said('settings.error', values);
  if (code === '500') return judged('mailbox.none', what, { a: address });
  if (code === '503') return judged('http.503', what);
  if (code === '600') return judged('user.600', what);
  if (code === '601') return judged('user.601', what);
  if (code === '603') return judged('user.603', what);
  return judged('user.error', schema === 'mobilesync' ? said('settings.error.phones', values) : what, {
    code: given(code),
  });
}

async function redirectAddress(
  ctx: CheckContext,
  service: FoundService,
  to: string,
  schema: PoxSchema,
  seenBefore: readonly string[],
): Promise<Conversation> {
  const domain = to.slice(to.lastIndexOf('@') + 1).toLowerCase();
  const key = `${service.url.href} ${to.toLowerCase()}`;
  const loop = seenBefore.includes(key) || seenBefore.length > MAX_HOPS;
  if (loop)
    return {
      finding: judged('redirect.loop', said('redirect.back', { to: given(to) }), {
        x: [...seenBefore, key].join(' → '),
      }),
      answer: null,
    };
  // A remote mailbox's targetAddress: tenant.mail.onmicrosoft.com.
  if (domain.endsWith('.onmicrosoft.com'))
    return {
      finding: judged('mailbox.cloud', said('redirect.to', { to: given(to) }), { a: ctx.address ?? '', t: given(to) }),
      answer: null,
    };
  if (!mayFollow(domain, { domain: ctx.domain, allowed: ctx.allowedRedirects })) {
    return {
      finding: judged('redirect.confirm', said('redirect.to', { to: given(to) }), { x: given(domain) }),
      answer: null,
    };
  }
  return converse(ctx, service, to, schema, [...seenBefore, key]);
}

async function redirectUrl(
  ctx: CheckContext,
  service: FoundService,
  to: string,
  address: string,
  schema: PoxSchema,
  seenBefore: readonly string[],
): Promise<Conversation> {
  const visited = seenBefore.map((key) => key.split(' ')[0] ?? '').slice(0, -1);
  const next = await followRedirect(ctx, { id: 'mailbox', title: null, url: service.url, visited }, to);
  if (next.service === null) return { finding: findingOf(next.step), answer: null };
  if (!next.service.trusted)
    return {
      finding: seen('skipped', said('mailbox.untrusted-host', { host: next.service.url.host })),
      answer: null,
    };
  return converse(ctx, next.service, address, schema, [
    ...seenBefore,
    `${next.service.url.href} ${address.toLowerCase()}`,
  ]);
}

// ── the addresses that were handed out ──────────────────────────────────────

/** Looks at an address without credentials: does it exist, is its certificate right, does it ask for a sign-in? */
async function checkUrl(
  ctx: CheckContext,
  what: 'ews' | 'activesync',
  handedOut: string | null,
  sights: Record<typeof what, Sight | null>,
): Promise<AutodiscoverStep> {
  const id = `mailbox.${what}`;
  const title = said(`ask.mailbox.${what}`);
  return step(ctx, id, title, async () => {
    if (handedOut === null) return seen('skipped', said('url.none'));
    const url = URL.parse(handedOut);
    if (url?.protocol !== 'https:')
      return judged('url.next', said('url.no-https', { url: given(handedOut) }), {
        url: given(handedOut),
        why: said('url.no-https.why'),
      });
    if (!mayFollow(url.hostname, { domain: ctx.domain, allowed: ctx.allowedRedirects })) {
      return judged('redirect.confirm', said('url.foreign', { url: url.href }), { x: url.hostname });
    }
    const endpoint = await checkEndpoint(ctx, { id, title, url, directory: what });
    sights[what] = endpoint.sight;
    if (endpoint.service !== null) return findingOf(endpoint.step);
    const leaves = leavesOf([endpoint.step]);
    const has = (wanted: StepStatus): boolean => leaves.some(({ status }) => status === wanted);
    // Who did not answer in time has not failed.
    if (has('unknown') && !has('error')) return findingOf(endpoint.step);
    const why = (leaves.find(({ status }) => status === worst(leaves)) ?? endpoint.step).words.seen;
    return judged('url.next', said('url.fails', { url: url.href, why }), { url: url.href, why });
  });
}
