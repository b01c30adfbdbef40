/** The checklist before an access switch enforces, for its dialog and for the console. */
import { confirmLink } from '../src/connector/mails/link-confirmations.ts';
import { lookAtReadiness } from '../src/connector/readiness.ts';
import { tellReadiness } from '../src/connector/sentences/readiness-sentences.ts';
import type { ToldReadiness } from '../src/connector/sentences/readiness-sentences.ts';
import type { ReadinessLanguage } from '../src/connector/sentences/readiness-words.ts';
import type { SwitchSettings } from '../src/connector/sync/switch-settings.ts';
import { ConnectorError } from '../src/errors.ts';
import type { Store } from '../src/store/store.ts';
import { userOf, whoAsks } from './admin-routes.ts';
import { connectionOf } from './connections.ts';
import { mailsOf } from './guides.ts';
import type { Definition, Instance, RED, RunningNode, WebRequest } from './red.ts';
import { refusalOf, runningNodes, textOf } from './red.ts';
import { refusal } from '../src/model/refusals.ts';

/** The switch that is looked at: as a dialog has it, or as it runs. */
interface LookedAt {
  /** Ids of Exchange server and connector store, and of the MDM tenant in which groups are looked up; empty for none. */
  readonly server: string;
  readonly store: string;
  readonly directory: string;
  readonly settings: SwitchSettings;
}

/** Looks, and says in a language what was seen. Rejects with ERR_CONFIG_…, ERR_STORE_…. */
export async function readinessOf(
  RED: RED,
  { server, store, directory, settings }: LookedAt,
  language: ReadinessLanguage,
): Promise<ToldReadiness> {
  const { port } = connectionOf(RED, { server }, 'server', 'exchange-server');
  const seen = await lookAtReadiness({
    store: await connectionOf(RED, { store }, 'store', 'connector-store').store(),
    exchange: port,
    settings,
    directory: directory === '' ? null : { source: directory },
    deployed: mailsOf(RED, store, language),
    now: Date.now,
    language,
  });
  return tellReadiness(seen, language);
}

/** A person says in a request that phones reach a link address. @param of.storeId of the connector store */
export async function confirmLinkOf(
  RED: RED,
  of: { readonly storeId: string; readonly store: Store; readonly address: unknown; readonly request: WebRequest },
): Promise<void> {
  const { storeId, store, address, request } = of;
  const [by, who] = [userOf(request), whoAsks(request)];
  const { links } = mailsOf(RED, storeId, 'en');
  const text = typeof address === 'string' ? address.trim() : '';
  await confirmLink({ store, address: text, deployed: links, by, who, now: Date.now });
}

/** Access switches that run, each with what it runs with. */
const running = new WeakMap<object, LookedAt>();

/** An access switch runs. */
export function tellSwitch(node: Instance, definition: Definition, settings: SwitchSettings): void {
  const [server, store, directory] = ['server', 'store', 'directory'].map((property) => textOf(definition, property));
  running.set(node, { server: server ?? '', store: store ?? '', directory: directory ?? '', settings });
}

/** An access switch that runs. */
interface RunningSwitch extends LookedAt {
  readonly node: RunningNode;
}

/**
 * The access switch of an organization: the one that enforces, or else the first; null: none runs.
 * Throws ERR_CONFIG_INVALID for one with a field that cannot be meant.
 * @param of.organization null: of any, as nothing was read yet
 */
export function runningSwitch(
  RED: RED,
  { store, organization }: { readonly store: string; readonly organization: string | null },
): RunningSwitch | null {
  const found: RunningSwitch[] = [];
  for (const { node } of runningNodes(RED, 'access-switch')) {
    const one = running.get(node);
    if (one?.store === store && (organization === null || one.server === organization)) found.push({ node, ...one });
  }
  const chosen = found.find(({ settings }) => settings.mode === 'enforce') ?? found[0] ?? null;
  const wrong = chosen === null ? null : refusalOf(chosen.node);
  if (wrong !== null) throw wrong;
  return chosen;
}

/** A language of the checklist. Throws ERR_INPUT_INVALID. @param asked such as `de-AT`; empty: English */
export function readinessLanguage(asked: string): ReadinessLanguage {
  if (asked === '' || /^en(-|$)/i.test(asked)) return 'en';
  if (/^de(-|$)/i.test(asked)) return 'de';
  throw new ConnectorError('ERR_INPUT_INVALID', refusal('parameter', { name: 'language', expected: 'en, de' }));
}
