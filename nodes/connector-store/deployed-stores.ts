/** The connector stores that run, for the routes of the console. */
import { ConnectorError } from '../../src/errors.ts';
import type { Store } from '../../src/store/store.ts';
import type { ReportLanguage } from '../../src/model/say.ts';
import { KIND_WORDS, KIND_WORDS_DE } from '../connections.ts';
import type { Instance, RED, RunningNode } from '../red.ts';
import { refusalOf, runningNodes } from '../red.ts';
import { refusal } from '../../src/model/refusals.ts';

/** One connector store. */
export interface DeployedStore {
  readonly id: string;
  /** As a person calls it. */
  readonly name: string;
  /** Null: measures are not handed out. */
  readonly metricsToken: string | null;
  /** Opens it if need be. */
  store(): Promise<Store>;
}

/** By id. */
export class DeployedStores {
  readonly #running = new Map<string, { readonly node: Instance; readonly store: DeployedStore }>();

  /** Until the node is closed. */
  offer(node: Instance, store: Omit<DeployedStore, 'id'>): void {
    const entry = { node, store: { id: node.id, ...store } };
    this.#running.set(node.id, entry);
    node.on('close', () => {
      if (this.#running.get(node.id) === entry) this.#running.delete(node.id);
    });
  }

  /** By name. */
  list(): DeployedStore[] {
    return [...this.#running.values()].map(({ store }) => store).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws ERR_CONFIG_MISSING for one that does not run, ERR_CONFIG_INVALID for one with a field that cannot be meant. */
  get(id: string): DeployedStore {
    const found = this.#running.get(id);
    if (found === undefined) throw new ConnectorError('ERR_CONFIG_MISSING', refusal('no-store'));
    const wrong = refusalOf(found.node);
    if (wrong !== null) throw wrong;
    return found.store;
  }
}

/** Types whose ids stand in records, in the audit or in readings, in words: a catalogue has those of its own node only. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  ...KIND_WORDS,
  'mdm-source': 'MDM source',
  'access-switch': 'access switch',
  'enrollment-notifier': 'notifier',
  'merge-matcher': 'merge matcher',
};

/** The same in German. */
const TYPE_WORDS_DE: typeof TYPE_WORDS = {
  ...KIND_WORDS_DE,
  'mdm-source': 'MDM-Quelle',
  'access-switch': 'Zugangsschalter',
  'enrollment-notifier': 'Benachrichtigung',
  'merge-matcher': 'Zuordnung',
};

/** What a person calls a node: by its name, or else by what it is. */
export function nameOfNode(
  { type, name }: Pick<RunningNode, 'type'> & { readonly name?: string | undefined },
  language: ReportLanguage = 'en',
): string {
  const words = language === 'de' ? TYPE_WORDS_DE : TYPE_WORDS;
  return name || (words[type] ?? type);
}

/** What a person calls the nodes of the flows, at the moment of asking. What is no id of them is its own name. */
export function namesIn(RED: RED, language: ReportLanguage = 'en'): (id: string) => string {
  const names = new Map<string, string>();
  RED.nodes.eachNode((definition) => {
    if (Object.hasOwn(TYPE_WORDS, definition.type)) names.set(definition.id, nameOfNode(definition, language));
  });
  for (const type of Object.keys(TYPE_WORDS))
    for (const { node } of runningNodes(RED, type)) names.set(node.id, nameOfNode(node, language));
  return (id) => names.get(id) ?? id;
}
