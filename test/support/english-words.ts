/** Whether a German text has English in it: for reports, whose tables are compared by other tests. */

/** Words that stand in almost every English sentence and in no German one. */
const WORDS =
  /(?<![\p{L}\w./@-])(?:the|is|are|not|no|and|or|of|by|with|from|here|there|this|that|it|to|for|has|does|answers?|gives|only|error|missing|unknown|refused|timeout|none|days|bits|signed|found)(?![\p{L}\w/@-]|\.\w)/giu;

/** The text without what is quoted, addresses, the blanks of a template, and codes as `REFUSED`. */
export function unquoted(text: string): string {
  return text.replace(/„[^“]*“|`[^`]*`|\b\w+:\/\/\S+|\{\w+\}|\b[A-Z_]{4,}\b/g, '');
}

/** The English words outside of quotation marks. */
export function englishWordsIn(text: string): readonly string[] {
  return unquoted(text).match(WORDS) ?? [];
}
