/** What the actions of `store` and `person` have in common. */
import type { loadStoreCare } from '../store/load-store.ts';
import type { OpenStoreOptions } from '../store/store.ts';
import type { CliIo } from './cli-io.ts';

/** What an action has to work with. */
export interface StoreInput {
  readonly care: Awaited<ReturnType<typeof loadStoreCare>>;
  readonly address: Pick<OpenStoreOptions, 'engine' | 'path' | 'connection'>;
  /** Arguments without a name. */
  readonly words: readonly string[];
  /** An option's value; undefined: it was not given. */
  readonly option: (name: string) => string | undefined;
  readonly isSet: (flag: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly io: CliIo;
  readonly progress: (text: string, counts?: { readonly rows: number; readonly of: number }) => void;
}

/** What an action answers. */
export interface StoreAnswer {
  readonly json: unknown;
  readonly lines: readonly string[];
  readonly code?: number;
}

/** One of the actions. */
export interface StoreAction {
  readonly summary: string;
  /** Usage, the common options not included. */
  readonly usage: string;
  /** Its own options with a value, and those without. */
  readonly options: readonly string[];
  readonly flags: readonly string[];
  /** Arguments without a name. */
  readonly words: readonly string[];
  /** Throws UsageError for what cannot be meant, before the store is opened. */
  check?(input: Pick<StoreInput, 'words' | 'option' | 'isSet' | 'io' | 'now'>): void;
  run(input: StoreInput): Promise<StoreAnswer>;
}
