/** `WWW-Authenticate` as registries send it (RFC 9110, section 11.6.1). */

export interface Challenge {
  /** Lower case: "bearer", "basic". */
  scheme: string;
  parameters: Map<string, string>;
}

const parameter = /\s*,?\s*([a-zA-Z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/y;

/** The first challenge of each header line; what cannot be read is left out. */
export const parseChallenges = (header: string | string[] | undefined): Challenge[] => {
  const lines = header === undefined ? [] : Array.isArray(header) ? header : [header];
  return lines.flatMap((line) => {
    const scheme = /^\s*([a-zA-Z0-9_-]+)(?=\s|$)/.exec(line);
    if (scheme?.[1] === undefined || line.length > 8192) return [];
    const parameters = new Map<string, string>();
    parameter.lastIndex = scheme[0].length;
    for (let match = parameter.exec(line); match !== null; match = parameter.exec(line)) {
      const [, name = '', quoted, token = ''] = match;
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token);
    }
    return [{ scheme: scheme[1].toLowerCase(), parameters }];
  });
};
