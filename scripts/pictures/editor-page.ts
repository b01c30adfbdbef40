/** The flow editor as it is photographed. */
import type { Frame, Page } from 'playwright-core';

/** The editor's own object, as far as it is asked here. */
interface EditorRed {
  readonly nodes: {
    node(id: string): unknown;
    getType(type: string): unknown;
  };
  readonly editor: { edit(node: unknown): void };
  readonly actions: { invoke(name: string): void };
  readonly sidebar: { show(id: string): void };
}
type WithRed = { readonly RED?: EditorRed };

/** Waits until the editor shows the flow. */
export async function editorReady(page: Page | Frame): Promise<void> {
  await page.waitForFunction(() => Boolean((globalThis as WithRed).RED?.nodes.getType('access-switch')));
  await page.locator('.red-ui-flow-node-group').first().waitFor();
}

/** Opens and closes what the editor's menu opens and closes. */
export function invoke(page: Page | Frame, action: string): Promise<void> {
  return page.evaluate((name) => (globalThis as WithRed).RED!.actions.invoke(name), action);
}

/** Opens a node's dialog, as a double click does. */
export async function edit(page: Page, id: string): Promise<void> {
  await page.evaluate((node) => {
    const { RED } = globalThis as WithRed;
    RED!.editor.edit(RED!.nodes.node(node));
  }, id);
  await page.locator('.eas-dialog').waitFor();
}

/** Shows a tab of the sidebar. */
export function showSidebar(page: Page, id: string): Promise<void> {
  return page.evaluate((tab) => (globalThis as WithRed).RED!.sidebar.show(tab), id);
}
