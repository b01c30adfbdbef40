/** The MDM source's dialog: a preset, its mapping or an own one, and what it makes of a sample, side by side, as it is typed. */
import assert from 'node:assert/strict';
import { openOwnEditor, statusOf, untilDialogStands, untilStill } from './open-editor.ts';
import type { EditorRed, OwnEditor } from './open-editor.ts';

const HOSTILE = '<img src=x onerror="window.x = 1"><b>Anna</b>';
const PHONE = { id: '1', eas: 'APPL1', mail: 'anna@contoso.example', os: 'ios', serial: 'S1', state: 'compliant' };
const LIST = [PHONE, { ...PHONE, id: '2', eas: '', os: 'iPadOS', state: 'Compliant', name: HOSTILE }];
const MAPPING = `{
  "id": id,
  "easIds": eas,
  "user": { "upn": mail },
  "device": { "serial": serial, "platform": os, "name": name },
  "compliance": state
}`;

const FLOW = [
  { id: 'tab', type: 'tab', label: 'MDM' },
  {
    id: 'go',
    type: 'inject',
    z: 'tab',
    props: [{ p: 'payload' }],
    payload: JSON.stringify(LIST),
    payloadType: 'json',
    x: 100,
    y: 80,
    wires: [['mdm']],
  },
  // As Node-RED's typed input has saved it: tabs for line ends.
  {
    id: 'mdm',
    type: 'mdm-source',
    z: 'tab',
    name: '',
    provider: 'mapping',
    tenant: '',
    store: '',
    preset: '',
    mapping: MAPPING.replaceAll('\n', '\t'),
    compliance: 'preset',
    expected: false,
    pageSize: 500,
    x: 300,
    y: 80,
    wires: [[]],
  },
];

describe('the dialog of the MDM source', () => {
  let editor: OwnEditor;
  let page: OwnEditor['page'];

  before(async () => {
    // The browser notes each refusal of the runtime.
    editor = await openOwnEditor(FLOW, { expected: /status of 4(00|13)/ });
    ({ page } = editor);
  });
  after(() => editor?.close());

  beforeEach(() => editor.edit('mdm'));
  afterEach(() => editor.cancel());

  const shown = () => page.locator('#mdm-source-preview-shown');
  const problem = () => page.locator('#mdm-source-preview-problem');
  const pasted = () => page.locator('#mdm-source-preview-pasted');
  const own = () => page.locator('#node-input-mapping');
  /** Writes into the code editor, as typing does. */
  const write = async (text: string): Promise<void> => {
    await page.locator('#mdm-source-mapping-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(text);
    // What the code editor has closed by itself.
    await page.keyboard.press('Control+Shift+End');
    await page.keyboard.press('Delete');
  };
  const paste = async (text: string): Promise<void> => {
    await page.locator('#mdm-source-preview-from').selectOption('pasted');
    await pasted().fill(text);
  };

  it('says that there is no list yet, and shows a mapping of the typed input in lines', async () => {
    await shown().getByText('No list has come since this node was deployed.').waitFor();
    assert.equal(await page.locator('#mdm-source-mapping-editor').isVisible(), true);
    await editor.shoot('mdm-source-no-list');
  });

  it('shows the last list beside what the mapping makes of it, with what is missing, not known and refused', async () => {
    editor.receive('go');
    await statusOf(page, 'mdm').waitFor();
    await page.locator('#mdm-source-preview-again').click();
    await shown().getByText('2 of 2 records.').waitFor();
    await shown().scrollIntoViewIfNeeded();
    await editor.shoot('mdm-source-preview');
    const texts = (of: string): Promise<string[]> => shown().locator(of).allInnerTexts();
    assert.deepEqual(await texts('.eas-needed li'), [
      'EAS ID: 1 of 2',
      'user: 2 of 2',
      'serial number: 2 of 2',
      'compliance: 1 of 2',
    ]);
    assert.deepEqual(await texts('.eas-needed .eas-mark-missing'), ['EAS ID: 1 of 2', 'compliance: 1 of 2']);
    const second = shown().locator('.eas-mapped').nth(1);
    assert.deepEqual(await second.locator('dd:has(span)').allInnerTexts(), [
      'iPadOS refused',
      'Compliant refused',
      'missing',
    ]);
    assert.deepEqual(
      (await second.locator('.eas-problem').allInnerTexts()).map((text) => text.split(';')[0]),
      ['Record 2: the mapping\'s device.platform is "iPadOS"', 'Record 2: the mapping\'s compliance is "Compliant"'],
    );
    // Foreign text is text, on both sides.
    assert.match(await second.locator('pre').innerText(), /<img src=x onerror=/);
    assert.equal(await second.locator('dd').filter({ hasText: '<b>Anna</b>' }).count(), 1);
    assert.equal(await page.evaluate('window.x'), undefined);
    assert.equal(await shown().locator('img').count(), 0);
  });

  it('follows the mapping as it is typed, and saves what is typed', async () => {
    await shown().getByText('2 of 2 records.').waitFor();
    await write('{ "id": "x" & id, "easIds": "E" & id }');
    await shown().getByText('x2').waitFor();
    assert.equal(await own().inputValue(), '{ "id": "x" & id, "easIds": "E" & id }');
    await write('{ "id": ');
    await problem()
      .filter({ hasText: /The "Mapping" of the MDM source is not JSONata/ })
      .waitFor();
    assert.equal(await shown().evaluate((element) => element.style.opacity), '0.4');
    assert.equal(await page.locator('#mdm-source-mapping-editor.eas-wrong').count(), 1);
    await problem().scrollIntoViewIfNeeded();
    await editor.shoot('mdm-source-wrong-mapping');
    await write('{ "id": id }');
    await problem().filter({ hasText: /^$/ }).waitFor({ state: 'attached' });
  });

  it('takes over what is written in Node-RED’s own editor of expressions', async () => {
    await page.locator('#mdm-source-mapping-expand').click();
    await page.locator('.red-ui-tray-titlebar').filter({ hasText: 'JSONata Expression editor' }).waitFor();
    await untilDialogStands(page);
    await page.locator('.view-lines:visible').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText('id.{}');
    await page.locator('#node-dialog-ok:visible').last().click();
    await page
      .locator('.red-ui-tray-titlebar')
      .filter({ hasText: 'JSONata Expression editor' })
      .waitFor({ state: 'detached' });
    await untilDialogStands(page);
    assert.equal(await own().inputValue(), 'id.{}');
  });

  it('ends a mapping that does not end, and says so', async () => {
    await write('($f := function($x) { $f($x) }; { "id": $f(id) })');
    await shown().getByText('it takes more than 1 s for one record').first().waitFor();
    await write('{ "id": id }');
    await shown().locator('.eas-problem').first().waitFor({ state: 'detached' });
  });

  it('shows a preset, what follows of what its MDM cannot tell, and a pasted answer taken apart', async () => {
    await page.locator('#node-input-preset').selectOption('jamf-pro');
    assert.deepEqual(await page.locator('#mdm-source-follows li').allInnerTexts(), [
      'Tells no compliance: managed is enough.',
    ]);
    await paste(JSON.stringify({ results: [{ mobileDeviceId: 7, general: { managed: true, displayName: HOSTILE } }] }));
    await shown().getByText('The list was taken out of the answer with: results').waitFor();
    await shown().getByText('managed-is-enough').waitFor();
    await page.locator('#node-input-compliance').selectOption('reported');
    await page.getByText('Tells no compliance: a phone that was blocked stays blocked').waitFor();
    await shown().getByText('compliance: 0 of 1').waitFor();
    await page.locator('#node-input-preset').scrollIntoViewIfNeeded();
    await editor.shoot('mdm-source-preset');
    await page.locator('#node-input-preset').selectOption('android-management-api');
    await page.locator('#mdm-source-follows').getByText('Tells no EAS ID: phones merge through the link.').waitFor();
  });

  it('has the own mapping as it was written, after a look at presets; an empty one begins with the last of them', async () => {
    const preset = page.locator('#node-input-preset');
    await page.waitForFunction(() => document.querySelectorAll('#node-input-preset option').length > 2);
    await write('{ "id": id }');
    await preset.selectOption('jamf-pro');
    await preset.selectOption('csv');
    const ofCsv = await own().inputValue();
    await preset.selectOption('');
    assert.deepEqual([ofCsv.length > 100, await own().inputValue()], [true, '{ "id": id }']);
    await write('');
    await preset.selectOption('csv');
    await preset.selectOption('');
    assert.equal(await own().inputValue(), ofCsv);
  });

  it('says what is wrong with a pasted sample, and that it is too large', async () => {
    await paste('{"id": ');
    await problem()
      .filter({ hasText: /The sample is not JSON/ })
      .waitFor();
    await paste(`["${'x'.repeat(262_144)}"]`);
    await problem().getByText('The sample has more than 262144 characters. Leave some records out.').waitFor();
    await paste('id;eas;mail\n1;APPL1;anna@contoso.example');
    await shown().getByText('1 of 1 records.').waitFor();
    assert.equal(await problem().innerText(), '');
  });

  it('is as wide as a narrow tray lets it be: the sides stand below each other', async () => {
    await shown().getByText('2 of 2 records.').waitFor();
    const lefts = (): Promise<number[]> =>
      shown()
        .locator('.eas-mapped')
        .first()
        .locator('.eas-sides > div')
        .evaluateAll((sides) => sides.map((side) => Math.round(side.getBoundingClientRect().left)));
    const [foreign, ours] = await lefts();
    assert.ok(foreign !== undefined && ours !== undefined && ours > foreign, 'side by side');
    await page.locator('.red-ui-tray').evaluate((tray) => {
      for (const element of [tray, ...tray.querySelectorAll('.red-ui-tray-content')])
        Object.assign((element as HTMLElement).style, { width: '390px', minWidth: '0', maxWidth: '390px' });
    });
    await untilStill(page);
    await shown().scrollIntoViewIfNeeded();
    await editor.shoot('mdm-source-narrow');
    const [above, below] = await lefts();
    assert.equal(above, below);
    const tooWide = await shown().evaluate((element) => element.scrollWidth - element.clientWidth);
    assert.equal(tooWide, 0);
  });

  it('leaves no editor behind, and has no page error', async () => {
    const left = await page.evaluate(() => {
      const { RED } = globalThis as unknown as { RED: EditorRed };
      return JSON.stringify(RED.nodes.node('mdm')['mapping']);
    });
    assert.equal(left, JSON.stringify(MAPPING.replaceAll('\n', '\t')), 'cancelled, it is as it was');
    assert.deepEqual(editor.problems, []);
  });
});
