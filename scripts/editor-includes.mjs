// What several dialogs do is kept once, in nodes/editor, and put where a dialog says `/* include <file> */`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The dialog's file with what it includes, each as deep as the line that asked for it. */
export function withIncludes(html, folder) {
  return html.replace(/^( *)\/\* include ([\w-]+\.(?:js|css)) \*\/$/gm, (_line, indent, name) =>
    readFileSync(join(folder, name), 'utf8')
      .trimEnd()
      .replace(/^(?=.)/gm, indent),
  );
}
