/** Splits a command line into words as a POSIX shell does, without expansion: quotes and backslashes only. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let index = 0; index < line.length; index += 1) {
    const char = line[index] ?? '';
    if (char === '\\' && quote !== "'") {
      index += 1;
      const next = line[index] ?? '';
      // Inside double quotes a backslash is only special before these (POSIX 2.2.3).
      word = (word ?? '') + (quote === '"' && !'$`"\\\n'.includes(next) ? `\\${next}` : next);
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
