export interface Variable {
  name: string;
  value: string;
}

const line = /^(?:export\s+)?([A-Za-z_][\w.-]*)(?:\s*=\s*(.*))?$/;

/** Reads pasted lines of `NAME=value` (as in a `.env` file). Null when it is one line or not such a block. */
export function parseEnvBlock(text: string): Variable[] | null {
  const lines = text
    .split(/\r?\n/)
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('#'));
  if (lines.length < 2) return null;
  const variables: Variable[] = [];
  for (const each of lines) {
    const match = line.exec(each);
    if (!match?.[1]) return null;
    variables.push({ name: match[1], value: unquote(match[2] ?? '') });
  }
  return variables;
}

function unquote(value: string): string {
  const quoted = /^(["'])([\s\S]*)\1$/.exec(value);
  return quoted?.[2] ?? value;
}
