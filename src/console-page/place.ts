/** Where a person is in the console: a part of the address, so that it can be sent on, and gone back from. Pure. */

/** Every page of the console. */
export const VIEWS = ['overview', 'devices', 'device', 'plan', 'audit'] as const;

export type View = (typeof VIEWS)[number];

/** A page with its questions, such as filters; no name has an empty value. */
export interface Place {
  readonly view: View;
  readonly query: Readonly<Record<string, string>>;
}

/** What stays when somebody goes from page to page. */
const KEPT = ['store', 'organization'];

/** Reads the part of an address behind its `#`; what is no place is the overview. */
export function placeOf(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s, 2);
  const view = VIEWS.find((one) => one === path) ?? 'overview';
  return { view, query: Object.fromEntries([...new URLSearchParams(search)].filter(([, value]) => value !== '')) };
}

/** The address of a place, as {@link placeOf} reads it. */
export function hrefOf({ view, query }: Place): string {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return `#/${view}${search === '' ? '' : `?${search}`}`;
}

/** Another page of the same store and organization. */
export function elsewhere(from: Place, view: View, query: Readonly<Record<string, string>> = {}): Place {
  const kept = Object.entries(from.query).filter(([name]) => KEPT.includes(name));
  return { view, query: { ...Object.fromEntries(kept), ...query } };
}

/** The same page with another answer to one question; it begins with its first rows again. */
export function asking(from: Place, name: string, value: string): Place {
  const others = Object.entries(from.query).filter(([one]) => one !== name && one !== 'after');
  return { view: from.view, query: Object.fromEntries([...others, ...(value === '' ? [] : [[name, value] as const])]) };
}

/** What is asked of the runtime: some of the questions of a place. */
export function questions({ query }: Place, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(query).filter(([name]) => names.includes(name)));
}

/**
 * How the editor names its token in the storage of the browser, seen from the address of the console
 * (`RED.settings.init` in @node-red/editor-client): the path of the editor, with dashes.
 */
export function tokenName(pathname: string): string {
  const editor = pathname.replace(/\/exchange-connector\/$/, '');
  return `auth-tokens${editor.replaceAll('/', '-')}`;
}
