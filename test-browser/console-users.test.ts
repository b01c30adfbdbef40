/** The console where users sign in to the editor, and the editor is not at the root. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';
import { programOf, VERSIONS } from '../test/support/node-red-program.ts';
import { spawnNodeRed } from '../test/support/spawned-node-red.ts';
import type { SpawnedNodeRed } from '../test/support/spawned-node-red.ts';
import type { Page } from 'playwright-core';
import { openPageOf } from './open-editor.ts';
import type { Editor } from './open-editor.ts';

const require = createRequire(import.meta.url);
const { hashSync } = createRequire(require.resolve('@node-red/editor-api'))('bcryptjs') as {
  readonly hashSync: (password: string, rounds: number) => string;
};

const PASSWORD = 'not-a-secret';
const user = (username: string, permissions: string | readonly string[]) => ({
  username,
  permissions,
  password: hashSync(PASSWORD, 4),
});

for (const { label, install } of VERSIONS)
  describe(`the console for users who sign in to ${label}`, () => {
    let userDir: string;
    let nodeRed: SpawnedNodeRed | undefined;
    let editor: Editor | undefined;
    let console: string;

    before(async () => {
      userDir = mkdtempSync(join(tmpdir(), 'exchange-connector-users-'));
      const flow = readExample().map((entry) =>
        entry.type === 'access-switch'
          ? {
              ...entry,
              name: 'Gate',
              mode: 'enforce',
              brakeCount: 1,
              brakePercent: 0,
              brakePerDay: '',
              mailFirst: false,
            }
          : entry,
      );
      // It reads by itself: nobody here may press the button.
      const started = flow.map((entry) =>
        entry['name'] === 'full sync' ? { ...entry, once: true, onceDelay: 0.1 } : entry,
      );
      writeFileSync(join(userDir, 'flows.json'), JSON.stringify(started));
      nodeRed = await spawnNodeRed(await programOf(install), userDir, {
        flowFile: 'flows.json',
        credentialSecret: false,
        nodesDir: [root],
        httpAdminRoot: '/admin',
        adminAuth: {
          type: 'credentials',
          users: [user('ida', '*'), user('reader', ['read', 'exchange-connector.read'])],
        },
        externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
      });
      console = `${nodeRed.url}/admin/exchange-connector/`;
      editor = await openPageOf(console, {
        expected: /status of 401/,
        ready: (page) => page.getByRole('alert').waitFor(),
      });
    });
    after(async () => {
      await editor?.close();
      await nodeRed?.stop();
      rmSync(userDir, { recursive: true, force: true });
    });

    const signIn = async (name: string): Promise<void> => {
      const { page } = editor!;
      await page.goto('about:blank');
      await page.goto(console);
      await page.getByRole('link', { name: 'To the editor' }).click();
      await page.locator('#node-dialog-login-username').fill(name);
      await page.locator('#node-dialog-login-password').fill(PASSWORD);
      await page.locator('#node-dialog-login-submit').click();
      await page.locator('.red-ui-flow-node-group').first().waitFor();
      await page.goto(console);
    };
    /** @param meanwhile what happens before the question is answered */
    const approve = async (meanwhile: () => Promise<void> = async () => {}): Promise<void> => {
      const { page } = editor!;
      await page.getByRole('link', { name: 'Look at the plan' }).click();
      await page.getByRole('button', { name: /Approve all/ }).click();
      await meanwhile();
      await page.locator('dialog').getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('status').filter({ hasText: /./ }).waitFor();
    };

    it('tells who is not signed in where to do that', async () => {
      const { page } = editor!;
      assert.match(await page.getByRole('alert').innerText(), /^Sign in at the editor/);
      assert.equal(
        await page.getByRole('link', { name: 'To the editor' }).evaluate((link) => (link as HTMLAnchorElement).href),
        `${nodeRed!.url}/admin/`,
      );
    });

    it('shows who may read how it goes, and refuses what they may not do', async () => {
      await signIn('reader');
      await approve();
      assert.match(await editor!.page.getByRole('status').innerText(), /^You have no right to do this/);
      await editor!.page.evaluate(() => localStorage.clear());
    });

    for (const [who, endIt] of [
      [
        'Node-RED',
        (page: Page) =>
          page.evaluate(() => {
            for (const name of Object.keys(localStorage).filter((one) => one.startsWith('auth-tokens')))
              localStorage.setItem(name, JSON.stringify({ access_token: 'has-expired' }));
          }),
      ],
      [
        'a proxy that answers with its own page',
        (page: Page) =>
          page.route('**/exchange-connector/api/**', (route) =>
            route.fulfill({ status: 200, contentType: 'text/html; charset=utf-8', body: '<h1>Sign in</h1>' }),
          ),
      ],
    ] as const)
      it(`says that nothing was done, where the session at ${who} has ended before the answer`, async () => {
        const { page } = editor!;
        await signIn('ida');
        await approve(async () => void (await endIt(page)));
        await page.getByRole('alert').waitFor();
        assert.equal(await page.getByRole('status').innerText(), 'Nothing was done: you are not signed in any more.');
        assert.match(await page.getByRole('alert').innerText(), /^Sign in at the editor/);
        await page.unrouteAll();
        await page.evaluate(() => localStorage.clear());
      });

    it('does what who may write approves, and keeps the name', async () => {
      const { page } = editor!;
      await signIn('ida');
      await approve();
      assert.match(await page.getByRole('status').innerText(), /^Done: Approve/);
      await page.getByRole('link', { name: 'Audit' }).click();
      await page.locator('tbody tr', { hasText: 'approved by ida' }).first().waitFor();
      await page.locator('input[name=person]').fill('ida');
      await page.waitForURL(/person=ida/);
      assert.deepEqual(editor!.problems, []);
    });
  });
