/**
 * The checklist before an access switch enforces. In: the settings that are looked at, what the deployed flow is, the store.
 * Out: lines, and what the last dry run says the next sync would block. Changes: nothing, and asks no far end.
 */
import { guardSnapshots } from '../access/guard-plan.ts';
import { knownBlocks, readiness, worstState } from '../access/readiness.ts';
import type {
  DryRunFacts,
  GuideFacts,
  LineState,
  LinkFacts,
  ReadinessFacts,
  ReadinessLine,
} from '../access/readiness.ts';
import { mdmReadings } from '../store/mdm-readings.ts';
import type { Store } from '../store/store.ts';
import { readingAges } from './listings/overview.ts';
import { linkConfirmations } from './mails/link-confirmations.ts';
import { keptMatchSettings } from './matching/match-settings.ts';
import type { Clock, ExchangePort } from './ports.ts';
import { inLanguage } from './sentences/in-language.ts';
import type { RuleLanguage } from './sentences/in-language.ts';
import { settingsDigest } from './sync/dry-run-settings.ts';
import { lookAtNotifiers } from './sync/mail-first.ts';
import { withMeasures } from './sync/mdm-measures.ts';
import { lastSimulation } from './sync/sync-report.ts';
import type { Directory, Flow } from './sync/switch-parts.ts';
import type { SwitchSettings } from './sync/switch-settings.ts';

/** What the checklist is made of. */
export interface ReadinessParts {
  readonly store: Store;
  readonly exchange: Pick<ExchangePort, 'organization' | 'isSimulated'>;
  /** As they are in a dialog, or deployed. */
  readonly settings: SwitchSettings;
  readonly directory: Pick<Directory, 'source'> | null;
  readonly deployed: DeployedMails;
  readonly now: Clock;
  /** Of what notifiers say of themselves. */
  readonly language: RuleLanguage;
}

/** What the deployed flow tells users. */
export interface DeployedMails {
  /** Notifiers of the store, as a person calls them; where there is none, those that have no store. */
  readonly notifiers: readonly { readonly id: string; readonly name: string }[];
  /** Those of them that have no store, and why. */
  readonly storeless: ReturnType<Flow['storeless']>;
  /** Their link addresses, each once; empty for one that has none. */
  readonly links: readonly string[];
  /** Notifiers and activation links of the store. */
  readonly guides: readonly GuideFacts[];
  /** Where there is none of the store: those of other stores, as a person calls them. */
  readonly elsewhere: ReadinessFacts['elsewhere'];
}

/** The checklist and what comes of it. */
export interface Readiness {
  readonly state: LineState;
  readonly lines: readonly ReadinessLine[];
  /** Phones that the next enforced sync would block, by the code of the reason; null: it is not known. */
  readonly blocks: Readonly<Record<string, number>> | null;
}

/** Looks at everything that the store and the deployed flow tell. Throws ERR_STORE_… only. */
export async function lookAtReadiness(parts: ReadinessParts): Promise<Readiness> {
  const { store, exchange, settings, deployed } = parts;
  const facts: ReadinessFacts = {
    exchange: exchange.isSimulated === true ? 'simulated' : 'real',
    mdms: await mdmsOf(store),
    readings: await readingsOf(parts),
    mail: await mailOf(parts),
    links: await linksOf(store, deployed.links),
    guides: deployed.guides,
    elsewhere: deployed.elsewhere,
    dryRun: await dryRunOf(parts),
    brake: { percent: settings.brakePercent, count: settings.brakeCount },
  };
  const lines = readiness(facts);
  return { state: worstState(lines), lines, blocks: knownBlocks(facts) };
}

async function mdmsOf({ sources }: Pick<Store, 'sources'>): Promise<ReadinessFacts['mdms']> {
  const kinds = { intune: 'real', simulated: 'simulated' } as const;
  return (await sources.list()).map(({ scope, name, provider }) => ({
    name: name ?? scope,
    kind: kinds[provider as keyof typeof kinds] ?? 'fed',
  }));
}

async function readingsOf({
  store,
  exchange: { organization },
  settings: { brakePercent },
  now,
}: ReadinessParts): Promise<ReadinessFacts['readings']> {
  const [time, { maxAgeHours }] = [now(), await keptMatchSettings(store)];
  const gaps = (await store.snapshots.latest('eas', organization))?.gaps?.count ?? 0;
  const measured = await withMeasures(store, organization, await mdmReadings(store), time);
  const doubts = measured.map((reading) =>
    guardSnapshots({ mdm: [reading], easComplete: true, now: time, maxAgeHours, brakePercent }),
  );
  const ages = await readingAges(store, organization, time);
  // The reading of Exchange is the first of them, the MDMs follow in the order of their scopes.
  return ages.map(({ source, name, wholeAgeSeconds, records, isFresh, failed, gone }, n) => ({
    source,
    name,
    ageSeconds: wholeAgeSeconds,
    records,
    isFresh,
    doubt: source === 'mdm' ? (doubts[n - 1]?.[0]?.code ?? null) : null,
    failed: failed?.code ?? null,
    goneAt: gone?.since ?? null,
    gaps: source === 'eas' ? gaps : 0,
  }));
}

async function mailOf({
  store,
  exchange,
  settings,
  deployed,
  now,
  language,
}: ReadinessParts): Promise<ReadinessFacts['mail']> {
  const flow = { notifiers: () => deployed.notifiers.map(({ id }) => id), storeless: () => deployed.storeless };
  const { verdict, said } = await lookAtNotifiers({ store, exchange, settings, flow, now });
  const nameOf = (node: string): string | undefined => deployed.notifiers.find(({ id }) => id === node)?.name;
  const worse = said
    .filter((one) => one.verdict !== 'ready')
    .map(({ node, name, text }) => `${nameOf(node) ?? name}: ${inLanguage(text, language)}`);
  return { verdict, said: worse.join(' ') };
}

async function linksOf(store: Pick<Store, 'settings'>, addresses: readonly string[]): Promise<LinkFacts[]> {
  const kept = await linkConfirmations(store);
  const before = kept.findLast(({ address }) => !addresses.includes(address))?.address ?? null;
  return addresses.map((address) => {
    const confirmed = kept.find((one) => one.address === address);
    return { address, confirmed: confirmed === undefined ? null : { by: confirmed.by, at: confirmed.at }, before };
  });
}

async function dryRunOf(parts: ReadinessParts): Promise<DryRunFacts | null> {
  const { store, exchange, now } = parts;
  const kept = await lastSimulation(store, exchange.organization);
  if (kept === null) return null;
  const { held, diff } = kept.report;
  const blocks: Record<string, number> = {};
  for (const { action, reason, count } of diff) if (action === 'block') blocks[reason] = (blocks[reason] ?? 0) + count;
  return {
    ageSeconds: Math.max(0, Math.round((now() - Date.parse(kept.at)) / 1000)),
    isOfSettings: kept.settings === (await settingsDigest(store, parts)),
    blocks,
    held: held === undefined ? null : { code: held.reason.code, count: held.count },
    complianceUnknown: kept.complianceUnknown ?? null,
  };
}
