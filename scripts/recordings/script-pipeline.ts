/**
 * CREATE_PIPELINE for what the recordings run and the client cannot: script text, and arguments without a name. Only here,
 * to compare a message of ours with a recorded one; nothing in src can set IsScript.
 */
import { clixmlObject, writeClixml } from '../../src/clixml/index.ts';
import type { ClixmlObject, ClixmlValue } from '../../src/clixml/index.ts';
import { createPipelineContent } from '../../src/psrp/create-pipeline.ts';
import type { ReceivedCommand } from '../../src/psrp/create-pipeline.ts';

/** The content our client would send if these were cmdlets, with their texts and arguments put in place. */
export function scriptPipelineContent(commands: readonly ReceivedCommand[], protocolVersion: string): string {
  const placeholders = commands.map(() => ({ name: 'Get-Placeholder', parameters: [] }));
  const content = createPipelineContent(placeholders, { protocolVersion });
  let next = 0;
  const put = (value: ClixmlValue): ClixmlValue => {
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array || value.kind !== 'object')
      return value;
    const command = value.members?.has('Cmd') === true ? commands[next++] : undefined;
    if (command !== undefined) return withCommand(value, command);
    return {
      ...value,
      items: value.items?.map(put) ?? null,
      members: value.members === null ? null : new Map([...value.members].map(([name, field]) => [name, put(field)])),
    };
  };
  return writeClixml(put(content));
}

function withCommand(value: ClixmlObject, command: ReceivedCommand): ClixmlObject {
  const members = new Map(value.members);
  members.set('Cmd', command.name);
  members.set('IsScript', command.isScript);
  const items = command.parameters.map((parameter) =>
    clixmlObject({ members: { N: parameter.name, V: parameter.value } }),
  );
  members.set('Args', clixmlObject({ items }));
  return { ...value, members };
}
