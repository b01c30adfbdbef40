/** Before "Enforce": the checklist in the dialog of the access switch and in the console, and the question that "Done" asks. */
import assert from 'node:assert/strict';
import axe from 'axe-core';
import { readExample } from '../scripts/lab-flow.ts';
import type { FlowEntry } from '../scripts/node-red.ts';
import { VERSIONS } from '../test/support/node-red-program.ts';
import { openEditor, openOwnEditor, untilStill } from './open-editor.ts';
import type { Editor, EditorRed, OwnEditor } from './open-editor.ts';

const LINK = 'https://connector.contoso.example';
const PAGE = `${LINK}/activate`;

/** The example, with a link address that phones may reach. */
const FLOW = readExample().map((entry): FlowEntry => {
  if (entry.type === 'access-switch') return { ...entry, name: 'Gate', mode: 'simulate' };
  if (entry.type === 'enrollment-notifier') return { ...entry, name: '', linkBase: LINK };
  return entry;
});
const idOf = (type: string, name?: string): string =>
  FLOW.find((entry) => entry.type === type && (name === undefined || entry['name'] === name))?.id ??
  assert.fail(`no ${type}`);
const SWITCH = idOf('access-switch');

/** What the tests of the dialog do, in any editor. */
function dialogOf({ page, edit }: Pick<Editor, 'page' | 'edit'>) {
  const list = page.locator('#access-switch-readiness-list');
  const notice = page.locator('.red-ui-notification', { has: page.locator('.eas-cancel') });
  return {
    list,
    notice,
    open: async (): Promise<void> => {
      await edit(SWITCH);
      await page.locator('#access-switch-rules .eas-rule').first().waitFor({ state: 'attached' });
    },
    choose: (mode: 'simulate' | 'enforce') => page.locator('#node-input-mode').selectOption(mode),
    chosen: () => page.locator('#node-input-mode').inputValue(),
    /** The line whose head begins so. */
    line: (head: string) => list.locator('dd', { has: page.locator('b', { hasText: head }) }),
    done: () => page.locator('#node-dialog-ok').click(),
    answer: async (which: 'cancel' | 'yes'): Promise<void> => {
      await notice.locator(`.eas-${which}`).click();
      await notice.waitFor({ state: 'detached' });
    },
    isOpen: () => page.locator('.eas-dialog').isVisible(),
    closed: () => page.locator('.eas-dialog').waitFor({ state: 'detached' }),
    /** As the editor has it; nothing is deployed. */
    saved: () =>
      page.evaluate((id) => (globalThis as unknown as { RED: EditorRed }).RED.nodes.node(id)['mode'], SWITCH),
    back: () =>
      page.evaluate((id) => {
        (globalThis as unknown as { RED: EditorRed }).RED.nodes.node(id)['mode'] = 'simulate';
      }, SWITCH),
  };
}

describe('before “Enforce”', () => {
  let editor: OwnEditor;
  let page: OwnEditor['page'];
  let dialog: ReturnType<typeof dialogOf>;
  let editorUrl: string;

  before(async () => {
    editor = await openOwnEditor(FLOW, { width: 1400, expected: /400 \(Bad Request\)/ });
    ({ page } = editor);
    dialog = dialogOf(editor);
    editorUrl = page.url();
  });
  after(() => editor?.close());

  const findings = async (within: string | null): Promise<string[]> => {
    await page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
    return page.evaluate(async (selector) => {
      const { axe: run } = globalThis as unknown as {
        axe: { run(where: Element): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const where = (selector === null ? null : document.querySelector(selector)) ?? document.documentElement;
      const { violations } = await run.run(where);
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`));
    }, within);
  };

  it('shows the checklist once Enforce is chosen, and on request before', async () => {
    await dialog.open();
    assert.equal(await dialog.list.innerText(), '');
    await page.getByRole('button', { name: 'Ready to enforce?' }).click();
    await dialog.line('Exchange and MDM').waitFor();
    await dialog.choose('enforce');
    await dialog.line('Phones that would be blocked').getByText('Not known: there was no dry run.').waitFor();
    assert.match(await dialog.line('Link address').innerText(), /Whether phones reach it from outside/);
    assert.deepEqual(await findings('#access-switch-readiness'), []);
    await editor.shoot('readiness-1-dialog-unknown');
    await dialog.choose('simulate');
    assert.equal(await dialog.list.innerText(), '');
    await editor.cancel();
  });

  it('asks before it is saved, says that the number is not known yet, and stays open on Cancel in the old mode', async () => {
    await dialog.open();
    await dialog.choose('enforce');
    await dialog.done();
    await dialog.notice.getByText('there was no dry run').waitFor();
    await page.waitForFunction(() => document.activeElement?.classList.contains('eas-cancel'));
    await dialog.answer('cancel');
    assert.deepEqual(
      [await dialog.isOpen(), await dialog.chosen(), await dialog.saved()],
      [true, 'simulate', 'simulate'],
    );
    // Nothing is asked of somebody who does not enforce.
    await dialog.done();
    await dialog.closed();
    assert.equal(await dialog.saved(), 'simulate');
  });

  it('asks with the number of phones after a dry run, and saves once that is confirmed', async () => {
    editor.receive(idOf('inject', 'dry run'));
    await dialog.open();
    await dialog.choose('enforce');
    const some = dialog.line('Phones that would be blocked').getByText(/^\d+, by the dry run/);
    while (!(await some.isVisible())) {
      await page.waitForTimeout(300);
      await page.getByRole('button', { name: 'Look again' }).click();
    }
    await editor.shoot('readiness-2-dialog-known');
    await page.evaluate(() => document.documentElement.classList.add('nr-theme-dark'));
    await page.emulateMedia({ colorScheme: 'dark' });
    await editor.shoot('readiness-2-dialog-dark');
    await page.evaluate(() => document.documentElement.classList.remove('nr-theme-dark'));
    await page.emulateMedia({ colorScheme: 'light' });
    await dialog.done();
    await dialog.notice.getByText(/^\d+ phones will be blocked at the next sync: \d+ not enrolled/).waitFor();
    await untilStill(page);
    await editor.shoot('readiness-3-question');
    await dialog.answer('yes');
    await dialog.closed();
    assert.equal(await dialog.saved(), 'enforce');
    // It was asked once.
    await dialog.open();
    await dialog.done();
    await dialog.closed();
    await dialog.back();
  });

  it('asks too when the dialog is saved by keys, or by a press beside it', async () => {
    await dialog.open();
    await dialog.choose('enforce');
    await page.keyboard.press('Control+Enter');
    await dialog.notice.waitFor();
    await dialog.answer('cancel');
    await dialog.choose('enforce');
    await page.locator('#red-ui-editor-shade').click({ position: { x: 20, y: 400 } });
    await dialog.notice.waitFor();
    await dialog.answer('cancel');
    assert.deepEqual([await dialog.isOpen(), await dialog.saved()], [true, 'simulate']);
    await page.locator('#red-ui-editor-shade').click({ position: { x: 20, y: 400 } });
    await dialog.closed();
  });

  it('saves all the same when the number cannot be told, and says why', async () => {
    await dialog.open();
    await dialog.choose('enforce');
    await page.locator('#node-input-brakeCount').fill('ten');
    await dialog.done();
    await dialog.notice.getByText(/is not known: .*Brake, mailboxes/).waitFor();
    await dialog.answer('cancel');
    await editor.cancel();
  });

  it('takes that phones reach the link for said, once a person says so', async () => {
    await dialog.open();
    await dialog.choose('enforce');
    const link = dialog.line(`Link address · ${PAGE}`);
    await link.getByRole('button', { name: 'Phones reach it…' }).click();
    await dialog.notice.getByText(`Did you open ${PAGE} on a phone`).waitFor();
    await dialog.answer('cancel');
    await link.getByRole('button').click();
    await dialog.answer('yes');
    await link.getByText(/^Confirmed by someone not signed in on .*: phones reach it\.$/).waitFor();
    assert.equal(await link.getByRole('button').count(), 0);
    await editor.cancel();
  });

  const SIZES = [
    { label: '1440', width: 1440, height: 900 },
    { label: '390', width: 390, height: 844 },
  ] as const;

  it('shows the same in the console, in both languages, light and dark, large and small', async () => {
    await page.goto(new URL('exchange-connector/#/overview', editorUrl).href);
    const card = page.locator('section.readiness');
    await card.getByText('The access switch “Gate” simulates.').waitFor();
    await card.getByText(/^\d+, by the dry run/).waitFor();
    for (const language of ['en', 'de'] as const) {
      await page.locator('select[name=language]').selectOption(language);
      await card
        .getByText(language === 'en' ? /by the dry run/ : /nach dem Probelauf/)
        .first()
        .waitFor();
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const { label, ...size } of SIZES) {
          await page.setViewportSize(size);
          await untilStill(page);
          await editor.shoot(`readiness-console-${language}-${colorScheme}-${label}`, true);
          assert.deepEqual(await findings('section.readiness'), [], `${language}, ${colorScheme}, ${label}`);
          const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          assert.ok(tooWide <= 0, `${tooWide} too wide`);
        }
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    assert.deepEqual(editor.problems, []);
  });
});

describe('before “Enforce”, in the console', () => {
  it('takes that phones reach the link for said by who says so there', async () => {
    const editor = await openOwnEditor(FLOW);
    try {
      const { page } = editor;
      await page.goto(new URL('exchange-connector/#/overview', page.url()).href);
      const card = page.locator('section.readiness');
      await card.getByRole('button', { name: 'Phones reach it' }).click();
      await page.locator('dialog').getByText(`Did you open ${PAGE} on a phone`).waitFor();
      await page.locator('dialog').getByRole('button', { name: 'Phones reach it' }).click();
      await page.getByRole('status').filter({ hasText: 'Done: Phones reach it.' }).waitFor();
      await card.getByText(/^Confirmed by someone not signed in on/).waitFor();
    } finally {
      await editor.close();
    }
  });
});

describe('before “Enforce”, in German', () => {
  it('says checklist and question in German', async () => {
    const editor = await openOwnEditor(FLOW, { width: 1400, locale: 'de-DE' });
    try {
      const dialog = dialogOf(editor);
      await dialog.open();
      await dialog.choose('enforce');
      await dialog.line('Telefone, die gesperrt würden').getByText('Es gab noch keinen Probelauf.').waitFor();
      await editor.shoot('readiness-4-dialog-german');
      await dialog.done();
      await dialog.notice.getByText(/ist nicht bekannt: Es gab noch keinen Probelauf\..*Durchsetzen\?$/).waitFor();
      await dialog.notice.getByRole('button', { name: 'Abbrechen' }).click();
    } finally {
      await editor.close();
    }
  });
});

for (const version of VERSIONS.filter(({ install }) => install !== null))
  describe(`before “Enforce”, in ${version.label}`, () => {
    it('asks by mouse, keys and beside the dialog, and saves what is confirmed', async () => {
      const editor = await openEditor(version);
      try {
        const dialog = dialogOf(editor);
        await dialog.open();
        for (const save of [
          dialog.done,
          () => editor.page.keyboard.press('Control+Enter'),
          () => editor.page.locator('#red-ui-editor-shade').click({ position: { x: 20, y: 400 } }),
        ]) {
          await dialog.choose('enforce');
          await save();
          await dialog.notice.waitFor();
          await dialog.answer('cancel');
          assert.deepEqual([await dialog.isOpen(), await dialog.chosen()], [true, 'simulate']);
        }
        await dialog.choose('enforce');
        await dialog.done();
        await dialog.answer('yes');
        await dialog.closed();
        assert.equal(await dialog.saved(), 'enforce');
      } finally {
        await editor.close();
      }
    });
  });
