/** What the use cases of the access switch work with. Each names the parts it needs; nodes and the command line hand them in. */
import type { DeviceNews } from '../../model/records.ts';
import type { Store } from '../../store/store.ts';
import type { Clock, ExchangePort, Ids, MdmPort, Mdms, Progress } from '../ports.ts';
import type { SwitchSettings } from './switch-settings.ts';

/** The MDM in which groups are looked up. Its calls throw ERR_CONFIG_… while its configuration is not there. */
export type Directory = Pick<MdmPort, 'source' | 'groupMembers' | 'mdmRecord'>;

/** Where a piece of news belongs: a device was (or would be) shut out, let in or given back, or a person should look. */
export type NewsKind = 'blocked' | 'allowed' | 'attention';

/** Tells others of one device, or of one problem, at once. */
export type Announce = (kind: NewsKind, news: DeviceNews) => void;

/** The flow behind the switch, as far as what is owed to it goes. */
export interface Flow {
  /** Names this run of the flows: another one after every start and every deploy. */
  readonly run: string;
  /** True if anybody is wired to hear it. */
  hears(kind: NewsKind): boolean;
  /** Ids of the deployed notifiers that share the switch's store; where there is none, of those that have no store. */
  notifiers(): readonly string[];
  /** Those of them that have no store, and why: they can mail nobody, and keep no row that says so. */
  storeless(): readonly { readonly node: string; readonly name: string; readonly text: string }[];
  /** What this run may owe without having told it; changed by owed-news.ts alone. */
  readonly untold: Set<string>;
}

export interface SwitchParts {
  readonly store: Store;
  /** The only organization that is decided about, held for, written to or taken back from. */
  readonly exchange: ExchangePort;
  readonly mdms: Mdms;
  /** Null: every group is Exchange's. */
  readonly directory: Directory | null;
  readonly settings: SwitchSettings;
  /** Who acts, for the audit. */
  readonly who: string;
  /** What a person calls the switch, for the dialog; empty: nobody has named it. */
  readonly name: string;
  readonly announce: Announce;
  readonly flow: Flow;
  readonly progress: Progress;
  readonly now: Clock;
  readonly ids: Ids;
  readonly signal: AbortSignal;
}

/** Now, ISO 8601 UTC. */
export function timeOf(now: Clock): string {
  return new Date(now()).toISOString();
}
