/** What the tests of all dialogs have in common. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TESTED = [
  'exchange-server',
  'mdm-tenant',
  'mail-account',
  'connector-store',
  'autodiscover-check',
  'enrollment-notifier',
];

describe('"Test" of a dialog', () => {
  for (const type of TESTED) {
    it(`needs the permission that a deploy needs, at ${type}`, async () => {
      const module = (await import(`../../nodes/${type}/${type}.ts`)) as { default(RED: never): void };
      const routes = new Map<string, string>();
      module.default({
        auth: { needsPermission: (permission: string) => permission },
        httpAdmin: {
          get: () => undefined,
          use: () => undefined,
          post: (path: string, _first: unknown, permission: string) => routes.set(path, permission),
        },
        nodes: { registerType: () => undefined },
      } as never);
      assert.equal(routes.get(`/${type}/check`), 'flows.write');
    });

    it(`stops when the dialog of ${type} is left, whichever way`, () => {
      const html = readFileSync(`${ROOT}nodes/${type}/${type}.html`, 'utf8');
      for (const way of ['oneditsave', 'oneditcancel', 'oneditdelete']) assert.match(html, new RegExp(`${way}: \\w+`));
      assert.match(html, /<!-- include field-report\.html -->/);
    });
  }
});
