/** CLIXML, the XML that PowerShell Remoting carries its objects in (MS-PSRP 2.2.5). */
export { CLIXML_LIMITS } from './clixml-error.ts';
export type { ClixmlLimits } from './clixml-error.ts';
export { clixmlEnum, clixmlObject, clixmlScalar } from './clixml-object.ts';
export type { ClixmlFields, ClixmlObjectParts } from './clixml-object.ts';
export { decodeClixmlText, encodeClixmlText } from './clixml-text.ts';
export { readClixml, readClixmlDocument, readClixmlPlain } from './read-clixml.ts';
export { toPlain } from './to-plain.ts';
export { writeClixml, writeClixmlDocument } from './write-clixml.ts';
export type { ClixmlObject, ClixmlScalar, ClixmlValue, PlainObject, PlainValue } from './value.ts';
