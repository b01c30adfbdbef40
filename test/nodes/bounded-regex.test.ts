/** Regular expressions of a mapping: they match as JSONata's own, and end. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { boundMapping } from '../../nodes/mdm-source/bounded-mapping.ts';
import { isQuick } from '../../nodes/mdm-source/bounded-regex.ts';

interface Expression {
  ast(): unknown;
  assign(name: string | symbol, value: (...given: never[]) => unknown): void;
  evaluate(input: unknown): Promise<unknown>;
}

/** Node-RED's. */
const jsonata = createRequire(createRequire(import.meta.url).resolve('@node-red/util'))('jsonata') as (
  text: string,
) => Expression;

/** What comes of an expression, an error with what JSONata says of it. */
async function outcome(text: string, input: unknown, isBounded: boolean): Promise<unknown> {
  const expression = jsonata(text);
  if (isBounded) boundMapping(expression, false)();
  try {
    // JSONata marks its arrays, and functions are not compared.
    return JSON.parse(JSON.stringify((await expression.evaluate(input)) ?? null));
  } catch (thrown) {
    const { code, message, value } = thrown as { code?: string; message?: string; value?: unknown };
    return { code, message, value };
  }
}

describe('the regular expressions of a mapping', () => {
  it('match as those of JSONata do', async () => {
    const name = 'Anna Bauer’s SM-S921B; iPad;  Ünal Gerät 12';
    const expressions = [
      '$match(name, /[A-Z]+-?([a-z0-9]*)/)',
      '$match(name, /(\\w+)( \\w+)?/i)',
      '$match(name, /x(y)?z/)',
      '$match(name, /a/, 2)',
      '$contains(name, /ipad/i)',
      '$contains(name, /^(\\w+[-. ]?)+$/)',
      '$replace(name, /(\\w+)-(\\w+)/, "$2/$1")',
      '$replace(name, /\\d/, function($m) { "<" & $m.match & $m.start & $m.end & ">" })',
      '$replace(name, /(?<=S)9/, "-", 1)',
      '$split(name, /\\s*;\\s*/)',
      '$split(name, /[ ;]+/, 3)',
      'list[name ~> /^i/].name',
      '(name ~> /S(M)/).groups',
      '($at := /e./; [$at(name).match, $at(name, 20).start])',
      '/e./(name).next().match',
      '$filter(["ab", "b", "ba"], /^a|a$/)',
      '$contains(none, /x/)',
      '$replace(name, /q*/, "-")',
      '$match(name, /\\b/)',
      '{ "id": list.($match(name, /(.)$/).groups[0]), "os": $contains(name, /a/) ? "ios" : /b/(name).match }',
    ];
    const input = { name, list: [{ name: 'iPad' }, { name: 'Tab' }, { name: 'iPhone' }] };
    for (const text of expressions)
      assert.deepEqual(await outcome(text, input, true), await outcome(text, input, false), text);
  });

  it('end after a second where they would try every way to match, wherever they are used', async () => {
    const input = { name: `${'a'.repeat(40)}!` };
    for (const text of ['$contains(name, /^(\\w+ ?)+$/)', '{ "id": name, "model": $replace(name, /(a|a)*!$x/, "") }']) {
      const begun = process.cpuUsage();
      assert.match(
        String(((await outcome(text, input, true)) as { message?: string }).message),
        /^it takes more than 1 s/,
      );
      const { user, system } = process.cpuUsage(begun);
      assert.ok(user + system < 10e6, `${text} took ${(user + system) / 1e6} s of the processor`);
    }
  });

  it('are left to the engine where they cannot take long for a text', () => {
    const quick = (source: string, length: number): boolean => isQuick(source, length);
    assert.deepEqual(
      [
        quick('^\\d+$', 1_000),
        quick('\\s*;\\s*', 200),
        quick('^(?:retired|wiped)$', 100_000),
        quick('[*+(]{2}\\)+', 3_000),
        quick('\\p{L}+(?<name>x)(?=y)(?<!z)', 3_000),
        quick('(a|b)?c', 3_000),
      ],
      [true, true, true, true, true, true],
    );
    assert.deepEqual(
      [
        quick('(\\w+ ?)+', 2),
        quick('(?:a|a)*b', 2),
        quick('(a{1,9}){9}', 2),
        quick('\\s*;\\s*', 1_000),
        quick('a?a?a?a?a?a?a?a?', 20),
        quick('\\d+', 10_000),
      ],
      [false, false, false, false, false, false],
    );
  });
});
