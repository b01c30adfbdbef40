/** Asks the runtime, as the editor does: with the token that the editor keeps in this browser. */
import { tokenName } from './place.ts';

/** What went wrong. `sign-in`: nobody is signed in, or without the permission. */
export class AnswerError extends Error {
  readonly kind: 'sign-in' | 'refused' | 'unreachable';

  constructor(kind: AnswerError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Where something is asked, below the page's own address. */
export type Question = Readonly<Record<string, string>>;

/** Asks; answers with JSON. Throws {@link AnswerError}, in the language that is asked for. */
export async function ask<T>(path: string, question: Question): Promise<T> {
  return (await (await fetched(path, question)).json()) as T;
}

/** Does something. Throws {@link AnswerError}. */
export async function act(path: string, body: unknown): Promise<{ readonly state: string; readonly node: string }> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await (await fetched(path, {}, init)).json()) as { readonly state: string; readonly node: string };
}

/** Saves an answer as a file: a link alone would not bring the token. Throws {@link AnswerError}. */
export async function save(path: string, question: Question): Promise<void> {
  const answer = await fetched(path, question);
  const name = /filename="([^"]+)"/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? 'export.csv';
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function fetched(path: string, question: Question, init: RequestInit = {}): Promise<Response> {
  const search = new URLSearchParams(question).toString();
  const headers = { ...(init.headers as Record<string, string> | undefined), ...signedIn() };
  let answer: Response;
  try {
    answer = await fetch(`api/${path}${search === '' ? '' : `?${search}`}`, { ...init, headers });
  } catch {
    throw new AnswerError('unreachable', '');
  }
  // The sign-in page of a proxy before Node-RED, in the place of an answer.
  if (answer.ok && answer.headers.get('content-type')?.startsWith('text/html')) throw new AnswerError('sign-in', '');
  if (answer.ok) return answer;
  if (answer.status === 401 || answer.status === 403) throw new AnswerError('sign-in', '');
  throw new AnswerError('refused', await refusalIn(answer));
}

async function refusalIn(answer: Response): Promise<string> {
  try {
    const { error } = (await answer.json()) as { readonly error: { readonly text: string } };
    return error.text;
  } catch {
    return `HTTP ${answer.status}`;
  }
}

function signedIn(): Record<string, string> {
  try {
    const kept = localStorage.getItem(tokenName(location.pathname));
    const token = kept === null ? null : (JSON.parse(kept) as { readonly access_token?: unknown } | null);
    return typeof token?.access_token === 'string' ? { authorization: `Bearer ${token.access_token}` } : {};
  } catch {
    return {};
  }
}
