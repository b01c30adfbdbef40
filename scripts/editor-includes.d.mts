/** See editor-includes.mjs. */
export declare function withIncludes(html: string, folder: string): string;
