/** The yardstick of reading CLIXML: what anyone would write first on saxes. */
import { SaxesParser } from 'saxes';
import type { SaxesTagPlain } from 'saxes';

/** An element: nothing in it is understood. */
export interface TreeNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: TreeNode[];
  text: string;
}

/** The elements of a document with their attributes, children and text. */
export function bareTree(xml: string): TreeNode {
  const root: TreeNode = { name: '', attributes: {}, children: [], text: '' };
  const stack: TreeNode[] = [root];
  let top = root;
  const parser = new SaxesParser({ xmlns: false, position: false });
  parser.on('opentag', (tag: SaxesTagPlain) => {
    const node: TreeNode = { name: tag.name, attributes: tag.attributes, children: [], text: '' };
    top.children.push(node);
    stack.push(node);
    top = node;
  });
  parser.on('text', (text) => {
    top.text += text;
  });
  parser.on('closetag', () => {
    stack.pop();
    top = stack[stack.length - 1] ?? root;
  });
  parser.write(xml).close();
  return root;
}
