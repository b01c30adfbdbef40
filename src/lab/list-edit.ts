/** Editing a multi-valued property as Set-CASMailbox does. */
import { listNames } from './access-evaluation.ts';

/** How a multi-valued property is changed: cleared, replaced, or edited. */
export type ListEdit =
  | null
  | readonly string[]
  | { readonly Add?: readonly string[]; readonly Remove?: readonly string[] };

/** Applies an edit; entries are compared without regard to case, Remove goes before Add. */
export function applyListEdit(list: readonly string[], edit: ListEdit): readonly string[] {
  if (edit === null) return [];
  if (isList(edit)) return [...edit];
  const removed = new Set((edit.Remove ?? []).map((entry) => entry.toLowerCase()));
  const result = list.filter((entry) => !removed.has(entry.toLowerCase()));
  for (const entry of edit.Add ?? []) if (!listNames(result, entry)) result.push(entry);
  return result;
}

function isList(edit: Exclude<ListEdit, null>): edit is readonly string[] {
  return Array.isArray(edit);
}
