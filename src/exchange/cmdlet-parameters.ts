/** The parameters of a checked call as CLIXML values. Pure. */
import { clixmlObject } from '../clixml/index.ts';
import type { ClixmlValue } from '../clixml/index.ts';
import type { PsrpParameter } from '../psrp/create-pipeline.ts';
import type { CmdletCall, CmdletValue } from './transport.ts';

/** Every parameter by name, as PowerShell's binder takes it. */
export function parametersOf(call: CmdletCall): PsrpParameter[] {
  return Object.entries(call.parameters).map(([name, value]) => ({ name, value: toClixml(value) }));
}

/** Parameters are values, never expressions: text is S, a switch B, a list an object array, an edit a hashtable. */
function toClixml(value: CmdletValue): ClixmlValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isTexts(value)) return listOf(value);
  const edits = (['Add', 'Remove'] as const).flatMap((name) => {
    const ids = value[name];
    return ids === undefined ? [] : [[name, listOf(ids)] as const];
  });
  return clixmlObject({ typeNames: ['System.Collections.Hashtable', 'System.Object'], entries: edits });
}

function isTexts(value: object): value is readonly string[] {
  return Array.isArray(value);
}

function listOf(texts: readonly string[]): ClixmlValue {
  return clixmlObject({ typeNames: ['System.Object[]', 'System.Array', 'System.Object'], items: [...texts] });
}
