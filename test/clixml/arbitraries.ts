/** Random CLIXML values for property tests. */
import * as fc from 'fast-check';
import { clixmlObject, clixmlScalar } from '../../src/clixml/index.ts';
import type { ClixmlValue } from '../../src/clixml/index.ts';

/** Any UTF-16 text: control characters, escapes, lone surrogates, U+FFFE and U+FFFF among them. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.constantFrom(0x5f, 0x78, 0x58, 0xd83c, 0xdfb5, 0xfffe, 0x3c)),
    )
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('__proto__', 'constructor', '_x0041_', '_x005F_x0041_', '<&>"\'', ']]>', '\r\n', ' ', '_X0001F3B5_'),
);

/** Names of properties: any text but the one that is dropped unread. */
const anyName = anyText.filter((name) => name !== 'SerializationData');

const scalar: fc.Arbitrary<ClixmlValue> = fc.oneof(
  fc.constant(null),
  anyText,
  fc.boolean(),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.double(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.uint8Array(),
  fc
    .tuple(fc.constantFrom('DT', 'TS', 'D', 'G', 'URI', 'Version', 'XD', 'SBK', 'SS'), anyText)
    .map(([tag, text]) => clixmlScalar(tag, text)),
  fc.integer({ min: 0, max: 0xffff }).map((code) => clixmlScalar('C', String(code))),
);

const fields = (value: fc.Arbitrary<ClixmlValue>) =>
  fc.array(fc.tuple(anyName, value), { maxLength: 4 }).map((pairs) => new Map(pairs));

/** Any value tree, a few levels deep. */
export const anyClixmlValue: fc.Arbitrary<ClixmlValue> = fc.letrec<{ value: ClixmlValue; object: ClixmlValue }>(
  (tie) => ({
    value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('object')),
    object: fc
      .record(
        {
          typeNames: fc.array(fc.oneof(fc.constantFrom('System.Enum', 'System.Object', 'A.B'), anyText), {
            maxLength: 3,
          }),
          text: fc.option(anyText),
          content: fc.oneof(
            fc.record({ value: tie('value') }),
            fc.record({
              items: fc.array(tie('value'), { maxLength: 4 }),
              itemsTag: fc.constantFrom('LST', 'IE', 'STK', 'QUE'),
            }),
            fc.record({
              entries: fc.array(
                fc.tuple(
                  tie('value').filter((key) => key !== null),
                  tie('value'),
                ),
                { maxLength: 4 },
              ),
            }),
            fc.constant({}),
          ),
          properties: fields(tie('value')),
          members: fields(tie('value')),
        },
        { requiredKeys: ['typeNames', 'text', 'content'] },
      )
      .map(({ content, ...rest }) => clixmlObject({ ...rest, ...content })),
  }),
).value;
