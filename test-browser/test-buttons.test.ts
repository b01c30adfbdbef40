/** "Test" in the dialogs of mail account, store, notifier and Exchange server: what is typed is tested, in English and in German. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readExample } from '../scripts/lab-flow.ts';
import { root } from '../scripts/node-red.ts';
import { startLab } from '../src/lab/servers/lab.ts';
import type { Lab } from '../src/lab/servers/lab.ts';
import { englishWordsIn } from '../test/support/english-words.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { EditorRed, OwnEditor } from './open-editor.ts';
import { weakWords } from './weak-words.ts';

const TYPES = ['exchange-server', 'mail-account', 'connector-store', 'enrollment-notifier'] as const;

for (const [language, locale] of [
  ['en-US', 'en-US'],
  ['de', 'de-DE'],
] as const) {
  const words = (path: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(root, 'nodes', path), 'utf8')) as Record<string, Record<string, string>>;
  const shared = words(`locales/${language}/shared.json`)['check'] ?? {};

  describe(`"Test" in a browser of ${locale}`, () => {
    let lab: Lab;
    let editor: OwnEditor;
    let page: OwnEditor['page'];
    const ids = {} as Record<(typeof TYPES)[number], string>;

    before(async () => {
      lab = await startLab();
      lab.organization.addMailbox({ alias: 'anna', displayName: 'Anna Adler' });
      lab.organization.syncPhone({ mailbox: 'anna@contoso.example', deviceId: 'A1', deviceType: 'iPhone', model: 'x' });
      // Without syncs nobody else works with the servers.
      const flow = readExample().filter(({ type }) => type !== 'inject');
      const smtp = { transport: 'smtp', address: lab.smtp.address, host: lab.smtp.host, port: lab.smtp.port };
      const entries = flow.map((entry) =>
        entry.type === 'mail-account' ? { ...entry, ...smtp, security: 'starttls', tls: 'lab-ca' } : entry,
      );
      entries.push({
        id: 'lab-ca',
        type: 'tls-config',
        name: 'lab CA',
        cert: '',
        key: '',
        ca: lab.caFile,
        servername: '',
        verifyservercert: true,
      });
      for (const type of TYPES) ids[type] = flow.find((entry) => entry.type === type)?.id ?? assert.fail(`no ${type}`);
      editor = await openOwnEditor(entries, {
        locale,
        // What the runtime refuses, the browser notes.
        expected: /status of 400/,
        credentials: { [ids['mail-account']]: { username: lab.smtp.username, password: lab.smtp.password } },
      });
      ({ page } = editor);
    });

    after(async () => {
      await editor?.close();
      await lab?.close();
    });

    const report = (type: string) => page.locator(`#${type}-report`);
    const input = (name: string) => page.locator(`#node-config-input-${name}`);
    const state = (type: string) => page.locator(`#${type}-check-state`);
    /** The report without what is to be pasted, and codes. */
    const wordsOf = (type: string): Promise<string> =>
      report(type).evaluate((element) => {
        const copy = element.cloneNode(true) as typeof element;
        copy.querySelectorAll('pre, code').forEach((one) => one.remove());
        return copy.textContent ?? '';
      });
    /** A text as it is in the language of the browser. */
    const inWords = (english: RegExp, german: RegExp): RegExp => (language === 'de' ? german : english);
    const test = async (type: string): Promise<string> => {
      const button = page.locator(`#${type}-check`);
      await button.scrollIntoViewIfNeeded();
      assert.equal(await button.textContent(), shared['button']);
      await button.click();
      await state(type)
        .getByText(shared['done'] ?? '', { exact: true })
        .waitFor();
      if (language === 'de') assert.deepEqual(englishWordsIn(await wordsOf(type)), [], await wordsOf(type));
      const text = (await report(type).innerText()).replace(/\s+/g, ' ');
      assert.ok(!text.includes(lab.smtp.password) && !text.includes(lab.exchange.password), 'no password');
      return text;
    };
    const UNTRUSTED = inWords(
      /✗ error TLS: certificate of an authority that is not trusted here/,
      /✗ Fehler TLS: Zertifikat einer Stelle, der hier nicht vertraut wird/,
    );
    const looksGood = async (type: string, name: string): Promise<void> => {
      await report(type).scrollIntoViewIfNeeded();
      for (const dark of [false, true]) {
        await page.evaluate((on) => document.documentElement.classList.toggle('nr-theme-dark', on), dark);
        await untilStill(page);
        await editor.shoot(`test-${name}-${language}-${dark ? 'dark' : 'light'}`);
        assert.deepEqual(await weakWords(report(type)), [], `${type} ${dark ? 'dark' : 'light'}`);
      }
      await page.evaluate(() => document.documentElement.classList.toggle('nr-theme-dark', false));
      assert.ok(await report(type).evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
    };

    it('tests a mail account as it is typed, with the stored password at the same server alone', async () => {
      const type = 'mail-account';
      await editor.edit(ids[type]);
      assert.match(
        await test(type),
        inWords(
          /✓ ok Sign-in: signed in .*– left out Test mail: nobody is mailed/,
          /✓ in Ordnung Anmeldung: angemeldet .*– ausgelassen Testmail: niemand wird angeschrieben/,
        ),
      );
      await looksGood(type, 'mail-account');
      await page.locator('#mail-account-test-to').fill('anna@contoso.example');
      assert.match(await test(type), inWords(/✓ ok Test mail: accepted/, /✓ in Ordnung Testmail: angenommen/));
      assert.equal(lab.organization.inbox('anna@contoso.example').length > 0, true);
      await input('password').fill('wrong-password');
      assert.match(
        await test(type),
        inWords(/✗ error Sign-in: refused .*ERR_MAIL_AUTH/, /✗ Fehler Anmeldung: abgelehnt .*ERR_MAIL_AUTH/),
      );
      await looksGood(type, 'mail-account-refused');
      await input('tls').selectOption('_ADD_');
      assert.match(await test(type), UNTRUSTED);
      await looksGood(type, 'mail-account-untrusted');
      await editor.cancel();
      await editor.edit(ids[type]);
      await input('host').fill('localhost');
      await page.locator(`#${type}-check`).click();
      await report(type)
        .getByText(inWords(/Enter it again/, /Tragen Sie es neu ein/))
        .waitFor();
      await editor.cancel();
      assert.deepEqual(editor.problems, []);
    });

    it('tests a new mail account by variables of its flow and of Node-RED, before anything of them is deployed', async () => {
      const type = 'mail-account';
      process.env['EAS_TEST_PASSWORD'] = lab.smtp.password;
      const flow = await page.evaluate(
        (variables) => {
          const { RED } = globalThis as unknown as { RED: EditorRed & { nodes: { workspace(id: unknown): object } } };
          const active = RED.workspaces?.active?.();
          Object.assign(RED.nodes.workspace(active), { env: variables });
          RED.editor.editConfig('', 'mail-account', '_ADD_');
          return String(active);
        },
        [
          { name: 'SMTP_HOST', type: 'str', value: lab.smtp.host },
          { name: 'SMTP_PORT', type: 'num', value: String(lab.smtp.port) },
        ],
      );
      await page.locator('.eas-dialog').waitFor();
      await input('transport').selectOption('smtp');
      await input('address').fill(lab.smtp.address);
      await input('host').fill('${SMTP_HOST}');
      await input('port').fill('${SMTP_PORT}');
      await input('security').selectOption('starttls');
      await input('tls').selectOption('lab-ca');
      await input('username').fill(lab.smtp.username);
      await input('password').fill('${EAS_TEST_PASSWORD}');
      await page.locator(`#${type}-check`).click();
      await report(type)
        .getByText(inWords(/SMTP_HOST.* is not set/, /SMTP_HOST.* ist nicht gesetzt/))
        .waitFor();
      await page.locator('#red-ui-editor-config-scope').selectOption(flow);
      assert.match(await test(type), inWords(/✓ ok Sign-in: signed in/, /✓ in Ordnung Anmeldung: angemeldet/));
      await editor.cancel();
      assert.deepEqual(editor.problems, []);
    });

    it('tests a store as it is typed, and makes nothing', async () => {
      const type = 'connector-store';
      await editor.edit(ids[type]);
      assert.match(await test(type), inWords(/✓ ok Writing: possible/, /✓ in Ordnung Schreiben: möglich/));
      await looksGood(type, 'store');
      await input('path').fill('/nonexistent/folder/connector.sqlite');
      assert.match(
        await test(type),
        inWords(
          /✗ error Folder: there is none .*mkdir -p \/nonexistent\/folder/,
          /✗ Fehler Ordner: gibt es nicht .*mkdir -p \/nonexistent\/folder/,
        ),
      );
      await looksGood(type, 'store-no-folder');
      await input('engine').selectOption('postgres');
      await input('connection').fill('postgres://connector:Typed-Secret@127.0.0.1:1/connector');
      const text = await test(type);
      assert.match(
        text,
        inWords(/✗ error Connection: refused or not answered/, /✗ Fehler Verbindung: abgelehnt oder nicht beantwortet/),
      );
      assert.ok(!text.includes('Typed-Secret'));
      await editor.cancel();
      assert.deepEqual(editor.problems, []);
    });

    it('tests an Exchange server as it is typed over one that is simulated', async () => {
      const type = 'exchange-server';
      await editor.edit(ids[type]);
      await input('kind').selectOption('remote-powershell');
      await input('urls').fill(lab.exchange.url);
      await input('auth').selectOption('basic');
      await input('username').fill(lab.exchange.username);
      await input('password').fill(lab.exchange.password);
      await input('tls').selectOption('lab-ca');
      assert.match(await test(type), inWords(/^✓ ready Exchange server/, /^✓ bereit Exchange-Server/));
      await looksGood(type, 'exchange');
      await input('password').fill('wrong-password');
      assert.match(
        await test(type),
        inWords(/✗ error Session: sign-in refused/, /✗ Fehler Sitzung: Anmeldung abgelehnt/),
      );
      await input('tls').selectOption('_ADD_');
      assert.match(await test(type), UNTRUSTED);
      await editor.cancel();
      assert.deepEqual(editor.problems, []);
    });

    it('tests a notifier as it is typed, in words of this language', async () => {
      const type = 'enrollment-notifier';
      const catalogue = words(`${type}/locales/${language}/${type}.json`)[type] as unknown as {
        checked: { step: Record<string, string>; verdict: Record<string, string>; all: Record<string, string> };
      };
      const { step, verdict, all } = catalogue.checked;
      await editor.edit(ids[type]);
      await page.locator('#node-input-linkBase').fill('https://connector.contoso.invalid');
      const text = await test(type);
      assert.ok(text.includes(`✓ ${verdict['ready']} ${step['sign-in']}`), text);
      assert.ok(
        text.includes(`${verdict['failed']} ${step['link']}`) || text.includes(`${verdict['unknown']} ${step['link']}`),
      );
      assert.ok(Object.values(all).some((sentence) => text.includes(sentence)));
      await looksGood(type, 'notifier');
      await page.locator('#enrollment-notifier-own-mail').check();
      assert.ok((await test(type)).includes(step['own-mail'] ?? '?'));
      await page.locator('#node-input-linkBase').fill('http://connector.contoso.example');
      await page.locator(`#${type}-check`).click();
      await report(type).locator('.eas-report-problem').waitFor();
      await editor.cancel();
      assert.deepEqual(editor.problems, []);
    });
  });
}
