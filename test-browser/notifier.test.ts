/** The notifier's dialog: the mail as it is written, shown as it is typed, in every kind and language, with its logo. */
import assert from 'node:assert/strict';
import { readExample } from '../scripts/lab-flow.ts';
import { MAIL_KINDS } from '../src/model/mail-kind.ts';
import { dataUrlOf } from '../src/model/logo.ts';
import { MAIL_LANGUAGES } from '../src/notify/default-templates.ts';
import { qrPng } from '../src/qr/qr-picture.ts';
import { pngOf } from '../test/support/pictures.ts';
import { openOwnEditor, untilStill } from './open-editor.ts';
import type { OwnEditor } from './open-editor.ts';

/** Any picture that a browser can show. */
const LOGO = qrPng('https://contoso.example/');

describe('the dialog of the notifier', () => {
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let id: string;

  before(async () => {
    const flow = readExample();
    id = flow.find(({ type }) => type === 'enrollment-notifier')?.id ?? assert.fail('no notifier');
    // The runtime refuses what is typed half, the frame every script; the browser notes each refusal.
    editor = await openOwnEditor(flow, { expected: /status of 400|Blocked script execution/ });
    ({ page } = editor);
  });

  after(() => editor?.close());

  beforeEach(async () => {
    await editor.edit(id);
    await page.locator('.red-ui-tab', { hasText: 'Mail' }).click();
  });

  afterEach(() => editor.cancel());

  it('has what it sends with on one tab, and what it sends on the other with the preview', async () => {
    const shown = () =>
      page.evaluate(() =>
        ['account', 'linkBase', 'cc', 'subject', 'company', 'preview-frame', 'check'].filter((name) => {
          const found = [`node-input-${name}`, `enrollment-notifier-${name}`].map((id) => document.getElementById(id));
          return found.some((element) => element !== null && element.offsetParent !== null);
        }),
      );
    const mailTab = await shown();
    await page.locator('.red-ui-tab', { hasText: 'Sending' }).click();
    await editor.shoot('notifier-sending');
    assert.deepEqual(
      [await shown(), mailTab],
      [
        ['account', 'linkBase', 'cc', 'check'],
        ['subject', 'company', 'preview-frame'],
      ],
    );
  });

  const subject = () => page.locator('#enrollment-notifier-preview-subject');
  const problem = () => page.locator('#enrollment-notifier-preview-problem');
  const mail = () => page.frameLocator('#enrollment-notifier-preview-frame').locator('body');
  const input = (name: string) => page.locator(`#node-input-${name}`);
  const show = (kind: string, language: string) =>
    Promise.all([
      page.locator('#enrollment-notifier-preview-language').selectOption(language),
      page.locator('#enrollment-notifier-preview-kind').selectOption(kind),
    ]);
  const choose = (name: string, buffer: Buffer) =>
    input('logo-file').setInputFiles({ name, mimeType: 'image/png', buffer });

  it('shows the mail of every kind in every language, each with words of its own', async () => {
    const seen = new Set<string>();
    for (const language of MAIL_LANGUAGES)
      for (const kind of MAIL_KINDS) {
        const answer = page.waitForResponse((response) => {
          if (!response.url().endsWith('/enrollment-notifier/preview')) return false;
          const asked = response.request().postDataJSON() as Readonly<Record<string, unknown>>;
          return asked['kind'] === kind && asked['mailLanguage'] === language;
        });
        await show(kind, language);
        const made = (await (await answer).json()) as { readonly subject: string };
        await subject().getByText(made.subject, { exact: true }).waitFor();
        seen.add(made.subject);
      }
    assert.equal(seen.size, MAIL_LANGUAGES.length * MAIL_KINDS.length);
    assert.equal(await problem().innerText(), '');
  });

  it('shows what is typed, as it is typed, with the values of a sample and nothing of it as markup', async () => {
    await input('company').fill('Contoso & <b>Söhne</b>');
    await mail().getByText('Contoso & <b>Söhne</b>').first().waitFor();
    await input('subject').fill('Your {{device.model}} waits');
    await subject().getByText('Your iPhone16C1 waits').waitFor();
    await input('html').fill('<p>Hello <em>{{user.name}}</em></p><script>parent.x = 1</script>');
    await mail().locator('em').waitFor();
    await editor.shoot('notifier-preview-own-text');
    assert.equal(await page.evaluate('window.x'), undefined);
  });

  it('says what is wrong with a text, and shows the mail as it was, faded', async () => {
    await mail().locator('p').first().waitFor();
    await input('subject').fill('Your {{#device.model}} waits');
    await problem().filter({ hasText: /./ }).waitFor();
    await problem().scrollIntoViewIfNeeded();
    await editor.shoot('notifier-preview-problem');
    assert.match(await problem().innerText(), /subject/i);
    assert.equal(
      await page.locator('#enrollment-notifier-preview-frame').evaluate((frame) => frame.style.opacity),
      '0.4',
    );
    await input('subject').fill('');
    await problem().filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
  });

  it('puts a chosen picture above the mail, keeps it in the flow, and takes it out again', async () => {
    await choose('logo.png', LOGO);
    const expected = dataUrlOf({ contentType: 'image/png', content: LOGO });
    await mail().locator(`img[src="${expected}"]`).waitFor();
    assert.equal(await input('logo').inputValue(), expected);
    const first = mail().locator('img').first();
    assert.deepEqual(
      [await first.getAttribute('src'), await first.evaluate((image) => (image as HTMLImageElement).naturalWidth > 0)],
      [expected, true],
    );
    await input('logo-remove').scrollIntoViewIfNeeded();
    await editor.shoot('notifier-logo');
    await page.locator('#enrollment-notifier-preview-frame').scrollIntoViewIfNeeded();
    await untilStill(page);
    await editor.shoot('notifier-preview-logo');
    assert.deepEqual(await Promise.all(['logo-file', 'logo-remove'].map((name) => input(name).isVisible())), [
      false,
      true,
    ]);
    await input('logo-remove').click();
    await mail().locator(`img[src="${expected}"]`).waitFor({ state: 'detached' });
    assert.equal(await input('logo').inputValue(), '');
    assert.deepEqual(await Promise.all(['logo-file', 'logo-remove'].map((name) => input(name).isVisible())), [
      true,
      false,
    ]);
  });

  it('refuses a picture that is too large, or none, in words, and keeps what there was', async () => {
    await choose('large.png', pngOf(600, 200, 60 * 1024));
    await page.getByText('This picture has 60 KiB; 48 at most go with every mail.').waitFor();
    await choose('none.png', Buffer.from('no picture'));
    await page.getByText('This file is no picture that can be shown.').waitFor();
    await input('logo-file').scrollIntoViewIfNeeded();
    await editor.shoot('notifier-logo-refused');
    assert.equal(await input('logo').inputValue(), '');
  });

  it('has no page error', () => assert.deepEqual(editor.problems, []));
});
