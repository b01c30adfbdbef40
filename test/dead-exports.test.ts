/**
 * What is exported and used by nobody goes, and what only tests need stands with the tests. An inner part that its own file
 * uses may be exported for its test.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Where exports must be used, and who may use them: the package, and what runs it for us. */
const PRODUCT = ['src', 'nodes'];
const USERS = [...PRODUCT, 'scripts', 'bench'];

const CONTRACT =
  'a call of a catalogued cmdlet, by which the contract of Exchange is tried on lab, recordings and PowerShell';

/** Exports without a user that stay, and why. */
const ALLOWED: Readonly<Record<string, string>> = {
  'src/exchange/cmdlets/get-organization-settings.ts getActiveSyncDeviceAccessRule': CONTRACT,
  'src/exchange/cmdlets/get-organization-settings.ts getActiveSyncOrganizationSettings': CONTRACT,
  'src/exchange/cmdlets/remove-mobile-device.ts clearMobileDevice': CONTRACT,
  'src/exchange/read-mailbox.ts readEasRecord': 'one record as it is now: what contract and faults are tried by',
};

interface Export {
  readonly file: string;
  readonly name: string;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Without comments, which may name anything. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
}

/** Values that a file exports by name. Types are not counted: they say what a value takes and gives. */
function exportsOf(file: string): Export[] {
  const code = codeOf(file);
  const declared = [...code.matchAll(/^export (?:async )?(?:function\*?|const|let|abstract class|class) ([\w$]+)/gm)];
  return declared.map((match) => ({ file, name: match[1] ?? '' }));
}

/** What a file takes out of others of ours: by name, all of it (`* as`), or passed on (`export … from`). */
function usesOf(file: string): { readonly target: string; readonly name: string }[] {
  const statements = codeOf(file).matchAll(
    /^\s*(?:import|export)\s+(?!type\b)([^'";]*?)\s*from\s*['"](\.[^'"]+)['"]/gm,
  );
  const dynamic = codeOf(file).matchAll(
    /(?:const|let)\s+\{([^}]*)\}\s*=\s*(?:\()?await import\(\s*['"](\.[^'"]+)['"]/g,
  );
  // Several at once: whatever such a file exports may be what is wanted.
  const together = [...codeOf(file).matchAll(/^\s*import\(['"](\.[^'"]+)['"]\),$/gm)].map(([, from = '']) => [
    '',
    '*',
    from,
  ]);
  return [...statements, ...dynamic, ...together].flatMap(([, names = '', from = '']) => {
    const target = resolve(dirname(file), from);
    if (/\*/.test(names)) return [{ target, name: '*' }];
    const listed = names.replace(/[{}]/g, ',').split(',');
    return listed.map((one) => ({
      target,
      name: one
        .trim()
        .replace(/^type /, '')
        .split(/\s+as\s+|\s*:\s*/)[0] as string,
    }));
  });
}

const name = (file: string): string => relative(root, file).split(sep).join(posix.sep);

/** True if a file uses what it declares, beside declaring it. */
function usesItself({ file, name: own }: Export): boolean {
  return codeOf(file).split(new RegExp(`(?<![\\w$.])${own.replaceAll('$', '\\$')}(?![\\w$])`)).length > 2;
}

function usedBy(folders: readonly string[]): (one: Export) => boolean {
  const used = new Set(
    folders
      .flatMap(filesBelow)
      .flatMap(usesOf)
      .map(({ target, name: one }) => `${target}#${one}`),
  );
  return ({ file, name: one }) => used.has(`${file}#${one}`) || used.has(`${file}#*`);
}

describe('exports', () => {
  const isUsed = usedBy(USERS);
  const lonely = PRODUCT.flatMap(filesBelow)
    .flatMap(exportsOf)
    .filter((one) => !isUsed(one));
  const named = (some: readonly Export[]): string[] => some.map(({ file, name: one }) => `${name(file)} ${one}`);
  const dead = named(lonely.filter((one) => !usesItself(one)));

  it('are used by the package, not by tests alone', () => {
    assert.deepEqual(
      dead.filter((one) => !Object.hasOwn(ALLOWED, one)),
      [],
    );
  });

  it('that stay without a user are still there', () => {
    assert.deepEqual(
      Object.keys(ALLOWED).filter((one) => !dead.includes(one)),
      [],
    );
  });
});
